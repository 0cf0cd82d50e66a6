using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Federation.Cli.Output;
using Federation.Domain.Leases;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Models;

namespace Federation.Cli.Access;

/// <summary>A lease's namespace at its datacenter, by the gateway.</summary>
internal sealed partial class LeaseDoor : IDisposable
{
    private const string Manager = "kubectl-compute";

    // RFC 1123.
    private const int MostNameChars = 63;

    private static readonly ResourceKind ComputeLeases = new("compute.federation", "v1alpha1", "computeleases", "ComputeLease");

    private static readonly KubernetesClientOptions Patience = new() { Timeout = TimeSpan.FromSeconds(15), MaxRetries = 1, UserAgent = Manager };

    private readonly KubernetesClient client;

    public LeaseDoor(SignedInAt at, TimeProvider clock)
    {
        var configuration = new KubernetesClientConfiguration { Server = new Uri(at.Grant.Server), Credentials = StaticCredentials.Bearer(at.Grant.Token) };
        client = new KubernetesClient(at.Authority.Length > 0 ? configuration with { CertificateAuthorities = [X509Certificate2.CreateFromPem(at.Authority)] } : configuration, Patience, clock);
    }

    /// <summary>By a kubeconfig of the datacenter's own, for its administrator.</summary>
    public LeaseDoor(KubernetesClientConfiguration configuration, TimeProvider clock) => client = new KubernetesClient(configuration, Patience, clock);

    /// <summary>The ComputeLease; null when there is none yet.</summary>
    /// <exception cref="KubernetesException">Refused: also where the datacenter has not made the namespace yet.</exception>
    public Task<JsonObject?> ReadAsync(LeaseId lease, CancellationToken cancellation) => client.Resource(ComputeLeases).GetAsync(lease.Namespace, lease.Namespace, cancellation);

    /// <summary>Whether the datacenter does not know the credential any more, as after its gateway's key has changed; one that says nothing else of it is believed to.</summary>
    public async Task<bool> IsTurnedAwayAsync(CancellationToken cancellation)
    {
        try
        {
            await client.Discovery.VersionAsync(cancellation);
            return false;
        }
        catch (Exception e) when (e is KubernetesException or HttpRequestException or TimeoutException)
        {
            return e is KubernetesException { IsUnauthorized: true };
        }
    }

    /// <summary>Hands the workload over, as <c>kubectl apply</c> does.</summary>
    public Task DeliverAsync(LeaseId lease, JsonNode workload, CancellationToken cancellation) => client.Resource(ComputeLeases).ApplyAsync(
        new JsonObject
        {
            ["apiVersion"] = ComputeLeases.ApiVersion, ["kind"] = ComputeLeases.Kind,
            ["metadata"] = new JsonObject { ["name"] = lease.Namespace, ["namespace"] = lease.Namespace },
            ["spec"] = new JsonObject { ["workload"] = workload.DeepClone() },
        }, new ApplyOptions { FieldManager = Manager, Force = true }, cancellation);

    /// <summary>Pods of the lease, those that run first.</summary>
    /// <param name="item">Name of a service or job of the workload; null: any.</param>
    /// <exception cref="CliException">The datacenter names a pod as none can be named.</exception>
    public async Task<IReadOnlyList<string>> PodsAsync(LeaseId lease, string? item, CancellationToken cancellation)
    {
        var pods = await client.Resource(ResourceKinds.Pod).ListAsync(lease.Namespace, new ListOptions { LabelSelector = item is null ? "compute.federation/item" : $"compute.federation/item={item}" }, cancellation);
        return [.. pods.Items.OrderByDescending(p => (string?)p["status"]?["phase"] == "Running").ThenBy(NameOf, StringComparer.Ordinal).Select(PodNameOf)];
    }

    public void Dispose() => client.Dispose();

    // It becomes an argument of kubectl, which would take one that begins with a dash for a flag, and one with a slash for another namespace.
    private static string PodNameOf(JsonObject found) => NameOf(found) is { Length: <= MostNameChars } name && DnsLabel().IsMatch(name)
        ? name
        : throw new CliException(ExitCodes.Refused, $"The datacenter names a pod '{Printable.Line(NameOf(found))}', which is no name of one: kubectl is not run with it.");

    [GeneratedRegex(@"^[a-z0-9]([a-z0-9-]*[a-z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex DnsLabel();

    private static string NameOf(JsonObject found) => (string?)found["metadata"]?["name"] ?? "";
}
