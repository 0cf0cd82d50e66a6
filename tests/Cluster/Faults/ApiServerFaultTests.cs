using System.Collections.Concurrent;
using System.Text;
using Federation.Cluster.Manifests;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Leases;
using Federation.Kubernetes.Models;
using Federation.Proxies;
using Federation.Proxies.Api;
using Federation.Proxies.Common;

namespace Federation.Cluster.Tests.Faults;

/// <summary>Rows 5 to 9 of the fault matrix: an API server that lags, loses events, forgets versions, refuses, and loses replies.</summary>
[Collection("faults")]
public sealed class ApiServerFaultTests(FaultServer fixture)
{
    [Fact]
    public async Task OldView_OfARestartedOperator_DeletesNothingOfNow_AndConverges()
    {
        await using var world = await OpenAsync();
        var old = world.Match();
        await world.UntilRunningAsync(old);
        var view = new OldView();
        await world.RestartAsync(view);
        // What the server that lags does not know: another lease, and that the workload of the first was made anew.
        var young = world.Match();
        await world.UntilRunningAsync(young);
        await world.Admin.Resource(ResourceKinds.Deployment).DeleteAsync("web", old.Namespace);
        await world.UntilAsync(async () => await world.Admin.Resource(ResourceKinds.Deployment).GetAsync("web", old.Namespace) is null ? "no Deployment" : null, 30);
        await world.PassAsync(300);
        var (before, youngBefore) = (await UidAsync(world, old), await UidAsync(world, young));

        world.CachesLag = true;
        view.Freeze();
        world.Proxy.Cut();
        await world.RestartAsync(view);
        await world.PassAsync(60);
        Assert.True(view.Answered > 5, $"only {view.Answered} reads were old");
        Assert.Equal((before, youngBefore), (await UidAsync(world, old), await UidAsync(world, young)));
        world.TenantCloses(old);
        await world.PassAsync(60);
        Assert.Equal(youngBefore, await UidAsync(world, young));
        world.CheckMoney();

        world.Proxy.Fault = Fault.None;
        world.Proxy.Cut();
        world.CachesLag = false;
        await world.UntilAsync(async () => await UidAsync(world, old) is { } there ? $"{there} runs" : null, 30);
        Assert.Equal(youngBefore, await UidAsync(world, young));
        Assert.Equal("Running", await world.PhaseAsync(young));
        await EndAsync(world, old, young);
    }

