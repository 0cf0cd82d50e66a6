using Federation.Testing.Builders;

namespace Federation.Application.Tests.Model;

/// <summary>Histories that lost what pods held, while the caches stood still and the windows were closed all the same.</summary>
public sealed class StoppedCachesTests
{
    [Fact]
    public void PodsThatStartUnseen_AreBilledForWhatTheyHold_OnceTheyAreSeen() =>
        Check((Happening.Match, 0), (Happening.TopUp, 9), (Happening.DeliverRight, 27), (Happening.CachesFreeze, 19), (Happening.ChainLosesReplies, 23));

    [Fact]
    public void TheSame_AfterARestart() =>
        Check((Happening.CachesFreeze, 13), (Happening.DeliverRight, 2), (Happening.Kill, 28), (Happening.CachesFreeze, 10), (Happening.TimePasses, 32));

    private static void Check(params (Happening What, int Argument)[] events) => HistoryTests.Tell(events);
}
