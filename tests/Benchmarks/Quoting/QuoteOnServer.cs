using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster;
using Federation.Cluster.Mapping;
using Federation.Domain.Leases;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;
using Federation.Testing;
using Federation.Testing.Builders;

namespace Federation.Benchmarks.Quoting;

/// <summary>A quote as it is in life, but for the chain: informers on a real API server, and a hold that lies in it before the Offer leaves.</summary>
internal sealed class QuoteOnServer : IBenchmark
{
    private const int Nodes = 1_000;
    private const int Pods = 2_000;
    private const int Quotes = 1_500;

    public string Name => "quote-on-server";

    public string What => $"{Quotes} quotes under {Nodes} nodes with {Pods} pods and 1,000 live leases; holds in a kube-apiserver with etcd. Not in it: the chain read and the signature";

    public async IAsyncEnumerable<Figure> RunAsync()
    {
        using var server = await ApiServer.StartAsync();
        using var admin = server.Client();
        await FillAsync(admin);
        var options = new ClusterOptions { Chain = new ChainIdentity(1, Some.Provider), DatacenterName = "dc" };
        await using var adapter = new ClusterAdapter(options, server.Configuration(), FakeHasher.Instance);
        await adapter.StartAsync(default);

        var (run, writes) = (new QuoteRun(), new Samples());
        using var demand = new Demand(adapter.Workloads, adapter.Leases, new OneDatacenter(), adapter.Holds, live: 1_000);
        var maps = admin.Resource<V1ConfigMap>();
        V1ConfigMap? probe = null;
        await run.RunAsync(demand, Quotes, async () => probe = await writes.TakeAsync(() => WriteAsync(maps, probe)));
        Console.WriteLine($"  {run}");
        // The machine's ceiling: one write of an object of this size, which a promise that survives a crash cannot do without.
        yield return new Figure("granted, P50", run.Granted.Percentile(0.5), "ms", Ceiling: writes.Percentile(0.5));
        yield return new Figure("granted, P99", run.Granted.Percentile(0.99), "ms", Target: 20, Ceiling: writes.Percentile(0.99));
        yield return new Figure("refused with its reason, P99", run.Refused.Percentile(0.99), "ms", Target: 20);
    }

    private static async Task<V1ConfigMap> WriteAsync(ResourceClient<V1ConfigMap> maps, V1ConfigMap? seen)
    {
        // As many bytes as the holds have after a while.
        var data = new Dictionary<string, string> { ["holds"] = new string((char)('a' + Random.Shared.Next(26)), 30_000) };
        var meta = new V1ObjectMeta { Name = "probe", Namespace = "default" };
        return seen is null ? await maps.CreateAsync(new V1ConfigMap { Metadata = meta, Data = data }) : await maps.ReplaceAsync(seen with { Data = data });
    }

    private static async Task FillAsync(KubernetesClient admin)
    {
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = 16 };
        await Parallel.ForAsync(0, Nodes, parallel, async (i, c) => await NodeAsync(admin, i, c));
        await Parallel.ForAsync(0, Pods, parallel, async (i, c) => await admin.Resource(ResourceKinds.Pod).CreateAsync(
            new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = $"pod-{i}", ["namespace"] = "default" },
                ["spec"] = new JsonObject
                {
                    ["nodeName"] = NodeName(i % Nodes),
                    ["automountServiceAccountToken"] = false,
                    ["containers"] = new JsonArray(new JsonObject { ["name"] = "c", ["image"] = "i", ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["cpu"] = "250m", ["memory"] = "512Mi" } } }),
                },
            },
            cancellationToken: c));
    }

    private static async Task NodeAsync(KubernetesClient admin, int i, CancellationToken cancellation)
    {
        var (nodes, labels) = (admin.Resource(ResourceKinds.Node), new JsonObject());
        var amounts = new JsonObject { ["cpu"] = "64", ["memory"] = "512Gi", ["pods"] = "110", ["ephemeral-storage"] = "1Ti" };
        if (i % 2 == 1)
        {
            var parts = Demand.Classes[i / 2 % 2].Split('/');
            (labels["nvidia.com/gpu.product"], labels["nvidia.com/gpu.memory"], amounts["nvidia.com/gpu"]) = (parts[2], parts[3], "8");
        }

        await nodes.CreateAsync(new JsonObject { ["metadata"] = new JsonObject { ["name"] = NodeName(i), ["labels"] = labels } }, cancellationToken: cancellation);
        var status = new JsonObject { ["capacity"] = amounts.DeepClone(), ["allocatable"] = amounts, ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = "True" }) };
        await nodes.PatchAsync(NodeName(i), null, V1Patch.Merge(new JsonObject { ["status"] = status }), new WriteOptions { Subresource = "status" }, cancellation);
        // The admission of new nodes taints them until a controller has seen them; there is none here.
        await nodes.PatchAsync(NodeName(i), null, V1Patch.Merge(new JsonObject { ["spec"] = new JsonObject { ["taints"] = null } }), cancellationToken: cancellation);
    }

    private static string NodeName(int i) => $"node-{i:D4}";

    private sealed class OneDatacenter : IDatacenterStore
    {
        public Task<DatacenterRecord?> ReadAsync(CancellationToken cancellation) => Task.FromResult<DatacenterRecord?>(new DatacenterRecord("dc", 1, Demand.Datacenter, null));

        public Task WriteInvalidAsync(IReadOnlyList<LeaseCondition> conditions, CancellationToken cancellation) => Task.CompletedTask;

        public Task WriteStatusAsync(DatacenterRecord seen, DatacenterReport report, CancellationToken cancellation) => Task.CompletedTask;
    }
}
