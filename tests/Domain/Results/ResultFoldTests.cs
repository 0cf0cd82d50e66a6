using System.Text;
using Federation.Domain.Leases;
using Federation.Domain.Results;
using Federation.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Domain.Tests.Results;

public sealed class ResultFoldTests
{
    private const string Spec = "0xspec";
    private const long EndedAt = 1_000_000;
    private const long Late = EndedAt + 300_000;
    private static readonly Digest Hash = FakeHasher.Instance.Keccak256;

    [Fact]
    public void OneJobOfOneShard_HasTheDigestOfItsBytes()
    {
        var outcome = Fold([Job("sum")], Good("sum", "a", "µ = 42")).Outcome!;
        Assert.Equal(new ResultOutcome(Hash("µ = 42"u8), 0), outcome);
    }

    [Fact]
    public void NothingWritten_HasTheDigestOfNoBytes() => Assert.Equal(new ResultOutcome(Hash([]), 0), Fold([Job("sum")], Good("sum", "a", "")).Outcome);

    [Fact]
    public void ManyShards_AreHashedByJobThenByWhatTheySay()
    {
        var seen = Fold([Job("b"), Job("a", shards: 2)], Good("b", "1", "z"), Good("a", "2", "x"), Good("a", "3", "y"));
        var ofA = new[] { Of("x"), Of("y") }.Order(StringComparer.Ordinal);
        Assert.Equal(ResultFold.Combine([.. ofA, Of("z")], Hash), seen.Outcome!.Digest);
        Assert.Equal(["a", "b"], seen.Jobs.Select(j => j.Name));
    }

    [Fact]
    public void Combine_HashesTheBytesOfTheDigests() =>
        Assert.Equal(Hash(Convert.FromHexString(Of("x")[2..] + Of("y")[2..])), ResultFold.Combine([Of("x"), Of("y")], Hash));

    [Fact]
    public void JobThatRuns_HasNoOutcome_AndWhatEndedIsKept()
    {
        var half = Fold([Job("sum", shards: 2, isOver: false)], Good("sum", "a", "x"));
        Assert.Null(half.Outcome);
        // Its node is gone, and the pod with it.
        var whole = ResultFold.Fold(half, Facts([Job("sum", shards: 2)], [Good("sum", "b", "y")]), Spec, EndedAt, Hash)!;
        Assert.Equal(0u, whole.Outcome!.Status);
        Assert.Equal(["x", "y"], whole.Jobs[0].Shards.Select(s => s.Text).Order());
    }

    [Fact]
    public void RetriedShard_CountsAsItSucceeded()
    {
        var outcome = Fold([Job("sum")], Bad("sum", "a", "oops", 3), Good("sum", "b", "x")).Outcome;
        Assert.Equal(new ResultOutcome(Of("x"), 0), outcome);
    }

    [Fact]
    public void JobThatGaveUp_HasTheCodeAndTheWordsOfItsLastFailure()
    {
        var seen = Fold([GaveUp("sum")], Bad("sum", "a", "first", 3, EndedAt - 9), Bad("sum", "b", "last", 7));
        Assert.Equal(new ResultOutcome(Of("last"), 7), seen.Outcome);
    }

    [Fact]
    public void FirstJobThatGaveUp_TellsTheStatus()
    {
        var outcome = Fold([GaveUp("c"), Job("a"), GaveUp("b")], Bad("c", "1", "", 9), Good("a", "2", ""), Bad("b", "3", "", 5)).Outcome!;
        Assert.Equal(5u, outcome.Status);
    }

    [Fact]
    public void StoppedFromOutside_WithZero_IsNoSuccess() =>
        Assert.Equal(ResultOutcome.NoExitCode, Fold([GaveUp("sum")], Bad("sum", "a", "", 0)).Outcome!.Status);

    [Fact]
    public void GaveUp_WaitsForThePodsThatStillRun()
    {
        var running = Good("sum", "b", "") with { Ended = false, End = null };
        Assert.Null(Fold([GaveUp("sum", shards: 2)], Bad("sum", "a", "", 1), running).Outcome);
        Assert.Equal(1u, ResultFold.Fold(null, Facts([GaveUp("sum", shards: 2)], [Bad("sum", "a", "", 1), running]), Spec, Late, Hash)!.Outcome!.Status);
    }

