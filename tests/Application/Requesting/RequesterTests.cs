using System.Collections.Concurrent;
using System.Numerics;
using System.Text.Json;
using Federation.Application.Ports;
using Federation.Application.Requesting;
using Federation.Application.Telemetry;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Requesting;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Requesting;
using Microsoft.Extensions.Logging;

namespace Federation.Application.Tests.Requesting;

public sealed class RequesterTests
{
    private readonly TenantWorld world = new();

    [Fact]
    public async Task Request_IsServedByTheTwoCheapest_AndRefundedWhenItIsDeleted()
    {
        var requester = world.Operator();
        await world.RunAsync(requester, 8);
        Assert.Equal((ConditionStatus.True, "Serving"), (world.Condition("Ready").Status, world.Condition("Ready").Reason));
        Assert.Equal(["0xb", "0xc"], world.Leases.Select(l => l.Terms.Provider).Order());
        Assert.Equal(["http://0xb", "http://0xc"], world.Last.Purchases.SelectMany(p => p.Endpoints).Order());
        Assert.Equal(TimeSpan.FromSeconds(30), world.Last.NextLook);
        Assert.Equal(2, world.Sent.Count);

        world.Demand = world.Demand with { IsDeleted = true };
        await world.RunAsync(requester, 1);
        Assert.False(world.Last.IsSettled);
        Assert.Equal("Deleted", world.Condition("Ready").Reason);
        await world.RunAsync(requester, 20);
        Assert.True(world.Last.IsSettled);
        Assert.All(world.Leases, l => Assert.Equal((LeaseState.Closed, BigInteger.Zero), (l.Lease.State, l.Lease.Escrow)));
    }

    // Who sends and who delivers know of no lease: theirs are the lines that need it.
    [Fact]
    public async Task WhatIsLoggedWhileALeaseIsServed_CarriesIt_AndOnlyThat()
    {
        var log = new ScopedLog();
        world.Says = what => log.LogInformation("{What}", what);
        await world.RunAsync(world.Operator(log: log), 8);
        string[] leases = [.. world.Sent.Select(i => $"{i.Lease}").Distinct()];
        Assert.Equal(2, leases.Length);
        foreach (var lease in leases)
        {
            Assert.Contains(log.Lines, l => l == ($"sends for {lease}", lease));
            Assert.Contains(log.Lines, l => l == ($"delivers to {lease}", lease));
            Assert.Contains(log.Lines, l => l == ($"default/web: MatchIntent {lease}", lease));
            // Both are under way at once, and neither is in the other's scope.
            Assert.All(log.Lines.Where(l => l.Lease == lease), l => Assert.EndsWith(lease, l.Text, StringComparison.Ordinal));
        }

        Assert.Contains(log.Lines, l => l.Text.Contains("goes to 0xc", StringComparison.Ordinal) && l.Lease.Length == 0);
    }

    // Every call of every port, before and after its effect.
    [Fact]
    public async Task KilledAtAnyCall_BuysTheSame_AndEndsTheSame()
    {
        var kills = 0;
        for (var point = 1; ; point++)
        {
            var one = new TenantWorld();
            one.Gate.KillAt(point);
            var requester = one.Operator();
            var killed = false;
            for (var i = 0; i < 40; i++)
            {
                try
                {
                    await one.PassAsync(requester);
                }
                catch (KilledException)
                {
                    killed = true;
                    one.Gate.Restart();
                    requester = one.Operator();
                }

                one.Live(10);
                if (i == 15)
                {
                    Assert.Equal((point, ConditionStatus.True), (point, one.Condition("Ready").Status));
                    Assert.Equal((point, 2), (point, one.Leases.Count(l => l.Lease.State == LeaseState.Active)));
                    one.Demand = one.Demand with { IsDeleted = true };
                }
            }

            Assert.True(one.Last.IsSettled, $"killed at {point}: {one.Last.Record.Book.Purchases.Count} purchases are left");
            Assert.Equal((point, 2), (point, one.Leases.Count));
            Assert.All(one.Leases, l => Assert.Equal(LeaseState.Closed, l.Lease.State));
            // Whoever died before it could say so: the next one does, once.
            Assert.Equal((point, string.Join(' ', one.Journal.Select(t => t.Hash).Order())), (point, string.Join(' ', one.Saved.Transactions.Select(t => t.Hash).Order())));
            if (!killed) break;
            kills++;
        }

        Assert.True(kills > 30, $"{kills} points only");
    }

