using Federation.Cluster.Entities;
using Federation.Cluster.Tests.Support;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Cluster.Tests.Adapters;

[Collection("one adapter")]
public sealed class StartTests(AdapterFixture fixture)
{
    [Fact]
    public async Task ApiServerThatIsNotThere_IsWaitedFor_AndNamed()
    {
        var port = Ports.Free(1)[0];
        using var log = new LinesLogger();
        var nobody = new KubernetesClientConfiguration { Server = new Uri($"http://127.0.0.1:{port}") };
        await using var adapter = new ClusterAdapter(AdapterFixture.Options(), nobody, new TestHasher(), loggers: log);
        using var stop = new CancellationTokenSource();

        var starting = adapter.StartAsync(stop.Token);
        await Eventually.TrueAsync(() => log.Lines.Any(l => l.Contains($"Waiting for the Kubernetes API server at http://127.0.0.1:{port}", StringComparison.Ordinal)));

        Assert.False(starting.IsCompleted);
        Assert.False(adapter.HasSynced);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting);
    }

    [Fact]
    public async Task DefinitionOfAnOlderVersion_IsWaitedFor_AndItsFieldNamed()
    {
        using var server = await ApiServer.StartAsync();
        using var admin = server.Client();
        var kind = ResourceKinds.CustomResourceDefinition;
        foreach (var definition in CrdFiles.OfDatacenter())
        {
            var usage = definition["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!["properties"]!["status"]!["properties"]!["usage"]?["properties"]?.AsObject();
            usage?.Remove("resumedMs");
            await admin.Resource(kind).CreateAsync(definition);
        }

        using var log = new LinesLogger();
        await using var adapter = new ClusterAdapter(AdapterFixture.Options() with { InstallDefinitions = false }, server.Configuration(), new TestHasher(), loggers: log);
        using var stop = new CancellationTokenSource();
        var starting = adapter.StartAsync(stop.Token);
        await Eventually.TrueAsync(() => log.Lines.Any(l => l.Contains("has no status.usage.resumedMs", StringComparison.Ordinal)));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting);
    }

    [Fact]
    public async Task SecondStart_WritesNothing()
    {
        await using var again = new ClusterAdapter(AdapterFixture.Options(), fixture.Server.Configuration(), new TestHasher());

        await again.StartAsync(default);

        Assert.Equal(0, again.Writes);
        Assert.True(again.HasSynced);
    }
}