    // A result goes on chain once for ever, and a cache may show the job before its pods.
    [Fact]
    public void ShardThatWasNotSeen_IsWaitedFor_ThenMissed()
    {
        var facts = Facts([Job("sum", shards: 2)], [Good("sum", "a", "x")]);
        Assert.Null(ResultFold.Fold(null, facts, Spec, Late - 1, Hash)!.Outcome);
        Assert.Equal(new ResultOutcome(Of("x"), ResultOutcome.NoExitCode), ResultFold.Fold(null, facts, Spec, Late, Hash)!.Outcome);
        Assert.Equal(new ResultOutcome(Hash([]), ResultOutcome.NoExitCode), ResultFold.Fold(null, Facts([Job("sum")], []), Spec, Late, Hash)!.Outcome);
    }

    [Fact]
    public void ServicesBesideJobs_AreNotWaitedFor() =>
        Assert.NotNull(Fold([Job("sum"), new ItemFact("web", "Deployment", 1, 0, 0, false, "")], Good("sum", "a", "")).Outcome);

    [Fact]
    public void WithoutJobs_ThereIsNoResult() =>
        Assert.Null(ResultFold.Fold(null, Facts([new ItemFact("web", "Deployment", 1, 1, 0, false, "")], []), Spec, Late, Hash));

    [Fact]
    public void WorkloadThatIsNotAllThere_HasNoResult() =>
        Assert.Null(ResultFold.Fold(null, Facts([Job("sum")], [Good("sum", "a", "x")]) with { AppliedSpecHash = null }, Spec, Late, Hash));

    [Fact]
    public void JobMadeAnew_BeginsAnew()
    {
        var half = Fold([Job("sum", shards: 2, isOver: false)], Good("sum", "a", "x"));
        var facts = Facts([Job("sum", shards: 2) with { Uid = "uid-new" }], [Good("sum", "a", "x"), Good("sum", "b", "y")]);
        Assert.Null(ResultFold.Fold(half, facts, Spec, EndedAt, Hash));
    }

    [Fact]
    public void Outcome_NeverChanges_UnlessTheLeaseIsForAnotherWorkload()
    {
        var done = Fold([Job("sum")], Good("sum", "a", "x"));
        Assert.Same(done, ResultFold.Fold(done, Facts([Job("sum") with { Uid = "uid-new" }], [Good("sum", "b", "y")]), Spec, Late, Hash));
        Assert.Same(done, ResultFold.Fold(done, ClusterFacts.Nothing, Spec, Late, Hash));
        Assert.Null(ResultFold.Fold(done, Facts([Job("sum")], [Good("sum", "a", "x")]), "0xother", Late, Hash));
    }

    [Theory]
    [InlineData(1, 0, false)]
    [InlineData(1, 4096, true)]
    [InlineData(2, 4096, true)]
    [InlineData(3, 4096, false)]
    [InlineData(64, 128, true)]
    [InlineData(64, 129, false)]
    public void Text_IsKept_WhereItsPartOfTheRoomHoldsIt(int shards, int bytes, bool isKept)
    {
        var shard = Fold([Job("sum", shards, isOver: false)], Good("sum", "a", new string('x', bytes))).Jobs[0].Shards[0];
        Assert.Equal((bytes, isKept), (shard.Size, shard.Text is not null));
    }

