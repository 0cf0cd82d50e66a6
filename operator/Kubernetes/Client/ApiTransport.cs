using System.Net;
using System.Net.Http.Headers;
using Federation.Kubernetes.Configuration;

namespace Federation.Kubernetes.Client;

/// <summary>
/// The API server for who passes requests of others on, streams and upgrades included: nothing is buffered, unpacked, repeated or
/// timed here. Each request carries the configuration's own credential and no other.
/// </summary>
public static class ApiTransport
{
    /// <exception cref="KubeConfigException">The configuration acts as somebody else already: nobody can do so twice.</exception>
    public static HttpMessageInvoker Create(KubernetesClientConfiguration configuration)
    {
        if (configuration.Impersonate is { Length: > 0 } user)
        {
            throw new KubeConfigException($"The kubeconfig acts as {user}: who acts for others needs a credential of its own.");
        }

        var sockets = ConnectionFactory.Sockets(configuration);
        // Whoever is asked is not told of this process's own traces.
        sockets.ActivityHeadersPropagator = null;
        return new HttpMessageInvoker(new OwnCredential(configuration.Credentials, sockets));
    }

    private sealed class OwnCredential(ICredentialSource credentials, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var credential = await credentials.GetAsync(cancellationToken);
            request.Headers.Authorization = credential.Authorization is null ? null : AuthenticationHeaderValue.Parse(credential.Authorization);
            var response = await base.SendAsync(request, cancellationToken);
            if (response.StatusCode != HttpStatusCode.Unauthorized)
            {
                return response;
            }

            // It is not who asked that was refused. A body that is a stream is gone: the next request has the new credential.
            credentials.Invalidate(credential);
            response.Dispose();
            throw new HttpRequestException("The API server refused this process's own credential.", null, HttpStatusCode.Unauthorized);
        }
    }
}
