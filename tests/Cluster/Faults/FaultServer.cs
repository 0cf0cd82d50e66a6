using System.Text.Json.Nodes;
using Federation.Cluster.Tests.Support;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Cluster.Tests.Faults;

/// <summary>A real API server on which no adapter runs but the worlds' own: another one would take what they do for somebody else's hand.</summary>
public sealed class FaultServer : IAsyncLifetime
{
    public ApiServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Server = await ApiServer.StartAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        // Installs the definitions.
        await using var adapter = new ClusterAdapter(AdapterFixture.Options(), Server.Configuration(), new TestHasher());
        await adapter.StartAsync(limit.Token);
        using var admin = Server.Client();
        // Which the sample's tenants run by: the server refuses pods of one that it does not know.
        await admin.Resource(ResourceKinds.RuntimeClass).CreateAsync(
            new JsonObject { ["metadata"] = new JsonObject { ["name"] = "gvisor" }, ["handler"] = "runsc" });
        await admin.ApplyAsync(AdapterFixture.Sample("datacenter-gpu"), new ApplyOptions { FieldManager = "admin" });
        await Eventually.TrueAsync(async () => await adapter.Datacenter.ReadAsync(default) is not null);
    }

    public ValueTask DisposeAsync()
    {
        Server.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>One world at a time: their time goes on while they wait.</summary>
[CollectionDefinition("faults", DisableParallelization = true)]
#pragma warning disable CA1711 // xunit's own word.
public sealed class FaultCollection : ICollectionFixture<FaultServer>;
#pragma warning restore CA1711
