using Federation.Application.Ports;
using Federation.Chain.Tests.Support;
using Federation.Domain.Leases;
using Federation.Proxies;
using Federation.Proxies.Common;
using Federation.Proxies.Rpc;

namespace Federation.Chain.Tests.Faults;

/// <summary>Rows 2, 3, 14 to 17 and 20 of the fault matrix, on the real contracts.</summary>
public sealed class ChainFaultTests
{
    // Rows 2 and 3: between signing and sending, and between sending and the receipt.
    [Fact]
    public async Task KilledAtAnyTransaction_NoneIsSentTwice()
    {
        await using var world = await ChainWorld.OpenAsync(finality: 3);
        var calm = await TellAsync(world, int.MaxValue, applied: false);
        Assert.True(calm >= 4, $"The story sends only {calm} transactions.");
        for (var k = 1; k <= Math.Min(calm, 4); k++)
            foreach (var applied in (bool[])[false, true])
            {
                var restarts = world.Restarts;
                await TellAsync(world, k, applied);
                Assert.Equal(restarts + 1, world.Restarts);
            }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    public async Task Reorg_TakesTheOpenAway_TornDownAndUnbilled(uint depth)
    {
        const uint Finality = 70;
        await using var world = await ChainWorld.OpenAsync(Finality);
        var stays = await world.MatchAsync();
        await world.UntilRunningAsync(stays);
        var goes = await world.MatchAsync();
        // A step is a block, and one more for each transaction.
        await world.StepAsync();
        ulong head;
        while ((head = await world.Market.Anvil.Client.GetBlockNumberAsync()) - goes.Block + 1 < depth) await world.StepAsync();
        Assert.True(world.Cluster.Spaces.ContainsKey(goes.Id));
        await world.ReorgAsync(head - goes.Block + 1);
        Assert.Equal(LeaseState.None, (await world.ReadAsync(goes)).State);
        // Until the blocks that lack it are final it stays: it may come back.
        while (await world.Market.Anvil.Client.GetBlockNumberAsync() < goes.Block + Finality)
        {
            Assert.True(world.Cluster.Spaces.ContainsKey(goes.Id));
            await world.StepAsync();
        }

        for (var step = 0; step < 20 && world.Cluster.Spaces.ContainsKey(goes.Id); step++) await world.StepAsync();
        Assert.False(world.Cluster.Spaces.ContainsKey(goes.Id));
        Assert.Empty(await world.SettlementsAsync(goes));
        await world.UntilRunningAsync(stays);
        await world.CheckMoneyAsync(stays);
    }

    [Fact]
    public async Task Reorg_TakesASettlementAway_ItIsSentAgainOnce()
    {
        await using var world = await ChainWorld.OpenAsync(finality: 12);
        var lease = await world.MatchAsync();
        await world.UntilRunningAsync(lease);
        await world.UntilAsync(async () => (await world.SettlementsAsync(lease)).Count > 0 ? null : "nothing is settled", 120);
        await world.StepAsync();
        var lost = (await world.SettlementsAsync(lease))[^1];
        await world.ReorgAsync(await world.Market.Anvil.Client.GetBlockNumberAsync() - lost.Log.BlockNumber + 1);
        Assert.DoesNotContain(await world.SettlementsAsync(lease), s => s.Event.Seq == lost.Event.Seq);
        await world.UntilAsync(async () => (await world.SettlementsAsync(lease)).Any(s => s.Event.Seq == lost.Event.Seq) ? null : "it is not there again", 60);
        await world.PassAsync(120);
        await EndAsync(world, lease);
    }

    [Fact]
    public async Task LogsOmitted_IsSaid_TheCursorHolds_AndTheLeaseIsFound()
    {
        await using var world = await ChainWorld.OpenAsync(finality: 3);
        var before = await world.MatchAsync();
        await world.UntilRunningAsync(before);
        var omitting = new OmittingLogs(before.Block + 1);
        world.Proxy.Fault = omitting;
        var lease = await world.MatchAsync();
        await world.UntilAsync(() => Task.FromResult(world.ChainError?.Contains("leaves logs out", StringComparison.Ordinal) == true ? null : "nobody has noticed"), 30);
        await world.PassAsync(200);
        Assert.Contains($"block {lease.Block} ", world.ChainError, StringComparison.Ordinal);
        Assert.True(omitting.Omitted > 0);
        Assert.False(world.Cluster.Spaces.ContainsKey(lease.Id));
        Assert.True(world.Cluster.Cursor!.Block < lease.Block, $"the cursor is at {world.Cluster.Cursor.Block}, past block {lease.Block}");
        world.Proxy.Fault = Fault.None;
        await world.UntilRunningAsync(lease, 60);
        await EndAsync(world, before, lease);
    }

    /// <summary>The worst of the peers' reports: an hour without a node, and one log in ten that is not told.</summary>
    [Fact]
    public async Task NodeAwayForAnHour_ThenForgetful_AndTheOperatorRestarts_NothingIsLost()
    {
        await using var world = await ChainWorld.OpenAsync(finality: 3);
        var lease = await world.MatchAsync(3 * 3_600);
        await world.UntilRunningAsync(lease);
        await world.PassAsync(60);
        var pods = world.Cluster.Spaces[lease.Id].Pods.Select(p => p.Uid).ToArray();
        world.Proxy.Fault = new Away();
        var (nonce, writes) = (await world.NonceAsync(), world.Cluster.Writes.Count);
        await world.PassAsync(3_600);
        Assert.NotNull(world.ChainError);
        Assert.Equal((nonce, writes), (await world.NonceAsync(), world.Cluster.Writes.Count));
        Assert.Equal(pods, world.Cluster.Spaces[lease.Id].Pods.Select(p => p.Uid));

        var omitting = new OmittingLogs(each: 10);
        world.Proxy.Fault = omitting;
        var next = await world.MatchAsync(3 * 3_600);
        await world.UntilRunningAsync(next, 120);
        world.Restart();
        await world.PassAsync(300);
        Assert.True(omitting.Omitted > 0);
        Assert.Equal(pods, world.Cluster.Spaces[lease.Id].Pods.Select(p => p.Uid));
        world.Proxy.Fault = Fault.None;
        await EndAsync(world, lease, next);
    }

    [Theory]
    [InlineData("another chain", "chain 4242")]
    [InlineData("forked", "rewritten below finality")]
    [InlineData("lagging", "lags")]
    [InlineData("limited", "too many requests")]
    public async Task NodeThatIsNotToBeBelieved_StopsDecisions_NotWorkloads(string what, string says)
    {
        await using var world = await ChainWorld.OpenAsync(finality: 3);
        var lease = await world.MatchAsync();
        await world.UntilRunningAsync(lease);
        await world.PassAsync(30);
        var head = await world.Market.Anvil.Client.GetBlockNumberAsync();
        var (nonce, pods) = (await world.NonceAsync(), world.Cluster.Spaces[lease.Id].Pods);
        world.Proxy.Fault = Misbehaving(what, head);
        await world.Market.Tenant.CloseAsync(lease.Id, lease.Terms, default);
        var writes = world.Cluster.Writes.Count;
        await world.PassAsync(40);
        Assert.Contains(says, world.ChainError, StringComparison.Ordinal);
        Assert.Equal((nonce, writes), (await world.NonceAsync(), world.Cluster.Writes.Count));
        Assert.Equal(pods.Select(p => p.Uid), world.Cluster.Spaces[lease.Id].Pods.Select(p => p.Uid));

        world.Proxy.Fault = Fault.None;
        await world.StepAsync();
        Assert.Null(world.ChainError);
        await world.UntilAsync(() => Task.FromResult(world.Cluster.Spaces.TryGetValue(lease.Id, out var space) && space.Pods.Count > 0 ? "it runs" : null), 30);
        await world.PassAsync(300);
        await world.CheckPaidInFullAsync(lease);
    }

    /// <summary>To restart is what people do when a node misbehaves: the new process has heard nothing, and the fork's finalized head is past all that was known.</summary>
    [Fact]
    public async Task ForkBelowFinality_IsNotBelieved_NorAfterARestart()
    {
        await using var world = await ChainWorld.OpenAsync(finality: 3);
        var lease = await world.MatchAsync(3 * 3_600);
        await world.UntilRunningAsync(lease);
        await world.PassAsync(60);
        var pods = world.Cluster.Spaces[lease.Id].Pods.Select(p => p.Uid).ToArray();
        await world.ReorgAsync(await world.Market.Anvil.Client.GetBlockNumberAsync() - lease.Block + 1);
        Assert.Equal(LeaseState.None, (await world.ReadAsync(lease)).State);
        for (var life = 0; life < 3; life++)
        {
            await world.PassAsync(60);
            Assert.Contains("rewritten below finality", world.ChainError, StringComparison.Ordinal);
            Assert.Equal(pods, world.Cluster.Spaces[lease.Id].Pods.Select(p => p.Uid));
            world.Restart();
        }
    }

    [Theory]
    [InlineData("another chain")]
    [InlineData("forked")]
    [InlineData("lagging")]
    [InlineData("limited")]
    [InlineData("cut")]
    [InlineData("without logs")]
    [InlineData("without logs and receipts")]
    public async Task NodeThatIsNotToBeBelieved_IsLeftForAnother(string what)
    {
        await using var world = await ChainWorld.OpenAsync(finality: 3, hasSecondNode: true);
        var lease = await world.MatchAsync();
        await world.UntilRunningAsync(lease);
        await world.PassAsync(30);
        world.Proxy.Fault = Misbehaving(what, await world.Market.Anvil.Client.GetBlockNumberAsync());
        var next = await world.MatchAsync();
        // What neither logs nor receipts tell is missed by the stake that it locks, which is looked at once a minute.
        await world.UntilRunningAsync(next, what == "without logs and receipts" ? 90 : 30);
        Assert.Null(world.ChainError);
        await world.PassAsync(60);
        await EndAsync(world, lease, next);
    }

    // Row 20: it succeeded when it was simulated, and the tenant was faster.
    [Fact]
    public async Task MinedAndReverted_IsNotTakenForDone()
    {
        await using var world = await ChainWorld.OpenAsync(finality: 3);
        var lease = await world.MatchAsync();
        await world.Market.Anvil.AskAsync("evm_setAutomine", false);
        var nonce = await world.NonceAsync();
        var stepping = StepsAsync(world, 3);
        await world.Market.WaitForPendingAsync();
        await world.Market.CloseFirstAsync(lease);
        await world.Market.Anvil.AskAsync("evm_setAutomine", true);
        await world.Market.Anvil.MineAsync();
        await stepping;
        Assert.Equal((nonce + 1, LeaseState.Closed), (await world.NonceAsync(), (await world.ReadAsync(lease)).State));
        Assert.Null(world.Cluster.Spaces[lease.Id].AppliedSpecHash);
        await world.PassAsync(90);
        Assert.Equal(nonce + 1, await world.NonceAsync());
        Assert.Empty(await world.SettlementsAsync(lease));
        Assert.False(world.Cluster.Spaces.ContainsKey(lease.Id));
    }

    private static Fault Misbehaving(string what, ulong head) => what switch
    {
        "another chain" => new OtherChain(4242),
        "forked" => new Forked(head - 10),
        "lagging" => new Lagging(head - 10, finality: 3),
        "cut" => new Away(),
        "without logs" => new OmittingLogs(head),
        "without logs and receipts" => new OmittingLogs(head, servesReceipts: false),
        _ => new Failing(-32005, "too many requests"),
    };

    private static async Task StepsAsync(ChainWorld world, int steps)
    {
        for (var step = 0; step < steps; step++) await world.StepAsync();
    }

    // One lease from its match to the last unit: nothing that was sent failed, for nothing was sent twice.
    private static async Task<int> TellAsync(ChainWorld world, int k, bool applied)
    {
        var start = await world.Market.Anvil.Client.GetBlockNumberAsync();
        var dying = world.DieAtTransaction(k, applied);
        var lease = await world.MatchAsync();
        await world.PassAsync(120);
        await world.Market.Tenant.CloseAsync(lease.Id, lease.Terms, default);
        await world.PassAsync(360);
        await world.CheckPaidInFullAsync(lease);
        Assert.All(await world.SentAsync(start), Assert.True);
        return dying.Counted;
    }

    private static async Task EndAsync(ChainWorld world, params MatchedLease[] leases)
    {
        foreach (var lease in leases) await world.Market.Tenant.CloseAsync(lease.Id, lease.Terms, default);
        await world.PassAsync(360);
        foreach (var lease in leases) await world.CheckPaidInFullAsync(lease);
    }
}
