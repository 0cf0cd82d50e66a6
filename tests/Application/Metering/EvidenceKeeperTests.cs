using System.Runtime.CompilerServices;
using Federation.Application.Metering;
using Federation.Application.Ports;
using Federation.Application.Reconciling;
using Federation.Application.Watching;
using Federation.Domain.Leases;
using Federation.Domain.Usage;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Usage;

namespace Federation.Application.Tests.Metering;

public sealed class EvidenceKeeperTests
{
    private const long Start = FakeClock.StartMs;
    private const long PatienceMs = 600_000;
    private static readonly PodFact Pod = new("uid-1", "web-1", "web", "node-a", true, false, null, 1, 0, 1024);
    private readonly FakeClock clock = new();
    private readonly InMemoryUsage usage = new(new PortGate());
    private readonly InMemoryEvidence folder = new();
    private readonly OperatorHealth health;

    public EvidenceKeeperTests()
    {
        health = new OperatorHealth(clock);
        for (var second = 0; second <= 600; second += 10)
        {
            usage.Burn(Some.LeaseId(1), Pod, Start + second * 1000, 500, 1 << 30, 1024);
            usage.Scrape(Some.LeaseId(1), Pod.Uid);
        }
    }

    [Fact]
    public async Task EachWindow_IsNumbered_AndKept_BeforeItIsTold_AndAllGiveTheRoot()
    {
        var first = await ReadAsync(ALease.Active().Running(), 65);
        var second = await ReadAsync(Resumed(first), 130);
        Assert.Equal((1, 2), (first.Window, second.Window));
        var verdict = EvidenceCheck.Verify(Some.LeaseId(1), folder.Kept.SelectMany(k => k.Lines), FakeHasher.Instance.Keccak256);
        Assert.Equal(new EvidenceVerdict(second.Evidence, 1, 2, null), verdict);
        Assert.Equal((true, null), (health.KeepsEvidence, health.EvidenceProblem));
    }

    [Fact]
    public async Task NotKept_LeavesTheWindowOpen_AndNothingIsLost()
    {
        folder.IsFull = true;
        var held = await ReadAsync(ALease.Active().Running(), 65);
        Assert.Equal(("Full.", Start, 0, ""), (held.Error, held.Position!.ThroughMs, held.Window, held.Evidence));
        Assert.Equal("Full.", health.EvidenceProblem);
        folder.IsFull = false;
        var (late, prompt) = (await ReadAsync(Resumed(held), 125), await ReadAsync(Resumed(await ReadAsync(ALease.Active().Running(), 65)), 125));
        Assert.Equal(prompt.Position!.ToVector(), late.Position!.ToVector());
    }

    // Samples do not outlast every full volume: then the window is closed as without a place to keep it.
    [Fact]
    public async Task NotKept_ForLongerThanItsPatience_IsClosedAllTheSame()
    {
        folder.IsFull = true;
        var closed = await ReadAsync(ALease.Active().Running(), 10 + PatienceMs / 1000);
        Assert.Equal((null, 1), (closed.Error, closed.Window));
        Assert.True(closed.Position!.ThroughMs > Start);
        Assert.NotEmpty(closed.Evidence);
    }

    // The last receipt is awaited for a time only.
    [Fact]
    public async Task NotKept_OfALeaseThatEnds_IsClosedAllTheSame()
    {
        folder.IsFull = true;
        var closed = await ReadAsync(ALease.Closing().Running(), 65);
        Assert.Null(closed.Error);
        Assert.Equal(1, closed.Window);
    }

    [Fact]
    public async Task Nothing_IsOver_WhileTheChainIsNotKnown()
    {
        await Keeper().PassAsync(default);
        Assert.True(folder.IsLive!(Some.LeaseId(1)));
        var view = ALease.Active().Seen().View;
        health.ChainSeen(new ChainPicture(new LedgerHead(1, 1, clock.NowSeconds, "0x1", 1, "0x1"), new Dictionary<LeaseId, LeaseView> { [view.Id] = view }, []));
        await Keeper().PassAsync(default);
        Assert.True(folder.IsLive(view.Id));
        Assert.False(folder.IsLive(Some.LeaseId(7)));
        health.ChainFailed("Away.");
        await Keeper().PassAsync(default);
        Assert.True(folder.IsLive(Some.LeaseId(7)));
    }

