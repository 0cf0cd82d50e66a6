using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Federation.Cluster.Admission;
using Federation.Host.Options;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;

namespace Federation.Host.Doctor;

/// <summary>Goes the way that the API server goes to the admission webhook, trusting what it was told to trust.</summary>
internal sealed class WebhookLook(KubernetesClient client, OperatorOptions options)
{
    private const int HttpsPort = 443;

    // All of them fit into the time that a look has.
    private const int Attempts = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private static readonly ResourceKind Configurations = new("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", false);

    public async Task<Finding> RunAsync(CancellationToken cancellation)
    {
        if (!options.Webhook.Enabled) return Finding.Note("webhook", "it is off: what tenants get wrong is said in conditions, not at kubectl apply");
        if (await client.Resource(Configurations).GetAsync(ClusterAdmission.Name, cancellationToken: cancellation) is not { } configuration)
            return Finding.Bad("webhook", $"there is no ValidatingWebhookConfiguration {ClusterAdmission.Name}: helm upgrade makes it again");
        if (configuration["webhooks"] is not JsonArray { Count: > 0 } webhooks || webhooks[0]!["clientConfig"] is not JsonObject target)
            return Finding.Bad("webhook", "no operator has registered itself: see in its log why none leads");
        var (host, port, name) = await AddressAsync(target, cancellation);
        try
        {
            await ReachAsync(host, port, name, Encoding.UTF8.GetString(Convert.FromBase64String((string?)target["caBundle"] ?? "")), cancellation);
            return Finding.Good("webhook", $"{name} answers with a certificate that the API server trusts");
        }
        catch (Exception error) when (error is IOException or SocketException or TimeoutException or System.Security.Authentication.AuthenticationException)
        {
            return Finding.Bad("webhook", $"{name} at {host}:{port} does not answer as the API server wants it ({error.Message}): see that an operator's pod runs and that a NetworkPolicy lets the API server in at port {options.Webhook.Port}");
        }
    }

    // A Service by its address: the API server, too, asks no name server.
    private async Task<(string Host, int Port, string Name)> AddressAsync(JsonObject target, CancellationToken cancellation)
    {
        if ((string?)target["url"] is { } url) return (new Uri(url).IdnHost, new Uri(url).Port, new Uri(url).IdnHost);
        var (name, space) = ((string)target["service"]!["name"]!, (string)target["service"]!["namespace"]!);
        var service = await client.Resource(ResourceKinds.Service).GetAsync(name, space, cancellation);
        return ((string?)service?["spec"]?["clusterIP"] ?? $"{name}.{space}.svc", (int?)target["service"]!["port"] ?? HttpsPort, $"{name}.{space}.svc");
    }

    /// <summary>
    /// Shakes hands, if need be by another connection: for a moment a Service still leads to a pod that has gone, where nobody answers, and
    /// what is sent again on the same connection goes there again.
    /// </summary>
    /// <exception cref="TimeoutException">The last one got no answer.</exception>
    internal static async Task ReachAsync(string host, int port, string name, string authorities, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
            try
            {
                await ShakeAsync(host, port, name, authorities, either.Token);
                return;
            }
            catch (OperationCanceledException silent) when (!cancellation.IsCancellationRequested)
            {
                if (attempt == Attempts) throw new TimeoutException($"no answer within {Patience.TotalSeconds} s, {Attempts} times", silent);
            }
            catch (Exception error) when (error is IOException or SocketException && attempt < Attempts)
            {
                // Refused, or broken off: as the pod goes.
            }

            await Task.Delay(Pause, TimeProvider.System, cancellation);
        }
    }

    private static async Task ShakeAsync(string host, int port, string name, string authorities, CancellationToken cancellation)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(host, port, cancellation);
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPem(authorities);
        await using var tls = new SslStream(socket.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = name, CertificateChainPolicy = policy }, cancellation);
    }
}
