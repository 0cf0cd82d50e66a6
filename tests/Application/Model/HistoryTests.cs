using Federation.Domain.Leases;
using Federation.Testing.Builders;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Application.Tests.Model;

/// <summary>Random histories, then calm: the invariants hold on the way and at the end.</summary>
public sealed class HistoryTests
{
    private const int Histories = 150;
    private const int Length = 30;

    private static readonly Gen<(Happening What, int Argument)> Event =
        from what in Gen.Elements(Enum.GetValues<Happening>())
        from argument in Gen.Choose(0, 40)
        select (what, argument);

    [Fact]
    public void AnyHistory_ThenCalm_PaysWhatWasMeasuredOnceAndLeavesNothing() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(Histories),
            Prop.ForAll(Arb.From(Event.ListOf(Length).Select(e => e.ToArray()), Shorter), Tell));

    internal static void Tell((Happening What, int Argument)[] events)
    {
        var world = new World();
        var history = new History(world);
        history.Tell(Happening.Match, 0);
        foreach (var (what, argument) in events)
        {
            history.Tell(what, argument);
            Invariants.CheckMoney(world, history.Leases);
            Invariants.CheckResults(world, history.Leases);
        }

        world.Calm();
        world.Pass(400);
        Invariants.CheckObjects(world, history.Leases, history.Amended);
        Invariants.CheckPosted(world, history.Leases.Except(history.Replicas));
        foreach (var id in history.Leases) world.TenantCloses(id);
        // Notice, finality, the last receipt, finality, retention; and a stranger's close where nobody else may.
        world.Pass(1000);
        Invariants.CheckMoney(world, history.Leases);
        Invariants.CheckResults(world, history.Leases);
        Invariants.CheckEnd(world, history.Leases, history.Bereaved);
    }

    private static IEnumerable<(Happening What, int Argument)[]> Shorter((Happening What, int Argument)[] events)
    {
        for (var size = events.Length / 2; size > 0; size /= 2)
            for (var at = 0; at + size <= events.Length; at += size)
                yield return [.. events[..at], .. events[(at + size)..]];
    }
}