    // Room on the volume does not say that it can be written.
    [Fact]
    public async Task WriteThatFailed_IsTold_UntilItHasSucceeded()
    {
        var keeper = Keeper();
        folder.IsReadOnly = true;
        var closed = await ReadAsync(ALease.Closing().Running(), 65, keeper);
        await keeper.PassAsync(default);
        Assert.Equal("Read-only.", health.EvidenceProblem);
        folder.IsReadOnly = false;
        // No lease may be there any more that would write.
        await keeper.PassAsync(default);
        Assert.Null(health.EvidenceProblem);
        Assert.Equal(closed.Evidence, Assert.Single(folder.Kept).Root);
        await keeper.PassAsync(default);
        Assert.Single(folder.Kept);
    }

    // Each that is closed is in the chain of roots: an export without one proves nothing of those before it.
    [Fact]
    public async Task EachWindowThatWasClosed_IsWrittenOnceItCan()
    {
        var keeper = Keeper();
        folder.IsReadOnly = true;
        var first = await ReadAsync(ALease.Active().Running(), 10 + PatienceMs / 1000, keeper);
        var second = await ReadAsync(Resumed(first), 2 * (10 + PatienceMs / 1000), keeper);
        Assert.Equal((null, null, 2), (first.Error, second.Error, second.Window));
        Assert.Equal("Read-only.", (await ReadAsync(ALease.Active().Running(), 65, keeper)).Error);
        folder.FailsOn = first.Evidence;
        folder.IsReadOnly = false;
        await keeper.PassAsync(default);
        Assert.Equal(("Fails.", 0), (health.EvidenceProblem, folder.Kept.Count));
        // One that fails by itself holds up none.
        await keeper.PassAsync(default);
        Assert.Equal(("Fails.", second.Evidence), (health.EvidenceProblem, Assert.Single(folder.Kept).Root));
        folder.FailsOn = "";
        await keeper.PassAsync(default);
        Assert.Null(health.EvidenceProblem);
        Assert.All(new[] { first.Evidence, second.Evidence }, root => Assert.Contains(folder.Kept, k => k.Root == root));
        var count = folder.Kept.Count;
        await keeper.PassAsync(default);
        Assert.Equal(count, folder.Kept.Count);
    }

    [Fact]
    public async Task ProcessThatLeadsNoMore_WritesWhatItOwes_AtItsEndAtTheLatest()
    {
        var keeper = Keeper();
        folder.IsReadOnly = true;
        var closed = await ReadAsync(ALease.Active().Running(), 10 + PatienceMs / 1000, keeper);
        await keeper.PayAsync(TimeProvider.System, TimeSpan.FromSeconds(5), new CancellationToken(true));
        Assert.Empty(folder.Kept);
        folder.IsReadOnly = false;
        await keeper.PayAsync(TimeProvider.System, TimeSpan.FromSeconds(5), new CancellationToken(true));
        Assert.Equal(closed.Evidence, Assert.Single(folder.Kept).Root);
    }

    private static ALease Resumed(MeteringNews news) =>
        ALease.Active().Running().WithStatus(s => s with { Usage = news.Position, UsageEvidence = news.Evidence, UsageWindow = news.Window });

    [Fact]
    public async Task WhatIsOwed_IsCounted_AndLostWhenTheProcessEndsWithoutIt()
    {
        using var metrics = new EvidenceMetrics(health);
        using var counted = new Counted("Federation.Evidence");
        var keeper = new EvidenceKeeper(FakeHasher.Instance, folder, health, null, PatienceMs, metrics);
        Assert.Equal((0, 0, 0), Counts());
        folder.IsReadOnly = true;
        await ReadAsync(ALease.Active().Running(), 10 + PatienceMs / 1000, keeper);
        Assert.Equal((1, 1, 0), Counts());
        await keeper.PayAsync(TimeProvider.System, TimeSpan.FromSeconds(5), new CancellationToken(true));
        Assert.Equal((1, 1, 1), Counts());
        folder.IsReadOnly = false;
        await keeper.PassAsync(default);
        Assert.Equal((0, 0, 1), Counts());

        (long Problem, long Owed, long Lost) Counts() => (counted["federation_evidence_problem"], counted["federation_evidence_owed_windows"], counted["federation_evidence_lost_windows_total"]);
    }

