using System.Numerics;
using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Requesting;
using Federation.Domain.Settlement;
using Federation.Testing.Builders;
using Federation.Testing.Chain;
using Federation.Testing.Requesting;

namespace Federation.Application.Tests.Requesting;

/// <summary>What a tenant reads of its request: what it paid, what was sent for it, and why it stands where it stands.</summary>
public sealed class RequestHistoryTests
{
    private readonly TenantWorld world = new();

    private RequestBook Book => world.Saved.Book;

    [Fact]
    public async Task Spent_IsWhatAllLeasesWereClaimed_OverFailoverAndRestarts_AndEscrowWhatIsHeld()
    {
        world.Demand = world.Demand with { Replicas = 1, Failover = new FailoverPolicy(60, 90, 3) };
        await world.RunAsync(world.Operator(), 8);
        Settle("0xc");
        await world.PassAsync(world.Operator());
        var first = Claimed("0xc");
        Assert.True(first > 0);
        Assert.Equal((first, Some.Deposit - first, 0), (Book.Spent, Book.Held, Book.SpentEarlier));

        // Its datacenter falls silent: another lease serves, and the first one ends on chain alone.
        world.Silent.Add("0xc");
        await world.RunAsync(world.Operator(), 20);
        Settle("0xb");
        await world.RunAsync(world.Operator(), 20, seconds: 100);
        var second = Claimed("0xb");
        Assert.True(second > 0);
        Assert.Equal("0xb", Assert.Single(Book.Purchases).Place.Provider);
        Assert.Equal((first, first + second, Some.Deposit - second), (Book.SpentEarlier, Book.Spent, Book.Held));

        // Another process, another spec: it stays.
        world.Demand = world.Demand with { Generation = 2, Failover = null };
        await world.RunAsync(world.Operator(), 2);
        Assert.Equal(first + second, Book.Spent);
        world.Demand = world.Demand with { IsDeleted = true };
        await world.RunAsync(world.Operator(), 30, seconds: 100);
        Assert.True(world.Last.IsSettled);
        Assert.Equal((first + second, 0), (Book.Spent, Book.Held));
    }

    [Fact]
    public async Task ChainThatIsAway_LeavesWhatWasLastSeen()
    {
        var requester = world.Operator();
        await world.RunAsync(requester, 8);
        Settle("0xc");
        await world.PassAsync(requester);
        var (spent, held) = (Book.Spent, Book.Held);
        world.Chain.IsDown = true;
        await world.PassAsync(world.Operator());
        Assert.Equal((spent, held), (world.Last.Record.Book.Spent, world.Last.Record.Book.Held));
        Assert.True(spent > 0);
    }

    [Fact]
    public async Task EveryTransaction_IsTold_WithWhatItWasFor()
    {
        world.Demand = world.Demand with { Replicas = 1, Deposit = 10_000, TopUp = new TopUpPolicy(1_000_000, 30_000, 40_000) };
        var requester = world.Operator();
        await world.RunAsync(requester, 6);
        world.Demand = world.Demand with { Workload = Some.OtherWorkload, Generation = 2 };
        await world.RunAsync(requester, 4);
        world.Demand = world.Demand with { DurationSeconds = 7200, Generation = 3 };
        await world.RunAsync(requester, 4);
        world.Demand = world.Demand with { IsDeleted = true };
        await world.RunAsync(requester, 2);
        Assert.Equal(
            [PurchaseAction.Match, PurchaseAction.TopUp, PurchaseAction.AmendSpec, PurchaseAction.Amend, PurchaseAction.Close],
            world.Saved.Transactions.Select(t => t.Action));
        Assert.Equal(world.Journal, world.Saved.Transactions);
    }

    [Fact]
    public async Task TransactionsOfAPassThatCouldNotBeWritten_AreToldByTheNext()
    {
        world.Demand = world.Demand with { Replicas = 1 };
        world.Says = what => world.IsReadOnly |= what.StartsWith("sends", StringComparison.Ordinal);
        var requester = world.Operator();
        await Assert.ThrowsAsync<ClusterException>(() => world.PassAsync(requester));
        Assert.Empty(world.Saved.Transactions);
        (world.Says, world.IsReadOnly) = (null, false);
        world.Live(10);
        await world.PassAsync(requester);
        Assert.Equal(PurchaseAction.Match, Assert.Single(world.Saved.Transactions).Action);
        Assert.Equal(world.Journal, world.Saved.Transactions);
    }