    /// <summary>Whatever is seen when, and how often: what is known at the end is the same.</summary>
    [Fact]
    public void OrderAndNumberOfLooks_ChangeNothing() => Prop.ForAll(Stories().ToArbitrary(), story =>
    {
        var (shards, pods, shuffled, cuts) = story;
        var jobs = new[] { Job("a", shards, isOver: false), Job("b", isOver: false) };
        LeaseResults? stepwise = null;
        foreach (var cut in cuts)
            stepwise = ResultFold.Fold(stepwise, Facts(jobs, shuffled.Skip(cut % shuffled.Length).Take(3)), Spec, EndedAt, Hash);
        var over = Facts([Job("a", shards), Job("b")], shuffled);
        var (first, second) = (ResultFold.Fold(stepwise, over, Spec, Late, Hash)!, ResultFold.Fold(null, Facts([Job("b"), Job("a", shards)], pods), Spec, Late, Hash)!);
        Assert.Equal(first.Outcome, second.Outcome);
        Assert.Equal(first.Jobs.SelectMany(j => j.Shards), second.Jobs.SelectMany(j => j.Shards));
        Assert.All(first.Jobs.Zip([shards, 1]), p => Assert.InRange(p.First.Shards.Count, 0, p.Second));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Status_IsZero_OnlyWhenEveryShardWasSeenToSucceed() => Prop.ForAll(Stories().ToArbitrary(), story =>
    {
        var (shards, pods, _, _) = story;
        var isWhole = pods.Where(p => p.End!.Succeeded).DistinctBy(p => p.Uid).GroupBy(p => p.Item).ToDictionary(g => g.Key, g => g.Count()) is var good
            && good.GetValueOrDefault("a") >= shards && good.GetValueOrDefault("b") >= 1;
        Assert.Equal(isWhole, ResultFold.Fold(null, Facts([Job("a", shards), Job("b")], pods), Spec, Late, Hash)!.Outcome!.Status == 0);
    }).QuickCheckThrowOnFailure();

    // Pods of two jobs: good ones, failed ones, and the same pod more than once.
    private static Gen<(int Shards, PodFact[] Pods, PodFact[] Shuffled, int[] Cuts)> Stories() =>
        from shards in Gen.Choose(1, 5)
        from ends in (from job in Gen.Elements("a", "b")
                      from code in Gen.Elements(0u, 0u, 1u, 9u)
                      from text in Gen.Elements("x", "y", "z", "")
                      from at in Gen.Choose(0, 3)
                      select (job, code, text, at)).NonEmptyListOf()
        let pods = ends.Select((e, i) => e.code == 0 ? Good(e.job, $"{i}", e.text, EndedAt + e.at) : Bad(e.job, $"{i}", e.text, e.code, EndedAt + e.at)).ToArray()
        from twice in Gen.SubListOf(pods)
        from shuffled in Gen.Shuffle(pods.Concat(twice))
        from cuts in Gen.Choose(0, 50).ListOf()
        select (shards, pods, shuffled.ToArray(), cuts.ToArray());

    private static LeaseResults Fold(ItemFact[] items, params PodFact[] pods) => ResultFold.Fold(null, Facts(items, pods), Spec, EndedAt, Hash)!;

    private static ClusterFacts Facts(IReadOnlyList<ItemFact> items, IEnumerable<PodFact> pods) =>
        ClusterFacts.Nothing with { NamespaceExists = true, AppliedSpecHash = Spec, Items = items, Pods = [.. pods] };

    private static ItemFact Job(string name, int shards = 1, bool isOver = true) =>
        new(name, "Job", shards, 0, isOver ? shards : 0, false, "") { Uid = $"uid-{name}", EndedAtMs = isOver ? EndedAt : 0 };

    private static ItemFact GaveUp(string name, int shards = 1) =>
        new(name, "Job", shards, 0, 0, true, "BackoffLimitExceeded") { Uid = $"uid-{name}", EndedAtMs = EndedAt };

    private static PodFact Good(string job, string uid, string text, long atMs = EndedAt) => Pod(job, uid, new PodEnd($"uid-{job}", true, 0, text, atMs));

    private static PodFact Bad(string job, string uid, string text, uint code, long atMs = EndedAt) => Pod(job, uid, new PodEnd($"uid-{job}", false, code, text, atMs));

    private static PodFact Pod(string job, string uid, PodEnd end) => new(uid, $"{job}-{uid}", job, "node-a", false, true, null, 0, 0, 0) { End = end };

    private static string Of(string text) => Hash(Encoding.UTF8.GetBytes(text));
}