    // The volume is away for longer than windows may stay open, and then the process is killed: nothing of what it closed is lost.
    [Fact]
    public async Task ClosedWithoutAPlace_WaitsInTheReserve_AlsoForTheNextProcess()
    {
        using var metrics = new EvidenceMetrics(health);
        using var counted = new Counted("Federation.Evidence");
        var reserve = new Reserve();
        folder.IsReadOnly = true;
        var closed = await ReadAsync(ALease.Active().Running(), 10 + PatienceMs / 1000, new EvidenceKeeper(FakeHasher.Instance, folder, health, null, PatienceMs, metrics, reserve));
        Assert.NotEqual("", closed.Evidence);
        Assert.Equal(closed.Evidence, Assert.Single(reserve.Waiting).Evidence.Root);
        // It is in no danger, and nobody is called for it.
        Assert.Equal(0, counted["federation_evidence_owed_windows"]);

        var next = new EvidenceKeeper(FakeHasher.Instance, folder, health, null, PatienceMs, null, reserve);
        await next.PassAsync(default);
        Assert.Equal(closed.Evidence, Assert.Single(reserve.Waiting).Evidence.Root);
        folder.IsReadOnly = false;
        await next.PassAsync(default);
        Assert.Equal(closed.Evidence, Assert.Single(folder.Kept).Root);
        Assert.Empty(reserve.Waiting);
        await next.PassAsync(default);
        Assert.Single(folder.Kept);
    }

    [Fact]
    public async Task ReserveThatTakesNothing_IsAsNone_AndWhatItHasIsWrittenOnceItCanBeRead()
    {
        using var metrics = new EvidenceMetrics(health);
        using var counted = new Counted("Federation.Evidence");
        var reserve = new Reserve { IsBroken = true };
        folder.IsReadOnly = true;
        var keeper = new EvidenceKeeper(FakeHasher.Instance, folder, health, null, PatienceMs, metrics, reserve);
        var closed = await ReadAsync(ALease.Active().Running(), 10 + PatienceMs / 1000, keeper);
        Assert.Equal(1, counted["federation_evidence_owed_windows"]);
        folder.IsReadOnly = false;
        await keeper.PassAsync(default);
        Assert.Equal((closed.Evidence, 0), (Assert.Single(folder.Kept).Root, counted["federation_evidence_owed_windows"]));
    }

    private EvidenceKeeper Keeper() => new(FakeHasher.Instance, folder, health, null, PatienceMs);

    private Task<MeteringNews> ReadAsync(ALease lease, long seconds, EvidenceKeeper? keeper = null)
    {
        var seen = lease.Seen();
        return new WindowReader(usage, FakeHasher.Instance, null, keeper ?? Keeper()).ReadAsync(
            seen.View with { BlockTime = (Start / 1000) + seconds }, seen.Status, seen.Cluster, seen.Policy, Start + seconds * 1000, default);
    }

    private sealed class Reserve : IEvidenceReserve
    {
        public List<WaitingEvidence> Waiting { get; } = [];

        public bool IsBroken { get; set; }

        public Task PutAsync(WindowEvidence evidence, uint keepSeconds, CancellationToken cancellation)
        {
            if (IsBroken) throw new EvidenceException("Broken.");
            Waiting.Add(new WaitingEvidence(evidence, keepSeconds));
            return Task.CompletedTask;
        }

        public async IAsyncEnumerable<WaitingEvidence> AllAsync([EnumeratorCancellation] CancellationToken cancellation)
        {
            await Task.Yield();
            if (IsBroken) throw new EvidenceException("Broken.");
            foreach (var one in Waiting.ToArray()) yield return one;
        }

        public void Remove(LeaseId lease, string root) => Waiting.RemoveAll(w => w.Evidence.Root == root);
    }
}
