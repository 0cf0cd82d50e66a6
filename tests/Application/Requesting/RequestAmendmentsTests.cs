using Federation.Application.Ports;
using Federation.Domain.Pricing;
using Federation.Domain.Requesting;
using Federation.Domain.Settlement;
using Federation.Domain.Usage;
using Federation.Testing.Chain;
using Federation.Testing.Requesting;

namespace Federation.Application.Tests.Requesting;

/// <summary>What a tenant's operator countersigns by itself, and what not.</summary>
public sealed class RequestAmendmentsTests
{
    private readonly TenantWorld world = new();

    // Who sends an amendment countersigns its usage: it is paid at once, and nobody can dispute it.
    [Theory]
    [InlineData(100, null, 0, "UsageUnseen")]
    [InlineData(100, 99, 0, "status says 99")]
    [InlineData(900_000_000, 900_000_000, 0, "what is reserved comes to")]
    [InlineData(100, 100, 1_000_000, "claims to have measured until")]
    public async Task UsageThatNobodyHasSeen_IsNotCountersigned(int claimed, int? shown, int ahead, string said)
    {
        world.Demand = world.Demand with { Renew = new RenewPolicy(600), Replicas = 1 };
        world.Claimed = UsageVector.Zero with { CpuMilliSeconds = (ulong)claimed };
        world.Shown = shown is { } s ? UsageVector.Zero with { CpuMilliSeconds = (ulong)s } : null;
        if (ahead > 0) world.ClaimedThrough = world.Clock.NowSeconds + ahead;
        var requester = world.Operator();
        await world.RunAsync(requester, 34, seconds: 100);
        Assert.Empty(world.Sent.OfType<AmendIntent>());
        Assert.Equal("NotRenewed", world.Condition("Renewed").Reason);
        Assert.Contains(said, world.Condition("Renewed").Message, StringComparison.Ordinal);
    }

    // Nobody could dispute it: a lease without an arbiter.
    [Fact]
    public async Task UsageThatTheStatusShows_IsCountersigned()
    {
        world.Demand = world.Demand with { Renew = new RenewPolicy(600), Replicas = 1 };
        world.Claimed = UsageVector.Zero with { CpuMilliSeconds = 100 };
        world.Shown = world.Claimed;
        await world.RunAsync(world.Operator(), 34, seconds: 100);
        Assert.NotEmpty(world.Sent.OfType<AmendIntent>());
    }

    // As the samples have it: a term, at a datacenter that sells no longer one.
    [Fact]
    public async Task DatacenterThatSellsNoLongerTerm_MakesItLongerByWhatIsOver_AgainAndAgain()
    {
        world.Demand = world.Demand with { Renew = new RenewPolicy(600), Replicas = 1 };
        world.LongestFromNow = world.Demand.DurationSeconds;
        await world.RunAsync(world.Operator(), 120, seconds: 100);
        var asked = world.Sent.OfType<AmendIntent>().Select(a => a.Amendment.Terms.New.DurationSeconds).Distinct().ToArray();
        Assert.True(asked.Length >= 3, string.Join(", ", asked));
        Assert.True(world.Leases.Single().Terms.DurationSeconds > 3 * world.Demand.DurationSeconds);
        Assert.Equal("Renewed", world.Condition("Renewed").Reason);
    }

    // Who has an arbiter gives the dispute up by countersigning: full load in the status is the datacenter's word as the claim is.
    [Theory]
    [InlineData(null, 0, "UsageUnproved", "The datacenter shows none.")]
    [InlineData(50, 0, "UsageInvalid", "by its evidence until")]
    [InlineData(6_990, 0, "", "")]
    [InlineData(50, 7_300, "UsageUnproved", "shows ends at")]
    public async Task UsageThatCouldBeDisputed_IsCountersignedByItsEvidenceAlone(int? seconds, int olderBy, string reason, string said)
    {
        var now = await ClaimFullLoadAsync("0xarbiter", seconds, olderBy);
        Assert.Equal(reason.Length == 0, world.Sent.OfType<AmendIntent>().Any());
        if (reason.Length == 0) return;
        Assert.Equal("NotRenewed", world.Condition("Renewed").Reason);
        Assert.Contains($"{reason}: ", world.Condition("Renewed").Message, StringComparison.Ordinal);
        Assert.Contains(said, world.Condition("Renewed").Message, StringComparison.Ordinal);

        // It is asked again, and what it shows then counts.
        world.Evidence = Measured(6_990, now);
        await world.RunAsync(world.Operator(), 2, seconds: 10);
        Assert.NotEmpty(world.Sent.OfType<AmendIntent>());
    }

