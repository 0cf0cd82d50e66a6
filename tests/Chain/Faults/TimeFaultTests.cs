using Federation.Application.Ports;
using Federation.Chain.Tests.Support;
using Federation.Domain.Leases;
using Federation.Proxies;
using Federation.Proxies.Common;

namespace Federation.Chain.Tests.Faults;

/// <summary>Rows 24 and 27 of the fault matrix, on the real contracts: a clock that is wrong by an hour, and six hours without the chain.</summary>
public sealed class TimeFaultTests
{
    private const int Hour = 3600;
    private const uint Term = 900;

    // What the matrix allows for converging.
    private const int Healed = 30;

    // Ahead, windows would be cut whose samples are not there, and the contract would be told of times that have not come; behind,
    // the chain's blocks are of a time that is not yet.
    [Theory]
    [InlineData(Hour)]
    [InlineData(-Hour)]
    public async Task MachinesClockIsWrong_NothingMeasuredIsLost_NothingIsPaidTwice_AndNoTransactionFails(int seconds)
    {
        await using var world = await ChainWorld.OpenAsync(finality: 3);
        var start = await world.Market.Anvil.Client.GetBlockNumberAsync();
        var lease = await world.MatchAsync(3 * Hour);
        await world.UntilRunningAsync(lease);
        await world.PassAsync(60);
        var pods = PodsOf(world, lease);
        world.Machine.Ahead = TimeSpan.FromSeconds(seconds);
        await world.PassAsync(300);
        await world.CheckMoneyAsync(lease);
        Assert.Equal(pods, PodsOf(world, lease));
        world.Machine.Ahead = default;
        await world.PassAsync(Healed);
        Assert.Equal((null, LeasePhase.Running), (world.ChainError, world.Cluster.Spaces[lease.Id].Status.Phase));
        await world.Market.Tenant.CloseAsync(lease.Id, lease.Terms, default);
        await world.PassAsync(300);
        await world.CheckPaidInFullAsync(lease);
        Assert.All(await world.SentAsync(start), Assert.True);
    }

    // Whatever a machine thinks that is an hour ahead: the term, and what is kept after it, end by the blocks.
    [Fact]
    public async Task MachinesClockIsAhead_OverTheEndOfTheTerm_TheTermEndsByTheBlocks()
    {
        await using var world = await ChainWorld.OpenAsync(finality: 3);
        var lease = await world.MatchAsync(Term);
        await world.UntilRunningAsync(lease);
        var pods = PodsOf(world, lease);
        world.Machine.Ahead = TimeSpan.FromSeconds(Hour);
        var end = (await world.ReadAsync(lease)).ActivatedAt + Term;
        while (world.Clock.NowSeconds < end - (2 * ChainWorld.StepSeconds))
        {
            await world.StepAsync();
            Assert.Equal(pods, PodsOf(world, lease));
            Assert.Equal(LeaseState.Active, (await world.ReadAsync(lease)).State);
        }

        await world.PassAsync(300);
        await world.CheckPaidInFullAsync(lease);
        Assert.Equal(end, (await world.ReadAsync(lease)).EndsAt);
    }

    // Also where the operator starts anew meanwhile: it has heard nothing at all, and goes on by what the leases' objects say.
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task ApartForSixHours_ItRunsToItsPaidEnd_ThenStandsStill_AndItsTermIsAllThatIsPaid(bool isClosedMeanwhile, bool isStartedMeanwhile)
    {
        // The contract takes receipts of the end for as long as they were apart.
        await using var world = await ChainWorld.OpenAsync(finality: 3, settings: Market.Settings with { SubmitSeconds = 7 * Hour });
        var lease = await world.MatchAsync(Term);
        await world.UntilRunningAsync(lease);
        await world.PassAsync(60);
        var (pods, end) = (PodsOf(world, lease), (await world.ReadAsync(lease)).ActivatedAt + Term);
        world.Proxy.Fault = new Away();
        var nonce = await world.NonceAsync();
        if (isClosedMeanwhile) await world.Market.Tenant.CloseAsync(lease.Id, lease.Terms, default);
        if (isStartedMeanwhile)
        {
            world.Restart();
            world.Proxy.Fault = new Away();
        }

        world.Cluster.Change(lease.Id, s => s with { IsIsolated = false });
        while (world.Clock.NowSeconds < end - (2 * ChainWorld.StepSeconds))
        {
            await world.StepAsync();
            Assert.Equal(pods, PodsOf(world, lease));
        }

        Assert.True(world.Cluster.Spaces[lease.Id].IsIsolated);
        await world.PassAsync(60);
        Assert.All(world.Cluster.Spaces[lease.Id].Pods, p => Assert.True(p.Ended));
        Assert.Contains(world.Cluster.Spaces[lease.Id].Status.Conditions, c => c is { Type: "Ready", Reason: "ChainUnavailable" });
        if (isStartedMeanwhile)
        {
            // Once more: what stands still is not begun anew by who has listened for a moment only.
            world.Restart();
            world.Proxy.Fault = new Away();
            await world.PassAsync(60);
            Assert.All(world.Cluster.Spaces[lease.Id].Pods, p => Assert.True(p.Ended));
        }

        var writes = world.Cluster.Writes.Count;
        await world.PassAsync(6 * Hour - (int)Term, stride: 300);
        // Idle, and there: nothing is deleted on doubt.
        Assert.Equal((nonce, writes), (await world.NonceAsync(), world.Cluster.Writes.Count));
        Assert.Contains(lease.Id, world.Cluster.Spaces.Keys);

        world.Proxy.Fault = Fault.None;
        await world.PassAsync(60);
        Assert.Null(world.ChainError);
        Assert.DoesNotContain(world.Cluster.Spaces.GetValueOrDefault(lease.Id)?.Pods ?? [], p => !p.Ended);
        await world.PassAsync(300);
        await world.CheckPaidInFullAsync(lease);
        Assert.True((await world.ReadAsync(lease)).EndsAt is var ends && (isClosedMeanwhile ? ends < end : ends == end));
    }

    private static string[] PodsOf(ChainWorld world, MatchedLease lease) => [.. world.Cluster.Spaces[lease.Id].Pods.Where(p => !p.Ended).Select(p => p.Uid)];
}