    [Fact]
    public async Task WhatCannotBeWrittenDown_IsNotSent()
    {
        world.IsReadOnly = true;
        await Assert.ThrowsAsync<ClusterException>(() => world.PassAsync(world.Operator()));
        Assert.Empty(world.Sent);
        Assert.Empty(world.Leases);
    }

    [Fact]
    public async Task SilentDatacenter_IsReplaced_AndItsLeaseClosed()
    {
        world.Demand = world.Demand with { Failover = new FailoverPolicy(60, 90, 3) };
        var requester = world.Operator();
        await world.RunAsync(requester, 8);
        world.Silent.Add("0xc");
        await world.RunAsync(requester, 20);

        Assert.Equal(ConditionStatus.True, world.Condition("Ready").Status);
        Assert.Equal(["0xa", "0xb"], world.Leases.Where(l => l.Lease.State == LeaseState.Active).Select(l => l.Terms.Provider).Order());
        Assert.Equal(CloseReason.Tenant, world.Leases.Single(l => l.Terms.Provider == "0xc").Lease.Reason);
        // It settles nothing any more: the tenant ends it alone, when its time to submit is over.
        await world.RunAsync(requester, 20, seconds: 100);
        Assert.Equal(LeaseState.Closed, world.Leases.Single(l => l.Terms.Provider == "0xc").Lease.State);
        Assert.Equal(2, world.Last.Record.Book.Purchases.Count);
        Assert.Equal(3, world.Leases.Count);
    }

    [Fact]
    public async Task WithoutAPolicy_NothingIsReplaced()
    {
        var requester = world.Operator();
        await world.RunAsync(requester, 8);
        world.NotReady.Add("0xc");
        await world.RunAsync(requester, 50);
        Assert.Equal(ConditionStatus.False, world.Condition("Ready").Status);
        Assert.Equal(2, world.Leases.Count);
    }

    [Fact]
    public async Task ChangedWorkload_GoesOnChainAndIsDelivered()
    {
        var requester = world.Operator();
        await world.RunAsync(requester, 8);
        world.Demand = world.Demand with { Workload = Some.OtherWorkload, Generation = 2 };
        await world.RunAsync(requester, 6);
        Assert.All(world.Leases, l => Assert.Equal(Some.HashOf(Some.OtherWorkload), l.Terms.SpecHash));
        Assert.All(world.Delivered.Values, hash => Assert.Equal(Some.HashOf(Some.OtherWorkload), hash));
        Assert.Equal(ConditionStatus.True, world.Condition("Ready").Status);
    }

    [Fact]
    public async Task InvalidWorkload_IsSaid_AndWhatRunsGoesOn()
    {
        var requester = world.Operator();
        await world.RunAsync(requester, 8);
        world.Demand = world.Demand with { Workload = JsonDocument.Parse("""{"services":[{"name":"web"}]}""").RootElement, Generation = 2, Replicas = 3 };
        await world.RunAsync(requester, 6);
        Assert.Equal("WorkloadInvalid", world.Condition("Ready").Reason);
        Assert.Contains("services[0]", world.Condition("Ready").Message, StringComparison.Ordinal);
        Assert.Equal(2, world.Leases.Count(l => l.Lease.State == LeaseState.Active));
    }

    [Fact]
    public async Task Terms_AreRenewed_ByTheDatacentersSignature()
    {
        world.Demand = world.Demand with { Renew = new RenewPolicy(600), Replicas = 1 };
        var requester = world.Operator();
        await world.RunAsync(requester, 60, seconds: 100);
        Assert.Equal(LeaseState.Active, Assert.Single(world.Leases).Lease.State);
        Assert.Equal(0u, world.Leases[0].Terms.DurationSeconds % 3600);
        Assert.True(world.Leases[0].Terms.DurationSeconds >= 7200);
        Assert.Equal(ConditionStatus.True, world.Condition("Ready").Status);
    }

