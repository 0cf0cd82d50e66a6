using System.Net;
using System.Net.Http.Headers;
using Federation.Kubernetes.Configuration;

namespace Federation.Kubernetes.Client;

/// <summary>Adds the credential of the moment; refused once, it asks for a new one and sends again.</summary>
internal sealed class AuthenticationHandler(KubernetesClientConfiguration configuration, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (configuration.Impersonate is { Length: > 0 } user)
        {
            request.Headers.TryAddWithoutValidation("Impersonate-User", user);
        }

        var first = await AuthorizeAsync(request, cancellationToken);
        var response = await base.SendAsync(request, cancellationToken);
        if (response.StatusCode != HttpStatusCode.Unauthorized)
        {
            return response;
        }

        configuration.Credentials.Invalidate(first);
        var second = await AuthorizeAsync(request, cancellationToken);
        if (second.Authorization == first.Authorization)
        {
            return response;
        }

        // Unauthorized means that nothing was done, so even a write may be sent again.
        response.Dispose();
        return await base.SendAsync(request, cancellationToken);
    }

    private async Task<Credential> AuthorizeAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var credential = await configuration.Credentials.GetAsync(cancellationToken);
        request.Headers.Authorization = credential.Authorization is null ? null : AuthenticationHeaderValue.Parse(credential.Authorization);
        return credential;
    }
}
