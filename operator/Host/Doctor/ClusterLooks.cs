using System.Text.Json.Nodes;
using Federation.Application.Reconciling;
using Federation.Cluster.Entities;
using Federation.Domain.Isolation;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Host.Options;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Models;

namespace Federation.Host.Doctor;

/// <summary>The cluster, as the operator's own user: version, rights, definitions, a lease's dry run, the Datacenter and what it names, the evidence's volume, the webhook.</summary>
internal sealed class ClusterLooks : IDisposable
{
    private const int OldestMinor = 20;
    internal const string Server = "see that the API server runs, that pods reach it, and that the operator's token is good";

    private readonly KubernetesClient client;
    private readonly OperatorOptions options;

    private readonly string evidenceClaim;

    private ClusterLooks(KubernetesClient client, OperatorOptions options, string evidenceClaim) => (this.client, this.options, this.evidenceClaim) = (client, options, evidenceClaim);

    /// <param name="evidenceClaim">The claim that the operator's pods keep evidence on; empty: nobody says.</param>
    /// <exception cref="KubeConfigException">There is no cluster to ask.</exception>
    public static ClusterLooks Open(OperatorOptions options, string evidenceClaim) =>
        new(new KubernetesClient(KubernetesClientConfiguration.Load(options.Kubeconfig is { Length: > 0 } path ? path : null), new KubernetesClientOptions { MaxRetries = 1 }), options, evidenceClaim);

    public IEnumerable<Look> All =>
    [
        Look.At("kubernetes", Server, cancellation => VersionAsync(client, cancellation)),
        new Look("rights", Server, cancellation => new RightsLook(client, [.. RightsLook.Rights(options)]).RunAsync(cancellation)),
        Look.At("lease", Server, LeaseAsync),
        new Look("datacenter", Server, DatacenterAsync),
        .. new NeedsLooks(client, options).All(Server),
        new Look(ScrapedNodesLook.Name, Server, cancellation => new ScrapedNodesLook(client, options).RunAsync(cancellation)),
        new Look(SpooledNodesLook.Name, Server, cancellation => new SpooledNodesLook(client, options).RunAsync(cancellation)),
        new Look(EvidenceLook.Name, Server, cancellation => new EvidenceLook(client, options, evidenceClaim).RunAsync(cancellation)),
        Look.At("webhook", Server, cancellation => new WebhookLook(client, options).RunAsync(cancellation)),
    ];

    public void Dispose() => client.Dispose();

    internal static async Task<Finding> VersionAsync(KubernetesClient client, CancellationToken cancellation)
    {
        var version = await client.Discovery.VersionAsync(cancellation);
        return version is { Major: "1", MinorNumber: < OldestMinor }
            ? Finding.Bad("kubernetes", $"{version.GitVersion} is too old: upgrade it to 1.{OldestMinor} or later")
            : Finding.Good("kubernetes", version.GitVersion);
    }

    // Nothing is stored; the definitions, and what else looks at a lease on its way in, have to take it.
    private async Task<Finding> LeaseAsync(CancellationToken cancellation)
    {
        var kind = ResourceKind.Of<V1Alpha1ComputeLease>();
        if (!await client.Discovery.ServesAsync(kind, cancellation)) return Finding.Bad("lease", "ComputeLease is not served: install the chart with crds.enabled, or apply its definitions");
        var lease = new JsonObject
        {
            ["apiVersion"] = kind.ApiVersion, ["kind"] = kind.Kind, ["metadata"] = new JsonObject { ["name"] = "doctor", ["namespace"] = options.Namespace }, ["spec"] = new JsonObject(),
        };
        try
        {
            await client.Resource(kind).CreateAsync(lease, new WriteOptions { DryRun = true }, cancellation);
            return Finding.Good("lease", "the cluster would take one (dry run)");
        }
        catch (KubernetesException refused)
        {
            return Finding.Bad("lease", $"the cluster would not take one ({refused.Message}): see what refuses it, a webhook or another policy, and let the operator's user pass");
        }
    }

    private async Task<IReadOnlyList<Finding>> DatacenterAsync(CancellationToken cancellation)
    {
        if (await client.Resource(ResourceKind.Of<V1Alpha1Datacenter>()).GetAsync(options.Datacenter, cancellationToken: cancellation) is not { } datacenter)
            return [Finding.Note("datacenter", $"there is no Datacenter {options.Datacenter} yet: helm get notes prints one to apply")];
        Finding[] gpus = [.. GpuClasses(datacenter, await NodesAsync(datacenter, cancellation)), .. PricedClasses(datacenter), .. Toolkit(datacenter)];
        var conditions = (datacenter["status"]?["conditions"] as JsonArray ?? []).OfType<JsonObject>().ToArray();
        if (conditions.Length == 0) return [Finding.Note("datacenter", $"no operator has looked at Datacenter {options.Datacenter} yet"), .. gpus];
        // Where the lines say it of each class, the condition would say it once more.
        var said = gpus.Any(g => g.Verdict == Verdict.Bad) ? GpuRules.Type : "";
        var told = conditions.Where(c => (string?)c["status"] != "True" && (string?)c["type"] != said).Select(c =>
            (Closing(c, datacenter) is { } fix ? Finding.Bad("datacenter", $"{Text(c).TrimEnd('.')}: {fix}") : IsWrong(c) ? Finding.Bad("datacenter", Text(c)) : Finding.Note("datacenter", Text(c)))).ToArray();
        return [.. told, .. gpus, .. conditions.All(c => (string?)c["status"] == "True") ? [Finding.Good("datacenter", $"all {conditions.Length} conditions of {options.Datacenter} are True")] : Array.Empty<Finding>()];
    }