    // What is signed and may be mined is wanted as it was; what was refused is open again.
    [Fact]
    public async Task TopUpThatTheWalletCannotPay_IsSaid_HoldsUpNothing_AndIsLoweredByThePolicy()
    {
        world.Demand = world.Demand with { Replicas = 1, Deposit = 10_000, TopUp = new TopUpPolicy(1_000_000, 30_000, 40_000) };
        var requester = world.Operator();
        await world.RunAsync(requester, 1);
        world.IsWalletEmpty = true;
        await world.RunAsync(requester, 5);
        Assert.Equal((ConditionStatus.True, "Serving"), (world.Condition("Ready").Status, world.Condition("Ready").Reason));
        Assert.Equal((ConditionStatus.False, "EscrowLow"), (world.Condition("Funded").Status, world.Condition("Funded").Reason));
        Assert.Contains("InsufficientBalance", world.Condition("Funded").Message, StringComparison.Ordinal);
        Assert.Equal(10_000, world.Saved.Book.Purchases.Single().Funded);

        // Another workload goes its way, and so does a smaller sum.
        world.Demand = world.Demand with { Workload = Some.OtherWorkload, Generation = 2 };
        await world.RunAsync(requester, 6);
        Assert.Equal(Some.HashOf(Some.OtherWorkload), Assert.Single(world.Delivered.Values));
        world.Demand = world.Demand with { TopUp = new TopUpPolicy(1_000_000, 7, 10_007), Generation = 3 };
        world.IsWalletEmpty = false;
        await world.RunAsync(requester, 4);
        Assert.Equal(10_007, world.Leases.Single().Lease.Given);
    }

    [Fact]
    public async Task TermThatIsOver_Finishes()
    {
        world.Demand = world.Demand with { Replicas = 1 };
        var requester = world.Operator();
        // Its datacenter does not close it: the tenant does.
        await world.RunAsync(requester, 80, seconds: 100);

        Assert.Equal((ConditionStatus.True, "Refunded"), (world.Condition("Finished").Status, world.Condition("Finished").Reason));
        Assert.Equal("TermOver", world.Condition("Ready").Reason);
        Assert.Single(world.Leases);
    }

    [Fact]
    public async Task Nobody_ToAsk_OrNobodyWhoOffers_IsSaidWithTheReasons_AndNotAskedWithoutPause()
    {
        world.Demand = world.Demand with { Placement = world.Demand.Placement with { Deny = ["0xa"], Regions = ["region-0xa"] } };
        var requester = world.Operator();
        await world.PassAsync(requester);
        Assert.Equal("NoDatacenter", world.Condition("Bought").Reason);
        Assert.Contains("2 OtherRegion, 1 Denied", world.Condition("Bought").Message, StringComparison.Ordinal);

        world.Demand = world.Demand with { Placement = PlacementRules.None, Most = world.Demand.Most with { Prices = Some.Prices with { Cpu = 1 } }, Generation = 2 };
        world.Silent.Add("0xc");
        await world.PassAsync(requester);
        Assert.Equal("NoQuote", world.Condition("Ready").Reason);
        Assert.Contains("2 PriceAboveMaximum (cpu ", world.Condition("Ready").Message, StringComparison.Ordinal);
        Assert.Contains("1 NoAnswer", world.Condition("Ready").Message, StringComparison.Ordinal);
        var asked = world.Asked;
        await world.PassAsync(requester);
        Assert.Equal(asked, world.Asked);
        Assert.Empty(world.Leases);
    }

    [Fact]
    public async Task ChainThatIsAway_StopsBuying_AndEndsNothing()
    {
        var requester = world.Operator();
        await world.RunAsync(requester, 8);
        world.Chain.IsDown = true;
        world.Demand = world.Demand with { Replicas = 1 };
        await world.PassAsync(requester);
        Assert.Equal((ConditionStatus.Unknown, "ChainUnreadable"), (world.Condition("Ready").Status, world.Condition("Ready").Reason));
        Assert.Equal(2, world.Last.Record.Book.Purchases.Count);
    }

    [Fact]
    public async Task RegistryThatIsUnread_StopsAsking_AndNothingElse()
    {
        world.Demand = world.Demand with { Replicas = 1 };
        var requester = world.Operator();
        await world.RunAsync(requester, 8);
        world.Demand = world.Demand with { Replicas = 2, Workload = Some.OtherWorkload, Generation = 2 };
        world.IsDirectoryDown = true;
        await world.RunAsync(requester, 6);
        Assert.Equal("DirectoryUnreadable", world.Condition("Bought").Reason);
        Assert.Equal(Some.HashOf(Some.OtherWorkload), Assert.Single(world.Delivered.Values));
        world.Demand = world.Demand with { Replicas = 0, Generation = 3 };
        await world.RunAsync(requester, 6);
        Assert.Equal(CloseReason.Tenant, Assert.Single(world.Leases).Lease.Reason);
    }

