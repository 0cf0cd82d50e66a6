using Federation.Application.Metering;
using Federation.Domain.Leases;
using Federation.Domain.Usage;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Usage;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Application.Tests.Metering;

/// <summary>A pod with a device that nobody scrapes, looked at by leaders that die before they write.</summary>
public sealed class LedgerTests
{
    private const int Last = 1_200;
    private static readonly long Start = FakeClock.StartMs / 1000;
    private static readonly PodFact Pod = new("uid-1", "web-1", "web", "node-a", true, false, null, 1, 0, 512);
    private readonly InMemoryEvidence evidence = new();

    [Fact]
    public void LooksWhenever_AndWritesThatAreLost_CountItsLifeOnce() => Check.One(Config.QuickThrowOnFailure, Prop.ForAll(Lives(), Looks(), (life, looks) =>
        Tell(life, looks, (_, _) => true).GpuMsA == 1000 * (UInt128)life.Length));

    // The next leader was not there when it went: what is counted by then stays, and nothing is added for a time that nobody saw.
    [Fact]
    public void LeaderThatDidNotSeeItGo_CountsNothingTwice_AndNothingAboveIt() => Check.One(Config.QuickThrowOnFailure, Prop.ForAll(Lives(), Looks(), Gen.Choose(0, 99).ListOf().ToArbitrary(), (life, looks, memory) =>
        Tell(life, looks, (_, n) => n < memory.Count && memory[n] % 2 == 0).GpuMsA <= 1000 * (UInt128)life.Length));

    // Between two looks, or while the chain could not be read: no look ever showed it.
    [Fact]
    public void PodThatCameAndWentBetweenTwoLooks_IsCountedWhole() =>
        Assert.Equal((UInt128)7_000, Tell(new Life(32, 7), [new Look(30, true), new Look(45, true)], (_, _) => true).GpuMsA);

    [Fact]
    public void PodSeenLate_AfterWindowsWereClosed_IsCountedFromItsBinding() =>
        Assert.Equal(1000 * (UInt128)300, Tell(new Life(100, 300), [new Look(30, true), new Look(170, true), new Look(390, true)], (at, _) => true, shownFrom: 380).GpuMsA);

    private UsagePosition Tell(Life life, IReadOnlyList<Look> looks, Func<long, int, bool> sawItGo, int shownFrom = 0)
    {
        var reader = new WindowReader(new InMemoryUsage(new PortGate()), FakeHasher.Instance, null, new EvidenceKeeper(FakeHasher.Instance, evidence));
        var (status, lines, n) = (ALease.Active().Seen().Status, new List<string>(), 0);
        foreach (var look in looks.Append(new Look(Last, true)).Append(new Look(Last + 600, true)).OrderBy(l => l.At))
        {
            var lease = ALease.Active().After(look.At).WithCluster(c => c with
            {
                Pods = look.At >= Math.Max(shownFrom, life.From) && look.At < life.Until ? [life.Fact] : [],
                Gone = look.At >= life.Until && sawItGo(look.At, n++) ? [life.Fact with { Ready = false, Ended = true, EndedAtMs = life.Ms(life.Until), GoneAtMs = life.Ms(life.Until) }] : [],
            }).WithStatus(_ => status);
            var seen = lease.Seen();
            var news = reader.ReadAsync(seen.View, status, seen.Cluster, seen.Policy, seen.NowMs, default).GetAwaiter().GetResult();
            Assert.Null(news.Error);
            if (!look.IsWritten) continue;
            if (news.Window > status.UsageWindow) lines.AddRange(evidence.Kept.Last(k => k.Root == news.Evidence).Lines);
            status = LeaseMachine.Decide(seen with { Metering = news }).Status;
        }

        Assert.Equal(new EvidenceVerdict(status.UsageEvidence, 1, status.UsageWindow, null), EvidenceCheck.Verify(Some.LeaseId(1), lines, FakeHasher.Instance.Keccak256));
        return status.Usage!;
    }

    private static Arbitrary<Life> Lives() => (from at in Gen.Choose(1, Last - 301) from length in Gen.Choose(1, 300) select new Life(at, length)).ToArbitrary();

    // A lease is looked at twice a minute at least, and writes that fail are tried again.
    private static Arbitrary<IReadOnlyList<Look>> Looks() =>
        (from at in Gen.Choose(1, Last) from isWritten in Gen.Elements(true, false) select new Look(at, isWritten)).ListOf().Select(l => (IReadOnlyList<Look>)[.. l]).ToArbitrary();

    public sealed record Look(int At, bool IsWritten);

    /// <summary>Seconds since activation.</summary>
    public sealed record Life(int From, int Length)
    {
        public int Until => From + Length;

        public PodFact Fact => Pod with { BoundAtMs = Ms(From) };

        public long Ms(long seconds) => (Start + seconds) * 1000;
    }
}
