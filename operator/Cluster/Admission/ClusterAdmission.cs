using Federation.Application.Ports;
using Federation.Application.Reconciling;
using Federation.Kubernetes.Admission;
using Federation.Kubernetes.Admission.Certificates;
using Federation.Kubernetes.Client;
using Microsoft.Extensions.Logging;

namespace Federation.Cluster.Admission;

/// <summary>The admission webhook of one replica: every replica answers, the leader registers.</summary>
public sealed class ClusterAdmission : IAsyncDisposable
{
    /// <summary>Name of the ValidatingWebhookConfiguration, and of the Secret with the certificates.</summary>
    public const string Name = "federation-webhook";

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource stop = new();
    private readonly AdmissionServer server;
    private readonly CertificateKeeper keeper;
    private readonly IReadOnlyList<WebhookRule> rules;
    private readonly WebhookTarget target;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly Task renewing;

    private ClusterAdmission(AdmissionServer server, CertificateKeeper keeper, IReadOnlyList<WebhookRule> rules, WebhookTarget target, TimeProvider time, ILogger log)
    {
        (this.server, this.keeper, this.rules, this.target, this.time, this.log) = (server, keeper, rules, target, time, log);
        renewing = keeper.RunAsync(stop.Token);
    }

    public int Port => server.Port;

    /// <summary>Waits for the API server for as long as it takes, sees to the certificates, and listens.</summary>
    /// <exception cref="InvalidOperationException">There is no way to tell who the operator is.</exception>
    /// <exception cref="KubernetesException">The operator may not keep its certificates.</exception>
    /// <exception cref="IOException">The address is taken.</exception>
    public static async Task<ClusterAdmission> StartAsync(
        AdmissionOptions options, KubernetesClient client, IHasher hasher, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellation)
    {
        var log = loggers.CreateLogger<ClusterAdmission>();
        var patience = new ServerPatience(time, log);
        var keeper = new CertificateKeeper(client, Certificates(options), log, time);
        var user = options.OperatorUser ?? await patience.AskAsync(() => SelfIdentity.FindAsync(client, cancellation), cancellation)
            ?? throw new InvalidOperationException("The API server does not tell who this operator is: name its user, or let it create tokenreviews (before Kubernetes 1.28).");
        await patience.AskAsync(async () =>
        {
            await keeper.EnsureAsync(cancellation);
            return true;
        }, cancellation);

        var (leases, datacenters) = (new LeaseAdmission(user, new DeliveryReader(hasher)), new DatacenterAdmission());
        var (secrets, configMaps) = (new SecretAdmission(user), new ConfigMapAdmission(user));
        var server = await AdmissionServer.StartAsync(options.Server, () => keeper.Current, [leases, datacenters, secrets, configMaps], time, loggers, cancellation);
        log.LogInformation("Admission webhook on port {Port}; the operator is user {User}.", server.Port, user);
        return new ClusterAdmission(server, keeper, AdmissionRules.Of(leases, datacenters, secrets, configMaps, user), options.Target, time, log);
    }

    /// <summary>Keeps the registration as it should be until the term is over: at once when the certificates change, and every half minute.</summary>
    /// <param name="client">Fenced by the leader's term.</param>
    public async Task KeepRegisteredAsync(KubernetesClient client, CancellationToken cancellation)
    {
        var registrar = new WebhookRegistrar(client, Name, log);
        while (!cancellation.IsCancellationRequested)
        {
            var changed = keeper.Changed;
            await TryAsync(() => registrar.EnsureAsync(rules, target, keeper.CaBundle!, cancellation), log, cancellation);
            await Task.WhenAny(changed, Task.Delay(LookEvery, time, cancellation));
        }
    }

    /// <summary>For a leader without a webhook: empties what an earlier one has registered.</summary>
    public static async Task UnregisterAsync(KubernetesClient client, ILogger log, TimeProvider time, CancellationToken cancellation)
    {
        while (!await TryAsync(() => new WebhookRegistrar(client, Name, log).EmptyAsync(cancellation), log, cancellation))
            await Task.Delay(LookEvery, time, cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await renewing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await server.DisposeAsync();
        stop.Dispose();
    }

    // Short lives are for trials; then everything that follows from them is short too.
    private static CertificateOptions Certificates(AdmissionOptions options) => new()
    {
        Namespace = options.OperatorNamespace,
        SecretName = Name,
        Names = options.Target.Names,
        Lifetime = options.CertificateLifetime,
        Settle = Shorter(TimeSpan.FromMinutes(10), options.CertificateLifetime / 3),
        Interval = Shorter(TimeSpan.FromMinutes(1), options.CertificateLifetime / 10),
    };

    private static TimeSpan Shorter(TimeSpan left, TimeSpan right) => left < right ? left : right;

    /// <returns>False when it is worth another try.</returns>
    private static async Task<bool> TryAsync(Func<Task<bool>> write, ILogger log, CancellationToken cancellation)
    {
        try
        {
            await write();
            return true;
        }
        catch (KubernetesException e) when (e.IsForbidden)
        {
            // The operator's own checks stand: no reason to stop.
            log.LogWarning("The operator may not keep ValidatingWebhookConfiguration {Name} ({Error}): make an empty one and let it get and patch it.", Name, e.Message);
            return true;
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            log.LogWarning("ValidatingWebhookConfiguration {Name} could not be looked after: {Error}", Name, e.Message);
            return false;
        }
    }
}
