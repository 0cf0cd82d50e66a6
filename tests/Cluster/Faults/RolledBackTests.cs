using Federation.Domain.Leases;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Cluster.Tests.Faults;

/// <summary>Row 10 of the fault matrix: etcd is restored from a backup, and the cluster is an hour younger than the chain.</summary>
public sealed class RolledBackTests : IAsyncLifetime
{
    private ApiServer server = null!;

    public async ValueTask InitializeAsync() => server = await ApiServer.StartAsync();

    public ValueTask DisposeAsync()
    {
        server.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task StoreRestored_IsRebuiltFromTheChain_AndNothingIsPaidTwice(bool restarted)
    {
        await using var world = await ServerWorld.OpenAsync(server);
        var (old, ends) = (world.Match(), world.Match());
        await world.UntilRunningAsync(old);
        await world.UntilRunningAsync(ends);
        await server.SaveAsync();
        var young = world.Match();
        world.TenantCloses(ends);
        await world.UntilRunningAsync(young, 120);
        await world.PassAsync(400);
        Assert.Equal(LeaseState.Closed, world.Chain.Find(ends)!.Lease.State);
        Assert.Null(await world.Admin.Resource(ResourceKinds.Namespace).GetAsync(ends.Namespace));
        var claimed = world.Chain.Find(young)!.Lease.Claimed;
        Assert.True(claimed > 0);

        world.CachesLag = true;
        await server.RestoreAsync();
        if (restarted) await world.RestartAsync();
        await world.UntilRunningAsync(young, 120);
        world.CachesLag = false;
        // The one that had ended is there again, and ends again; nobody is paid for it.
        await world.UntilAsync(async () => await world.Admin.Resource(ResourceKinds.Namespace).GetAsync(ends.Namespace) is null ? null : "it is there", 120);
        world.CheckPaidInFull(ends);
        await world.PassAsync(300);
        world.CheckMoney();
        Assert.True(world.Chain.Find(young)!.Lease.Claimed > claimed, "nothing was claimed any more");
        foreach (var id in (LeaseId[])[old, young]) world.TenantCloses(id);
        await world.PassAsync(180);
        foreach (var id in (LeaseId[])[old, young]) world.CheckPaidInFull(id);
    }
}
