using System.Text.Json.Nodes;
using Federation.Cluster.Manifests;
using Federation.Cluster.Tests.Support;
using Federation.Cluster.Tests.Watching;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;
using Federation.Proxies;
using Federation.Proxies.Api;
using Federation.Testing;

namespace Federation.Cluster.Tests.Faults;

/// <summary>What can be promised, over a real API server whose watches lose and forget: a device that is unwell goes, and no lost event stays lost.</summary>
[Collection("faults")]
public sealed class CapacityFaultTests(FaultServer fixture) : IAsyncLifetime
{
    private const string Node = "node-of-devices";
    private const string Gpu = "nvidia.com/gpu";
    private const int MostSeconds = 60;

    private readonly FakeClock clock = new();
    private KubernetesClient admin = null!;
    private Proxy proxy = null!;
    private ClusterAdapter adapter = null!;

    public async ValueTask InitializeAsync()
    {
        (admin, proxy) = (fixture.Server.Client(), await Proxy.StartAsync(fixture.Server.Url));
        adapter = new ClusterAdapter(AdapterFixture.Options(), fixture.Server.Configuration(proxy.Port, "http"), new TestHasher(), clock);
        await WhileTimePassesAsync(adapter.StartAsync(default));
    }

    public async ValueTask DisposeAsync()
    {
        proxy.Fault = Fault.None;
        await WhileTimePassesAsync(adapter.DisposeAsync().AsTask());
        await proxy.DisposeAsync();
        admin.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DeviceThatIsUnwell_IsGoneWithinAMinute_AlsoWhenNobodyTellsOfIt(bool isLost)
    {
        await using var events = new RandomEvents(admin, 1);
        await events.AddNodeAsync(Node, 4);
        await Eventually.TrueAsync(async () => await DevicesAsync() == 4);
        var loses = new LosingEvents((_, one) => (string?)one["kind"] == "Node");
        if (isLost) proxy.Fault = loses;
        var began = clock.NowMs;
        await admin.Resource(ResourceKinds.Node).PatchAsync(
            Node, null, V1Patch.Merge(new JsonObject { ["status"] = new JsonObject { ["allocatable"] = Json.Map((Gpu, "3")) } }), new WriteOptions { Subresource = "status" });
        if (isLost)
        {
            await Eventually.TrueAsync(() => loses.Lost > 0);
            Assert.Equal(4, await DevicesAsync());
        }

        await WithinAMinuteAsync(async () => await DevicesAsync() == 3);
        Assert.InRange(clock.NowMs - began, 0, MostSeconds * 1000);
    }

    [Fact]
    public async Task ThousandRandomEvents_OfWhichManyAreLost_EndWithoutDrift()
    {
        await using var events = new RandomEvents(admin, 4711);
        await events.BeginAsync();
        var (told, lost, expired) = (0, new List<LosingEvents>(), new List<ExpiringWatches>());
        for (var done = 0; done < 1000; done++)
        {
            if (done % 100 == 0) Break(done / 100 % 4);
            await events.HappenAsync();
            clock.Advance(TimeSpan.FromMilliseconds(100));
        }

        proxy.Fault = Fault.None;
        await using var fresh = new ClusterAdapter(AdapterFixture.Options(), fixture.Server.Configuration(), new TestHasher());
        await fresh.StartAsync(default);
        var expected = await fresh.Workloads.ReadCapacityAsync(default);
        await WithinAMinuteAsync(async () => InventoryTests.Text(await adapter.Workloads.ReadCapacityAsync(default)) == InventoryTests.Text(expected));

        // What was meant to go wrong did, and there is something to be wrong about.
        Assert.True(lost.Sum(l => l.Lost) > 100 && expired.Sum(e => e.Expirations) > 4, $"{lost.Sum(l => l.Lost)} events were lost, {expired.Sum(e => e.Expirations)} watches expired");
        Assert.Contains(expected.Nodes, n => n.Blocked is not null);
        Assert.Contains(expected.Nodes, n => n.Blocked is null && n.Free.CpuMilli < n.Total.CpuMilli);
        Assert.NotEmpty(expected.Uses);

        void Break(int how)
        {
            if (how is 0 or 2)
            {
                // Every second one; the watch goes on past it.
                lost.Add(new LosingEvents((_, one) => (string?)one["kind"] is "Node" or "Pod" && Interlocked.Increment(ref told) % 2 == 0));
                proxy.Fault = lost[^1];
                return;
            }

            expired.Add(new ExpiringWatches(how == 1, 6));
            proxy.Fault = expired[^1];
            proxy.Cut();
        }
    }

    private async Task<long?> DevicesAsync()
    {
        var node = (await adapter.Workloads.ReadCapacityAsync(default)).Nodes.SingleOrDefault(n => n.Name == Node);
        return node is not null && node.Free.Extended.GetValueOrDefault(Gpu) == node.Total.Extended.GetValueOrDefault(Gpu) ? node.Total.Extended.GetValueOrDefault(Gpu) : null;
    }

    // A minute of the operator's clock; what the machine takes longer for is not counted.
    private async Task WithinAMinuteAsync(Func<Task<bool>> holds)
    {
        for (var second = 0; second < MostSeconds && !await holds(); second++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        await Eventually.TrueAsync(holds, 60);
    }

    private async Task WhileTimePassesAsync(Task work)
    {
        while (await Task.WhenAny(work, Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System)) != work) clock.Advance(TimeSpan.FromSeconds(1));
        await work;
    }
}
