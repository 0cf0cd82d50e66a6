using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Domain.Placement;

namespace Federation.Cluster.Tests.Faults;

/// <summary>Two operators that both believe that they lead are asked for the same capacity at the same moment, on a real API server. It is promised once.</summary>
[Collection("faults")]
public sealed class HoldRaceTests
{
    private const int Devices = 4;
    private const int Rounds = 100;

    /// <summary>Neither stops for the other: what decides is which of two writes the API server takes.</summary>
    [Fact]
    public async Task LastCapacity_AskedOfTwoAtOnce_IsPromisedByOne_AndTheOtherSaysThatItIsHeld()
    {
        await using var world = await HoldRace.OpenAsync(Devices, 7, 7);
        var wins = new int[2];
        for (var round = 0; round < Rounds; round++)
        {
            // Who is asked a moment earlier has an advantage, which on a busy machine may be all: each has it in its turn.
            int[] turn = round % 2 == 0 ? [0, 1] : [1, 0];
            var answers = await world.AskAsync(turn, Devices - 1);
            wins[turn[Assert.Single(answers.Index(), a => a.Item.Offer is not null).Index]]++;
            Assert.Equal(PlacementReasons.Held, Assert.Single(answers, a => a.Offer is null).Reason);
            await CheckAsync(world, answers);
            world.EndHolds();
        }

        // Both wrote over the same version each time, so each time one of them lost the race at the server: it looked again, and was refused what was gone by then.
        Assert.True(world.Lost >= Rounds, $"only {world.Lost} of {Rounds} races were lost at the server");
        Assert.All(wins, w => Assert.True(w > 0, $"won {string.Join(" and ", wins)} times: they did not race"));
    }

    /// <summary>One of them is a term behind. It may win until the other one has written, and never afterwards.</summary>
    [Fact]
    public async Task LeaderOfAnEarlierTerm_PromisesNothingOnceTheLaterOneHas()
    {
        await using var world = await HoldRace.OpenAsync(Devices, 4, 5);
        var isOver = false;
        for (var round = 0; round < Rounds / 2; round++)
        {
            var answers = await world.AskAsync([0, 1], Devices - 1);
            Assert.Single(answers, a => a.Offer is not null);
            Assert.True(Assert.Single(answers, a => a.Offer is null).Reason is PlacementReasons.Held or "TermOver");
            Assert.False(isOver && answers[0].Offer is not null, "the earlier term promised after the later one");
            isOver |= answers[1].Offer is not null;
            await CheckAsync(world, answers);
            world.EndHolds();
        }

        Assert.True(isOver);
        Assert.Equal("TermOver", Assert.Single(await world.AskAsync([0], 1)).Reason);
    }

    /// <summary>A crowd at both doors: as many get a device as there are, however often they cross.</summary>
    [Fact]
    public async Task CrowdAtBoth_IsPromisedWhatThereIs_AndNoMore()
    {
        await using var world = await HoldRace.OpenAsync(Devices, 7, 7);
        for (var round = 0; round < Rounds / 10; round++)
        {
            var answers = await world.AskAsync([.. Enumerable.Range(0, 4 * Devices).Select(i => i % 2)], 1);
            Assert.All(answers.Where(a => a.Offer is null), a => Assert.True(a.Reason is PlacementReasons.Held or PlacementReasons.HoldsExhausted, $"{a.Reason}: {a.Message}"));
            Assert.InRange(answers.Count(a => a.Offer is not null), 1, Devices);
            await CheckAsync(world, answers);
            world.EndHolds();
        }

        Assert.True(world.Lost > Rounds / 10, $"only {world.Lost} races were lost at the server");
    }

    // What was promised lies in the cluster, and there is as much.
    private static async Task CheckAsync(HoldRace world, IReadOnlyList<QuoteResult> answers)
    {
        var open = await world.ReadOpenAsync();
        Assert.Equal(answers.Select(a => a.Offer).OfType<SignedOffer>().Select(o => o.RequestHash).Order(), open.Select(h => h.Request).Order());
        Assert.InRange(open.Sum(h => h.Shares.Sum(s => s.Gpus)), 1, Devices);
    }
}
