using Federation.Domain.Leases;
using Federation.Domain.Placement;

namespace Federation.Application.Tests.Holding;

/// <summary>A process that was started anew beside a Datacenter object that is missing or broken: not to know is not to have none.</summary>
public sealed class UnreadDatacenterTests
{
    private readonly Site site = new();

    [Fact]
    public async Task MatchedLease_IsActivated_AndNothingIsPromised_UntilItIsRead()
    {
        var datacenter = site.Cluster.Datacenter!;
        site.Cluster.Datacenter = datacenter with { Spec = datacenter.Spec with { StorageMiB = Site.StorageMiB } };
        // What the nodes have would not do for it.
        site.Cluster.Nodes = [.. site.Cluster.Nodes.Select(n => n with { Free = n.Free with { EphemeralBytes = 1 << 20 } })];
        var lease = Site.View(site.Request(1, 1), LeaseState.Reserved);
        site.SeeChain(0, lease);
        site.Cluster.IsDatacenterRead = false;
        Assert.True((await site.Capacities.FindAsync(lease.Id, default))!.Fits);
        Assert.Equal(PlacementReasons.StorageUnknown, (await site.QuoteAsync(site.Request(2, 1))).Reason);
        Assert.NotNull((await site.QuoteAsync(site.Request(5, 1))).Offer);
        // What was said of it before stands.
        var before = site.Cluster.Report?.Capacity;
        await site.Reporter.PassAsync(default);
        Assert.Equal((before, false), (site.Cluster.Report!.Capacity, site.Cluster.Report.Conditions.Any(c => c.Type == StorageRules.Type)));

        // From the next drawing on.
        site.Cluster.IsDatacenterRead = true;
        site.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.True((await site.Capacities.FindAsync(lease.Id, default))!.Fits);
        Assert.NotNull((await site.QuoteAsync(site.Request(2, 1))).Offer);
        await site.Reporter.PassAsync(default);
        Assert.Contains(site.Cluster.Report.Conditions, c => c is { Type: StorageRules.Type, Reason: "Named" });
    }
}