    // The last settlement names none, and what is shown ends before it: time at full load that nobody has seen.
    [Fact]
    public async Task EvidenceThatEndsBeforeTheLastSettlement_StandsForNothing()
    {
        await ClaimFullLoadAsync("0xarbiter", null, 0);
        var id = world.Saved.Book.Purchases.Single().Id;
        var settled = new Receipt(id, 1, world.Clock.NowSeconds - 100, Load(50), 0, Receipt.NoEvidence, false);
        Assert.True(world.Chain.TryTransact(id, (s, t) => LeaseContract.Settle(s, settled, t)));
        world.Evidence = Measured(50, world.Clock.NowSeconds - 101);
        world.ClaimedThrough = world.Clock.NowSeconds - 50;
        world.Claimed = Load(100);
        var requester = world.Operator();
        await world.RunAsync(requester, 2, seconds: 10);
        Assert.Empty(world.Sent.OfType<AmendIntent>());
        Assert.Contains("UsageUnproved: ", world.Condition("Renewed").Message, StringComparison.Ordinal);
        world.Evidence = Measured(50, world.Clock.NowSeconds - 50);
        await world.RunAsync(requester, 2, seconds: 10);
        Assert.NotEmpty(world.Sent.OfType<AmendIntent>());
    }

    // Without an arbiter evidence need not be there; what is there is believed before the status.
    [Fact]
    public async Task EvidenceThatSpeaksAgainstTheClaim_IsHeard_WithoutAnArbiterToo()
    {
        var now = await ClaimFullLoadAsync("", 50, 0);
        Assert.Empty(world.Sent.OfType<AmendIntent>());
        Assert.Contains("by its evidence until", world.Condition("Renewed").Message, StringComparison.Ordinal);
        world.Evidence = new ShownUsage(null, "The evidence does not hold.") { IsFalse = true };
        await world.RunAsync(world.Operator(), 2, seconds: 10);
        Assert.Empty(world.Sent.OfType<AmendIntent>());
        Assert.Contains("UsageUnproved: ", world.Condition("Renewed").Message, StringComparison.Ordinal);
        world.Evidence = new ShownUsage(null, "The datacenter does not hand over the window.");
        await world.RunAsync(world.Operator(), 2, seconds: 10);
        Assert.NotEmpty(world.Sent.OfType<AmendIntent>());
    }

    // Up to where a longer term is due, with full load claimed and written into the status.
    private async Task<long> ClaimFullLoadAsync(string arbiter, int? measured, int olderBy)
    {
        world.Demand = world.Demand with { Renew = new RenewPolicy(600), Replicas = 1, Arbiter = arbiter, DurationSeconds = 9_000 };
        var requester = world.Operator();
        await world.RunAsync(requester, 84, seconds: 100);
        Assert.Empty(world.Sent.OfType<AmendIntent>());
        var now = world.Clock.NowSeconds;
        // It runs for longer: by what is reserved nobody can say no.
        world.Claimed = world.Shown = Load(7_000);
        (world.ClaimedThrough, world.Evidence) = (now - 60, measured is { } seconds ? Measured(seconds, now - 60 - olderBy) : ShownUsage.None);
        await world.RunAsync(requester, 4, seconds: 100);
        return now - 60;
    }

    private UsageVector Load(int seconds) => UsageVector.Zero with { CpuMilliSeconds = (ulong)(world.Leases.Single().Terms.Resources.CpuMilli * seconds) };

    private ShownUsage Measured(int seconds, long through) => new(UsagePosition.StartingAt(through * 1_000) with { CpuNanoSeconds = (UInt128)Load(seconds).CpuMilliSeconds * 1_000_000 }, null);

    // What was paid already would be charged again, at the prices of the new term.
    [Theory]
    [InlineData(500_000, 1, "")]
    [InlineData(500_000, 2, "")]
    [InlineData(400_000, 1, "charged twice")]
    [InlineData(0, 2, "charged twice")]
    public async Task LessUsageThanWasSettled_IsNotCountersigned(int claimed, int times, string said)
    {
        world.Demand = world.Demand with { Renew = new RenewPolicy(600), Replicas = 1 };
        world.Claimed = UsageVector.Zero with { CpuMilliSeconds = (ulong)claimed };
        world.Shown = UsageVector.Zero with { CpuMilliSeconds = 500_000 };
        world.Amended = t => t with { Prices = t.Prices with { Cpu = t.Prices.Cpu * times } };
        var requester = world.Operator();
        await world.RunAsync(requester, 20, seconds: 100);
        var id = world.Saved.Book.Purchases.Single().Id;
        var settled = new Receipt(id, 1, world.Clock.NowSeconds - 200, world.Shown, 0, Receipt.NoEvidence, false);
        Assert.True(world.Chain.TryTransact(id, (s, t) => LeaseContract.Settle(s, settled, t)));
        Assert.True(world.Chain.Find(id)!.Lease.Claimed > 0);
        world.ClaimedThrough = world.Clock.NowSeconds;
        await world.RunAsync(requester, 14, seconds: 100);
        Assert.Equal(said.Length == 0, world.Sent.OfType<AmendIntent>().Any());
        if (said.Length > 0) Assert.Contains(said, world.Condition("Renewed").Message, StringComparison.Ordinal);
    }
}
