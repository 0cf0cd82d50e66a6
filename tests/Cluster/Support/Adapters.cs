using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Entities;
using Federation.Cluster.Manifests;
using Federation.Cluster.Mapping;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Cluster.Tests.Support;

/// <summary>One adapter on the real API server for all tests that share it; each test has its own lease.</summary>
public sealed class AdapterFixture : IAsyncLifetime
{
    public const string Datacenter = "north";

    public ApiServer Server { get; private set; } = null!;

    public ClusterAdapter Adapter { get; private set; } = null!;

    /// <summary>An administrator's client: what is done with it, the operator has not done.</summary>
    public KubernetesClient Admin { get; private set; } = null!;

    public static ClusterOptions Options() => new()
    {
        Chain = new ChainIdentity(31337, "0x5FbDB2315678afecb367f032d93F642f64180aa3"),
        DatacenterName = Datacenter,
        Network = new NetworkRules(["198.18.0.0/15"], []),
        ExportImage = "curl:8",
    };

    public async ValueTask InitializeAsync()
    {
        Server = await ApiServer.StartAsync();
        Admin = Server.Client();
        Adapter = new ClusterAdapter(Options(), Server.Configuration(), new TestHasher());
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        await Adapter.StartAsync(limit.Token);
        // A tenant's operator installs it, in whichever cluster that runs.
        await Admin.Resource(ResourceKinds.CustomResourceDefinition).CreateAsync(CrdFiles.ComputeRequest());
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                await Admin.Resource<V1Alpha1ComputeRequest>().ListAsync("default");
                return true;
            }
            catch (KubernetesException e) when (e.IsNotFound)
            {
                return false;
            }
        });
        await Admin.ApplyAsync(Sample("datacenter-gpu"), new ApplyOptions { FieldManager = "admin" });
        await Eventually.TrueAsync(async () => await Adapter.Datacenter.ReadAsync(default) is not null);
    }

    public async ValueTask DisposeAsync()
    {
        await Adapter.DisposeAsync();
        Admin.Dispose();
        Server.Dispose();
    }

    /// <summary>Gives the user <c>federation-operator</c> the rights of the demonstration's operator.</summary>
    public async Task GrantAsync()
    {
        var file = Path.Combine(Golden.Root(), "e2e", "Harness", "Demo", "Rbac.yaml");
        foreach (var manifest in YamlToJson.Read(await File.ReadAllTextAsync(file)))
            await Admin.ApplyAsync((JsonObject)manifest!, new ApplyOptions { FieldManager = "admin" });
        await UntilMayAsync("federation-operator", "list", "", "nodes", "");
        await UntilMayAsync("federation-operator", "create", "", "pods", "federation-probe");
        await UntilMayAsync("federation-operator", "get", "", "configmaps", "federation-system");
    }

    /// <summary>The API server learns of roles and bindings by watches of its own: what they give may be used from now on.</summary>
    public async Task UntilMayAsync(string user, string verb, string group, string resource, string space)
    {
        using var client = new KubernetesClient(Server.Configuration() with { Impersonate = user });
        var reviews = client.Resource(new ResourceKind("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", false));
        await Eventually.TrueAsync(async () => (bool)(await reviews.CreateAsync(new JsonObject
        {
            ["spec"] = new JsonObject { ["resourceAttributes"] = Json.Map(("namespace", space), ("verb", verb), ("group", group), ("resource", resource)) },
        })).At("status", "allowed")!, what: $"{user} may {verb} {resource}");
    }

    /// <summary>The tenant may use its lease's namespace.</summary>
    public Task UntilLetInAsync(MatchedLease lease) => UntilMayAsync(lease.Terms.Tenant, "patch", "compute.federation", "computeleases", lease.Id.Namespace);

    /// <summary>Another adapter on the same server, by way of a proxy.</summary>
    public async Task<ClusterAdapter> OtherAdapterAsync(Proxies.Proxy proxy)
    {
        var adapter = new ClusterAdapter(Options(), Server.Configuration(proxy.Port, "http"), new TestHasher());
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        await adapter.StartAsync(limit.Token);
        return adapter;
    }

    public static JsonObject Sample(string name) =>
        (JsonObject)YamlToJson.Read(File.ReadAllText(Path.Combine(Golden.Root(), "crds", "samples", name + ".yaml"))).Single();

    public ResourceClient<JsonObject> Leases => Admin.Resource(ResourceKind.Of<V1Alpha1ComputeLease>());

    /// <summary>Counts the writes of one step, Events included. Other tests share the adapter: steps run one at a time.</summary>
    public async Task<long> WritesOfAsync(Func<Task> step)
    {
        await Adapter.FlushEventsAsync(default);
        var before = Adapter.Writes;
        await step();
        await Adapter.FlushEventsAsync(default);
        return Adapter.Writes - before;
    }
}