    [Fact]
    public async Task LostEvents_AreMadeGoodByTheNextList()
    {
        await using var world = await OpenAsync();
        var id = world.Match();
        await world.UntilRunningAsync(id);
        var loses = new LosingEvents((type, one) => type == "DELETED" && (string?)one["kind"] is "Deployment" or "NetworkPolicy");
        world.Proxy.Fault = loses;
        await world.Admin.Resource(ResourceKinds.Deployment).DeleteAsync("web", id.Namespace);
        await world.Admin.Resource(ResourceKinds.NetworkPolicy).DeleteAsync(Names.Isolation, id.Namespace);
        await world.PassAsync(30);
        Assert.True(loses.Lost >= 2, $"{loses.Lost} events were lost");
        world.Proxy.Fault = Fault.None;
        // What is told of others moves the watches past what was lost.
        var other = world.Match();
        await world.UntilRunningAsync(other);
        await world.UntilAsync(async () => await UidAsync(world, id) is null ? "no Deployment" : null, 60);
        Assert.NotNull(await world.Admin.Resource(ResourceKinds.NetworkPolicy).GetAsync(Names.Isolation, id.Namespace));
        await EndAsync(world, id, other);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ExpiredVersions_AreListedAnew(bool inStream)
    {
        await using var world = await OpenAsync();
        var id = world.Match();
        await world.UntilRunningAsync(id);
        var expiring = new ExpiringWatches(inStream, 40);
        world.CachesLag = true;
        world.Proxy.Fault = expiring;
        world.Proxy.Cut();
        var next = world.Match();
        await world.PassAsync(60);
        Assert.True(expiring.Expirations > 11, $"only {expiring.Expirations} watches were told so");
        world.Proxy.Fault = Fault.None;
        world.CachesLag = false;
        await world.UntilRunningAsync(next, 60);
        await EndAsync(world, id, next);
    }

    [Fact]
    public async Task HalfOpenWatches_AreNoticedByTheirSilence()
    {
        await using var world = await OpenAsync();
        var id = world.Match();
        await world.UntilRunningAsync(id);
        world.Proxy.Fault = new HalfOpenWatches();
        await world.Admin.Resource(ResourceKinds.Deployment).DeleteAsync("web", id.Namespace);
        world.CachesLag = true;
        await world.PassAsync(10);
        Assert.Null(await UidAsync(world, id));
        // The connections stay as they are: only the operator's own watch over them can tell.
        await world.UntilAsync(async () => await UidAsync(world, id) is null ? "no Deployment" : null, 20);
        world.Proxy.Fault = Fault.None;
        world.CachesLag = false;
        await EndAsync(world, id);
    }

    [Fact]
    public async Task RefusedForTenMinutes_DropsNothing()
    {
        await using var world = await OpenAsync();
        var old = world.Match();
        await world.UntilRunningAsync(old);
        await world.PassAsync(60);
        var refusing = new Refusing([429, 503, 500, 502], TimeSpan.FromMinutes(1));
        world.CachesLag = true;
        world.Proxy.Fault = refusing;
        world.Proxy.Cut();
        var young = world.Match(t => t with { ActivateBy = t.ActivateBy + 1200 });
        await world.PassAsync(600);
        Assert.True(refusing.Refused > 20, $"only {refusing.Refused} requests were refused");
        Assert.Equal(LeaseState.Reserved, world.Chain.Find(young)!.Lease.State);
        world.CheckMoney();

        world.Proxy.Fault = Fault.None;
        await world.UntilRunningAsync(young, 120);
        world.CachesLag = false;
        await EndAsync(world, old, young);
    }

    /// <summary>Peers closed leases whose pods they could not list for some minutes.</summary>
    [Theory]
    [InlineData(3_600, false)]
    [InlineData(600, true)]
    public async Task GoneForAnHour_ClosesNothing_AndIsMadeGood(int seconds, bool hangs)
    {
        await using var world = await OpenAsync();
        var (first, second) = (world.Match(), world.Match());
        await world.UntilRunningAsync(first);
        await world.UntilRunningAsync(second);
        await world.PassAsync(60);
        var (before, pods) = (await UidAsync(world, first), world.Controllers.Pods[first].Count);
        world.CachesLag = true;
        world.Proxy.Fault = hangs ? new Stalled() : new Away();
        world.Proxy.Cut();
        await world.PassSlowlyAsync(seconds);
        foreach (var id in world.Leases) Assert.Equal(LeaseState.Active, world.Chain.Find(id)!.Lease.State);
        world.CheckMoney();

        world.Proxy.Fault = Fault.None;
        world.Proxy.Cut();
        world.CachesLag = false;
        await world.PassAsync(300);
        foreach (var id in world.Leases) Assert.Equal((LeaseState.Active, "Running"), (world.Chain.Find(id)!.Lease.State, await world.PhaseAsync(id)));
        Assert.Equal((before, pods), (await UidAsync(world, first), world.Controllers.Pods[first].Count));
        await EndAsync(world, first, second);
    }

    /// <summary>Nothing is told any more: what begins and what ends is found by looking, in two minutes and in five.</summary>
    [Fact]
    public async Task EventsOff_LeasesBeginAndEndAllTheSame()
    {
        await using var world = await OpenAsync();
        var old = world.Match();
        await world.UntilRunningAsync(old);
        world.CachesLag = true;
        var loses = new LosingEvents();
        world.Proxy.Fault = loses;
        var young = world.Match();
        await world.UntilRunningAsync(young, 120);
        world.TenantCloses(old);
        await world.UntilAsync(async () => world.Controllers.Pods.GetValueOrDefault(old)?.Any(p => !p.Ended) == true || await UidAsync(world, old) is not null ? "its workload is there" : null, 300);
        Assert.True(loses.Lost > 10, $"only {loses.Lost} events were lost");
        world.Proxy.Fault = Fault.None;
        world.Proxy.Cut();
        world.CachesLag = false;
        await EndAsync(world, old, young);
    }

    [Fact]
    public async Task EveryWritesFirstReplyLost_EndsAlike()
    {
        await using var world = await OpenAsync();
        var known = new ConcurrentDictionary<string, bool>();
        var losing = new LosingReplies(e => ServerWorld.IsCounted(e) && known.TryAdd($"{e.Context.Request.Method} {e.Path} {Encoding.UTF8.GetString(e.Body)}", true));
        world.Proxy.Fault = losing;
        var id = world.Match();
        await world.UntilRunningAsync(id, 120);
        await world.PassAsync(60);
        Assert.Single(world.Controllers.Pods[id]);
        await EndAsync(world, id);
        Assert.True(losing.Lost >= 12, $"only {losing.Lost} replies were lost");
        Assert.Equal(0, world.Restarts);
    }

    [Fact]
    public async Task RepliesOfStatusWritesAlwaysLost_NoLookFailsForIt()
    {
        await using var world = await OpenAsync();
        // No two of them are alike: who waits for the answer to the same words waits longer each time.
        var losing = new LosingReplies(e => e.IsWrite && e.Path.EndsWith("/status", StringComparison.Ordinal));
        world.Proxy.Fault = losing;
        var id = world.Match();
        await world.UntilRunningAsync(id, 120);
        await world.PassAsync(120);
        await EndAsync(world, id);
        Assert.True(losing.Lost >= 12, $"only {losing.Lost} replies were lost");
        Assert.DoesNotContain(world.Log.Lines, l => l.StartsWith($"Lease {id}: ", StringComparison.Ordinal));
    }

    private async Task<ServerWorld> OpenAsync() => await ServerWorld.OpenAsync(fixture.Server);

    private static async Task<string?> UidAsync(ServerWorld world, LeaseId id) =>
        (await world.Admin.Resource(ResourceKinds.Deployment).GetAsync("web", id.Namespace))?.Text("metadata", "uid");

    // What was measured is paid, and nothing is left.
    private static async Task EndAsync(ServerWorld world, params LeaseId[] leases)
    {
        foreach (var id in leases) world.TenantCloses(id);
        // Step by step: where the machine is slow, time passes without the turns that the operator has in it elsewhere.
        for (var step = 0; step < 180 / ServerWorld.StepSeconds; step++) await world.PassAsync(ServerWorld.StepSeconds);
        foreach (var id in leases)
        {
            world.CheckPaidInFull(id);
            Assert.Null(await world.Admin.Resource(ResourceKinds.Namespace).GetAsync(id.Namespace));
        }
    }
}