    [Fact]
    public async Task RecordOfALeaseThatIsNotItsOrders_EndsNothing_AndIsSaid()
    {
        var requester = world.Operator();
        await world.RunAsync(requester, 8);
        var record = world.Saved;
        var (mine, other) = (record.Book.Purchases[0], record.Book.Purchases[1]);
        var forged = record with { Orders = new Dictionary<LeaseId, OrderRecord>(record.Orders) { [mine.Id] = record.Orders[other.Id] } };
        world.Demand = world.Demand with { IsDeleted = true };
        var sent = world.Sent.Count;
        var report = await requester.PassAsync(world.Demand, forged, world, default);
        Assert.All(report.Conditions, c => Assert.Equal("RecordForeign", c.Reason));
        Assert.Equal((sent, false), (world.Sent.Count, report.IsSettled));
    }

    [Fact]
    public async Task DeletedRequest_IsClosed_WithoutAskingItsDatacenters()
    {
        var requester = world.Operator();
        await world.RunAsync(requester, 8);
        world.Demand = world.Demand with { IsDeleted = true };
        world.Looked = 0;
        await world.RunAsync(requester, 4);
        Assert.Equal(0, world.Looked);
        Assert.All(world.Leases, l => Assert.Equal(CloseReason.Tenant, l.Lease.Reason));
    }

    [Fact]
    public async Task CheapestOffer_ThatTheContractDoesNotTake_IsPassedOver_BeforeItIsOrdered()
    {
        world.Demand = world.Demand with { Replicas = 1 };
        world.Liars.Add("0xc");
        await world.PassAsync(world.Operator());
        Assert.Equal("0xb", Assert.Single(world.Leases).Terms.Provider);
        Assert.Single(world.Saved.Book.Purchases);
    }

    [Fact]
    public async Task WalletThatIsShort_OrdersNothing_AndBlamesNobody()
    {
        world.IsWalletEmpty = true;
        await world.PassAsync(world.Operator());
        Assert.Equal("WalletShort", world.Condition("Bought").Reason);
        Assert.Empty(world.Last.Record.Book.Purchases);
        Assert.Empty(world.Last.Record.Book.Avoided);
    }

    [Fact]
    public async Task AHundredDatacenters_AreAskedAtOnce_AndThoseThatHangAreNotWaitedFor()
    {
        for (var i = 0; i < 100; i++) world.Datacenters[$"0x{i:d3}"] = 500_000 + i;
        var (running, most, answered) = (0, 0, 0);
        world.BeforeAnswer = async (provider, cancellation) =>
        {
            if (Interlocked.Increment(ref running) is var now) most = Math.Max(most, now);
            // One in ten never answers.
            if (provider.EndsWith('7')) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
            await Task.Yield();
            Interlocked.Decrement(ref running);
            Interlocked.Increment(ref answered);
        };
        world.Demand = world.Demand with { Replicas = 1 };
        var pass = world.PassAsync(world.Operator());
        // Once all others have, the time to answer is over.
        while (Volatile.Read(ref answered) < world.Datacenters.Count - 10 || Volatile.Read(ref running) < 10) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        world.Clock.Advance(TimeSpan.FromSeconds(4));
        await pass;
        Assert.Equal("0x000", Assert.Single(world.Leases).Terms.Provider);
        Assert.InRange(most, 10, 64);
    }

    // Identities cost little: those that stall, asked first, would else take the time of all others.
    [Fact]
    public async Task AskersTime_BeginsWhenADatacenterIsAsked()
    {
        for (var i = 0; i < 64; i++) world.Datacenters[$"0x{i:d3}"] = 500_000 + i;
        var stalled = 0;
        world.BeforeAnswer = async (provider, cancellation) =>
        {
            if (provider.Length != 5) return;
            Interlocked.Increment(ref stalled);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
        };
        world.Demand = world.Demand with { Replicas = 1 };
        var pass = world.PassAsync(world.Operator());
        while (Volatile.Read(ref stalled) < 64) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        world.Clock.Advance(TimeSpan.FromSeconds(3));
        await pass.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
        Assert.Equal("0xc", Assert.Single(world.Leases).Terms.Provider);
    }

    /// <summary>Each line, with the lease that it is about.</summary>
    private sealed class ScopedLog : ILogger<Requester>
    {
        private readonly LoggerExternalScopeProvider scopes = new();

        public ConcurrentQueue<(string Text, string Lease)> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => scopes.Push(state);

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var about = new List<string>();
            scopes.ForEachScope((scope, all) => all.AddRange(((LeaseScope)scope!).Where(p => p.Key == LeaseScope.Lease).Select(p => $"{p.Value}")), about);
            Lines.Enqueue((formatter(state, exception), string.Join(' ', about)));
        }
    }
}
