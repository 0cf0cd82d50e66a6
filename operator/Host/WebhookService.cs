using System.Net;
using Federation.Application.Ports;
using Federation.Cluster.Admission;
using Federation.Host.Options;
using Federation.Kubernetes.Admission;
using Federation.Kubernetes.Client;

namespace Federation.Host;

/// <summary>The admission webhook of this replica, when it is enabled.</summary>
internal sealed class WebhookService(OperatorOptions options, IHasher hasher, TimeProvider clock, ILoggerFactory logs) : IAsyncDisposable
{
    private readonly ILogger log = logs.CreateLogger<WebhookService>();
    private ClusterAdmission? admission;

    public async Task StartAsync(KubernetesClient client, CancellationToken cancellation)
    {
        if (options.Webhook.Enabled) admission = await ClusterAdmission.StartAsync(Options(), client, hasher, clock, logs, cancellation);
    }

    /// <summary>Leads, and keeps the API server's registration as it should be meanwhile.</summary>
    /// <param name="client">Fenced by the term.</param>
    public async Task WhileRegisteredAsync(KubernetesClient client, Func<Task> lead, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var registering = admission is null
            ? ClusterAdmission.UnregisterAsync(client, log, clock, over.Token)
            : admission.KeepRegisteredAsync(client, over.Token);
        try
        {
            await lead();
        }
        finally
        {
            await over.CancelAsync();
            await registering.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (admission is not null) await admission.DisposeAsync();
    }

    private AdmissionOptions Options()
    {
        var section = options.Webhook;
        return new AdmissionOptions
        {
            Target = section.Url.Length > 0 ? WebhookTarget.Url(new Uri(section.Url)) : WebhookTarget.Service(options.Namespace, section.ServiceName, section.ServicePort),
            OperatorNamespace = options.Namespace,
            OperatorUser = section.OperatorUser is { Length: > 0 } user ? user : null,
            Server = new AdmissionServerOptions { Address = IPAddress.Parse(section.Address), Port = section.Port },
            CertificateLifetime = section.CertificateLifetime,
        };
    }
}