    [Fact]
    public async Task Choice_IsToldWithPricesAndReasons_TheChosenFirst()
    {
        world.Demand = world.Demand with { Replicas = 1, Placement = PlacementRules.None with { Deny = ["0xd"] } };
        world.Datacenters["0xd"] = 1;
        world.Datacenters["0xe"] = 1_000_004;
        world.Silent.Add("0xb");
        world.Liars.Add("0xc");
        await world.PassAsync(world.Operator());
        var choice = Assert.Single(world.Saved.Comparisons);
        Assert.Equal((0, 0), (choice.Slot, choice.Others));
        Assert.Equal(["0xa", "0xc", "0xe", "0xb", "0xd"], choice.Quotes.Select(q => q.Provider));
        Assert.Equal(["", "OfferInvalid", "PriceAboveMaximum", "NoAnswer", "Denied"], choice.Quotes.Select(q => q.Reason));
        Assert.Equal([true, false, false, false, false], choice.Quotes.Select(q => q.IsChosen));
        Assert.Equal([true, true, true, false, false], choice.Quotes.Select(q => q.Price is not null));
        Assert.Contains("StakeTooLow", choice.Quotes[1].Message, StringComparison.Ordinal);
        Assert.Equal("cpu 1000004, at most 1000003", choice.Quotes[2].Message);
        // It stays until the next choice, whoever looks.
        await world.RunAsync(world.Operator(), 3);
        Assert.Equal(choice, Assert.Single(world.Saved.Comparisons));
    }

    [Fact]
    public async Task Choice_AmongManyDatacenters_HasAMost()
    {
        for (var i = 0; i < 100; i++) world.Datacenters[$"0x{i:d3}"] = 500_000 + i;
        await world.PassAsync(world.Operator());
        Assert.Equal(2, world.Saved.Comparisons.Count);
        Assert.All(world.Saved.Comparisons, c => Assert.Equal((Comparison.Most, 103 - Comparison.Most), (c.Quotes.Count, c.Others)));
        Assert.Equal(["0x000", "0x001"], world.Saved.Comparisons.Select(c => c.Quotes[0].Provider));
    }

    [Fact]
    public async Task DatacenterThatCreditsLess_IsNotChosen_AndWhereNoneCreditsEnough_ThatIsSaid()
    {
        (world.Credits["0xc"], world.Credits["0xb"], world.Credits["0xa"]) = (4_999, 0, 9_000);
        world.Demand = world.Demand with { Replicas = 1, Most = world.Demand.Most with { MinDowntimeBps = 5_000 } };
        var requester = world.Operator();
        await world.RunAsync(requester, 2);
        var lease = Assert.Single(world.Leases);
        Assert.Equal(("0xa", (ushort)9_000), (lease.Terms.Provider, lease.Terms.DowntimeBps));
        Assert.Equal(5_000, Assert.IsType<MatchIntent>(world.Sent.First()).Request.MinDowntimeBps);
        Assert.Equal(["", QuoteChoice.CreditTooLow, QuoteChoice.CreditTooLow], world.Saved.Comparisons[0].Quotes.Select(q => q.Reason));

        world.Demand = world.Demand with { Replicas = 2, Generation = 2 };
        await world.PassAsync(requester);
        Assert.Equal("NoQuote", world.Condition("Bought").Reason);
        Assert.Contains("2 DowntimeCreditTooLow (a second of downtime is credited with ", world.Condition("Bought").Message, StringComparison.Ordinal);
        Assert.Contains("at least 50 % has to be", world.Condition("Bought").Message, StringComparison.Ordinal);
        Assert.Single(world.Leases);
    }

    // An amendment leaves the credit as it is: a datacenter that sells with less today is asked all the same, and a lease with less than is asked for now is not made longer.
    [Theory]
    [InlineData(5_000, true)]
    [InlineData(5_001, false)]
    public async Task LeaseThatCreditsLessThanIsAskedForNow_IsNotMadeLonger(int least, bool isRenewed)
    {
        world.Demand = world.Demand with { Replicas = 1 };
        var requester = world.Operator();
        await world.RunAsync(requester, 8);
        world.Credits["0xc"] = 0;
        world.Demand = world.Demand with { Renew = new RenewPolicy(600), Most = world.Demand.Most with { MinDowntimeBps = (ushort)least }, Generation = 2 };
        await world.RunAsync(requester, 34, seconds: 100);
        Assert.Equal(isRenewed, world.Sent.OfType<AmendIntent>().Any());
        if (isRenewed) return;
        Assert.Equal("NotRenewed", world.Condition("Renewed").Reason);
        Assert.Contains("DowntimeCreditTooLow: ", world.Condition("Renewed").Message, StringComparison.Ordinal);
        Assert.Contains("no amendment changes that", world.Condition("Renewed").Message, StringComparison.Ordinal);
    }

    private BigInteger Claimed(string provider) => world.Leases.Single(l => l.Terms.Provider == provider).Lease.Claimed;

    // Its receipt until now, at full load.
    private void Settle(string provider)
    {
        var (id, stored) = world.Chain.Blocks.Latest.Leases.Single(l => l.Value.Terms.Provider == provider);
        var usage = UsageVector.Zero with { CpuMilliSeconds = 1_000_000_000_000 };
        Assert.True(world.Chain.TryTransact(id, (s, time) => LeaseContract.Settle(s, new Receipt(id, s.Lease.Seq + 1, time, usage, 0, Receipt.NoEvidence, false), time)));
        Assert.Equal(LeaseState.Active, stored.Lease.State);
    }
}
