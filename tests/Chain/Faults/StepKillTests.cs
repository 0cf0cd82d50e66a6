using Federation.Chain.Sending;
using Federation.Chain.Tests.Support;
using Federation.Domain.Leases;

namespace Federation.Chain.Tests.Faults;

/// <summary>The process ends between any two steps of a transaction, with a raised fee and without: one payment, nothing lost.</summary>
public sealed class StepKillTests
{
    private static readonly string[] Kinds = ["activate", "settle", "close"];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task KilledAtAnyStep_OfActivationSettlementAndClose(bool raises)
    {
        var sending = Market.Sending with { BumpAfter = TimeSpan.FromMilliseconds(150), BumpAfterBlocks = 100 };
        await using var world = await ChainWorld.OpenAsync(finality: 3, sending: raises ? sending : null);
        foreach (var step in Enum.GetValues<SendStep>().Where(s => raises || s != SendStep.Bumped)) await TellAsync(world, step, raises);
    }

    private static async Task TellAsync(ChainWorld world, SendStep step, bool raises)
    {
        var (start, restarts) = (await world.Market.Anvil.Client.GetBlockNumberAsync(), world.Restarts);
        var lease = await world.MatchAsync();
        await world.Market.Anvil.AskAsync("evm_setAutomine", !raises);
        foreach (var kind in Kinds)
        {
            if (kind == "close") world.Cluster.Intake = Intake.Draining;
            var before = world.Restarts;
            world.DieAtStep(step, kind, s => Mine(world, s, raises));
            for (var i = 0; i < 60 && world.Restarts == before; i++) await world.StepAsync();
            Assert.True(world.Restarts == before + 1, $"{kind} was never at {step}; {world.ChainError}");
            world.Watch(s => Mine(world, s, raises));
        }

        await world.PassAsync(450);
        await world.Market.Anvil.AskAsync("evm_setAutomine", true);
        world.Cluster.Intake = Intake.Open;
        Assert.Equal(restarts + Kinds.Length, world.Restarts);
        await world.CheckPaidInFullAsync(lease);
        Assert.All(await world.SentAsync(start), ok => Assert.True(ok, $"killed at {step}: a transaction failed"));
    }

    // A block for what waits, once its fee is to be raised: with the old version or the new one in it.
    private static void Mine(ChainWorld world, SendStep step, bool raises)
    {
        if (raises && step == SendStep.Bumped) _ = world.Market.Anvil.MineAsync();
    }
}