    // Who watches the operator is its administrator's choice: leases are sold and paid without.
    private static bool IsWrong(JsonObject condition) => (string?)condition["status"] == "False" && (string?)condition["type"] != ScrapeRules.Type;

    // Not to know is a note with other conditions; while nothing is known of this one, every Request is refused. A probe that is under way ends by itself.
    private string? Closing(JsonObject condition, JsonObject datacenter)
    {
        if ((string?)condition["type"] != NetworkPolicyRules.Type || (string?)condition["reason"] == NetworkPolicyRules.NotProbedYet.Reason) return null;
        var standing = Enum.TryParse<ConditionStatus>((string?)condition["status"], out var status) ? NetworkPolicyRules.NotConfigured with { Status = status } : null;
        var unenforced = Enum.TryParse<UnenforcedNetworkPolicy>((string?)datacenter["spec"]?["isolation"]?["unenforcedNetworkPolicy"], out var said) ? said : UnenforcedNetworkPolicy.Refuse;
        if (status == ConditionStatus.False || !NetworkPolicyRules.Refuses(standing, unenforced)) return null;
        return options.Isolation.ProbeImage.Length == 0
            ? "set isolation.probeImage (Isolation:ProbeImage) to an image with a shell, httpd, wget and timeout, such as BusyBox"
            : $"see what the probe's pods wait for: kubectl -n {options.Isolation.ProbeNamespace} get pods,events";
    }

    private async Task<IReadOnlyList<JsonObject>> NodesAsync(JsonObject datacenter, CancellationToken cancellation)
    {
        if (datacenter["spec"]?["gpuClasses"] is not JsonArray { Count: > 0 }) return [];
        var nodes = new List<JsonObject>();
        await foreach (var page in client.Resource(ResourceKinds.Node).ListPagesAsync(cancellationToken: cancellation)) nodes.AddRange(page.Items);
        return nodes;
    }

    private static IEnumerable<Finding> GpuClasses(JsonObject datacenter, IReadOnlyList<JsonObject> nodes)
    {
        foreach (var entry in (datacenter["spec"]?["gpuClasses"] as JsonArray ?? []).OfType<JsonObject>())
        {
            var (name, resource) = ((string?)entry["name"], (string?)entry["resource"] ?? "");
            var labels = entry["nodeLabels"] as JsonObject ?? [];
            var fitting = nodes.Count(n => labels.All(l => (string?)n["metadata"]?["labels"]?[l.Key] == (string?)l.Value) && (string?)n["status"]?["allocatable"]?[resource] is { } amount and not "0");
            yield return fitting > 0
                ? Finding.Good("gpus", $"{fitting} nodes have {name}")
                : Finding.Bad("gpus", $"no node has {name}: one needs the labels {string.Join(", ", labels.Select(l => $"{l.Key}={l.Value}"))} and {resource} to allocate; see that the device plugin runs there");
        }
    }

    // By what the operator has counted: a class that no entry of spec.gpuClasses names follows from labels that only it reads.
    private static IEnumerable<Finding> PricedClasses(JsonObject datacenter)
    {
        if (datacenter["status"]?["capacity"] is not JsonArray { Count: > 0 } capacity) yield break;
        var counted = capacity.OfType<JsonObject>().ToDictionary(c => (string?)c["class"] ?? "", c => (string?)c["allocatable"] ?? "0", StringComparer.Ordinal);
        string[] there = [.. counted.Where(c => c.Key is not (ClassCapacity.Cpu or ClassCapacity.Memory or ClassCapacity.Storage) && c.Value != "0").Select(c => c.Key)];
        var named = (datacenter["spec"]?["gpuClasses"] as JsonArray ?? []).Select(c => (string?)c?["name"]).ToHashSet(StringComparer.Ordinal);
        foreach (var name in (datacenter["spec"]?["prices"]?["gpu"] as JsonArray ?? []).Select(p => (string?)p?["class"]).OfType<string>().Where(n => !named.Contains(n)))
            yield return there.Contains(name, StringComparer.Ordinal)
                ? Finding.Good("gpus", $"{counted[name]} of {name} are there to be leased")
                : Finding.Bad("gpus", $"no node that takes pods has {name}, which spec.prices.gpu prices, and Requests for it are refused. {GpuRules.There(there).TrimEnd('.')}: write the class as it stands there; where its nodes are there, see that the device plugin and feature discovery run on them");
    }

    // A program of the nodes' own, and nothing in the cluster tells its version.
    private static Finding[] Toolkit(JsonObject datacenter)
    {
        var resources = (datacenter["spec"]?["gpuClasses"] as JsonArray ?? []).Select(c => (string?)c?["resource"])
            .Concat((datacenter["status"]?["capacity"] as JsonArray ?? []).Where(c => (string?)c?["allocatable"] is not (null or "0")).Select(c => (string?)c?["class"]));
        return resources.Any(r => r?.StartsWith("nvidia.com/", StringComparison.Ordinal) == true)
            ? [Finding.Note("gpus", "which NVIDIA container toolkit the nodes have the operator cannot see, and with 1.17.7 or an older one a tenant's image takes over its node (CVE-2025-23266; to 1.16.1 CVE-2024-0132, too): see that each node with GPUs has a newer one")]
            : [];
    }

    internal static string Text(JsonObject condition) => $"{(string?)condition["type"]}={(string?)condition["status"]} ({(string?)condition["reason"]}): {(string?)condition["message"]}";
}
