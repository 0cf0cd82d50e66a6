using System.Numerics;
using System.Text.Json;
using Federation.Cluster.Entities;
using Federation.Cluster.Mapping;
using Federation.Domain.Exports;
using Federation.Domain.Hostnames;
using Federation.Domain.Leases;
using Federation.Domain.Results;
using Federation.Domain.Usage;
using Federation.Domain.Workloads;
using Federation.Kubernetes.Models;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Cluster.Tests.Mapping;

public sealed class StatusMapperTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, 500, TimeSpan.Zero);

    [Fact]
    public void Status_SurvivesTheApi_WithoutLoss() => Prop.ForAll(Statuses().ToArbitrary(), status =>
    {
        var text = JsonSerializer.Serialize(StatusMapper.ToEntity(status, [], Now), KubernetesJson.Options);
        var back = StatusMapper.FromEntity(JsonSerializer.Deserialize<ComputeLeaseStatus>(text, KubernetesJson.Options)!);
        Assert.Equal(Flat(status), Flat(back));
        Assert.True(StatusMapper.Same(status, back));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void UsagePosition_IsTheSameNumberForNumber() => Prop.ForAll(Positions().ToArbitrary(), usage =>
    {
        var back = UsageMapper.FromEntity(UsageMapper.ToEntity(usage));
        Assert.Equal(usage with { Series = [] }, back with { Series = [] });
        Assert.Equal(usage.Series.Select(s => BitConverter.DoubleToInt64Bits(s.Value)), back.Series.Select(s => BitConverter.DoubleToInt64Bits(s.Value)));
    }).QuickCheckThrowOnFailure();

    // A status that was written before it told unheld time.
    [Fact]
    public void UnheldTime_MayBeMissing()
    {
        var old = JsonSerializer.Deserialize<SeriesStatus>("{\"key\":\"a/Cpu/\",\"atMs\":5,\"value\":\"1\"}", KubernetesJson.Options)!;
        Assert.Equal(new SeriesPosition("a/Cpu/", 5, 1), Assert.Single(UsageMapper.FromEntity(new UsageStatus { Series = [old] }).Series));
    }

    // etcd takes 1.5 MiB, of which the tenant's manifest and kubectl's copy of it may have 512 KiB.
    [Fact]
    public void Status_OfAsManyPodsAsAreRemembered_LeavesRoomForTheManifest()
    {
        static string Uid(int n) => $"{n:x8}-1b2c-4d5e-8f90-0123456789ab";
        var usage = UsagePosition.StartingAt(1_767_225_600_000) with
        {
            Series = [.. Enumerable.Range(0, 640).SelectMany(n => new[] { "Cpu/", "Memory/", $"Egress/eth0@{new string('f', 64)}" }
                .Select(part => new SeriesPosition($"{Uid(n)}/{part}", 1_767_225_600_000, 12345.6789012345) { UnheldMs = 12345, ReadMs = part == "Memory/" ? null : 1_767_225_600_000 }))],
            Forgotten = [.. Enumerable.Range(0, 2048).Select(Uid)],
        };
        var status = LeaseStatus.New with { Usage = usage, Holdings = [.. Enumerable.Range(0, 1136).Select(n => new PodHolding(Uid(n), 1, 1, 1024) { EndedMs = 1_767_225_600_000, FromMs = 1_767_225_600_000, IsDoubtful = true })] };
        status = status with { Results = LargestResults(Uid) };
        var text = JsonSerializer.Serialize(StatusMapper.ToEntity(status, [], Now), KubernetesJson.Options);
        Assert.InRange(text.Length, 1, 768 * 1024);
        Assert.Equal(usage.Forgotten, StatusMapper.FromEntity(JsonSerializer.Deserialize<ComputeLeaseStatus>(text, KubernetesJson.Options)!).Usage!.Forgotten);
    }

    // Every shard of as many jobs as a workload may have, and the text of all of it where it costs most.
    private static LeaseResults LargestResults(Func<int, string> uid)
    {
        var (shards, text) = (WorkloadLimits.Programs * WorkloadLimits.Replicas, new string('\u0001', ResultFold.KeptBytes / (WorkloadLimits.Programs * WorkloadLimits.Replicas)));
        var all = Enumerable.Range(0, shards).Select(n => new ShardResult(uid(n), true, 0, $"0x{n:x64}", 4096, text, 1_767_225_600_000));
        return new LeaseResults($"0x{0:x64}", [.. all.Chunk(WorkloadLimits.Replicas).Select((c, i) => new JobResult(new string('j', WorkloadLimits.NameLength), uid(i), c))], new ResultOutcome($"0x{0:x64}", 0));
    }

    // A status that was written before it told holdings, and one of a lease that is not metered yet.
    [Fact]
    public void Holdings_StandBesideUsage_AndMayBeMissing()
    {
        var old = JsonSerializer.Deserialize<ComputeLeaseStatus>("{\"phase\":\"Running\"}", KubernetesJson.Options)!;
        Assert.Empty(StatusMapper.FromEntity(old).Holdings);

        var starting = LeaseStatus.New with { Holdings = [new PodHolding("a", 2, 0, uint.MaxValue)] };
        Assert.Equal(starting.Holdings, StatusMapper.FromEntity(StatusMapper.ToEntity(starting, [], Now)).Holdings);
        Assert.False(StatusMapper.Same(starting, LeaseStatus.New));
    }

    [Fact]
    public void Holding_BeyondItsRange_IsRefused() => Assert.Throws<OverflowException>(() =>
        StatusMapper.FromEntity(new ComputeLeaseStatus { Holdings = [new HoldingStatus { PodUid = "a", GpuA = -1 }] }));

    [Fact]
    public void Condition_KeepsItsTime_UntilItTurns()
    {
        var first = ConditionMapper.ToEntity([new("Ready", ConditionStatus.False, "Starting", "x")], [], 1, Now);
        var second = ConditionMapper.ToEntity([new("Ready", ConditionStatus.False, "Pulling", "y")], first, 2, Now.AddHours(1));
        var third = ConditionMapper.ToEntity([new("Ready", ConditionStatus.True, "Running", "z")], second, 2, Now.AddHours(2));

        Assert.Equal(0, first[0].LastTransitionTime.Millisecond);
        Assert.Equal(first[0].LastTransitionTime, second[0].LastTransitionTime);
        Assert.Equal(Now.AddHours(2).AddMilliseconds(-500), third[0].LastTransitionTime);
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(1_767_225_600, "2026-01-01T00:00:00Z")]
    [InlineData(long.MaxValue, "@9223372036854775807")]
    public void ExpectedEnd_IsForPeople_AndReadsBack(long seconds, string text)
    {
        Assert.Equal(text, UnixTime.ToText(seconds));
        Assert.Equal(seconds, UnixTime.FromText(text));
    }

    private static string Flat(LeaseStatus status) => JsonSerializer.Serialize(new
    {
        status.ObservedGeneration, status.Phase, status.Conditions, status.Endpoints, Usage = status.Usage is { } u ? Positions(u) : null,
        Placement = status.Placement.OrderBy(p => p.Key, StringComparer.Ordinal), status.UsageEvidence, status.SettledSeq,
        Money = status.Money?.ToString(), status.StoppedAtMs, status.UsageIsFinal, status.ClosedAtMs, status.Holdings, status.Results, status.Post, status.Suspension, status.RetainedUntil, status.HasStarted, status.StartingSince, status.Downtime,
        status.Hostnames, Images = status.Images is { } images ? new { images.SpecHash, Digests = images.Digests.OrderBy(d => d.Key, StringComparer.Ordinal) } : null,
    });

    private static string Positions(UsagePosition u) =>
        $"{u with { Series = [] }} {string.Join(';', u.Series.Select(s => $"{s.Key} {s.AtMs} {s.UnheldMs} {s.ReadMs} {s.FellMs} {BitConverter.DoubleToInt64Bits(s.Value)}"))}";

    private static Gen<string> Texts() => ArbMap.Default.GeneratorFor<NonNull<string>>().Select(s => new string([.. s.Get.Where(c => !char.IsSurrogate(c))]));

    private static Gen<BigInteger> Amounts() => ArbMap.Default.GeneratorFor<byte[]>().Select(b => BigInteger.Abs(new BigInteger(b ?? [])));

    private static Gen<UInt128> Wide() => from high in ArbMap.Default.GeneratorFor<ulong>() from low in ArbMap.Default.GeneratorFor<ulong>() select new UInt128(high, low);

    private static Gen<long> Times() => ArbMap.Default.GeneratorFor<long>();

    private static Gen<long?> MaybeTimes() => Gen.OneOf(Gen.Constant<long?>(null), Times().Select(t => (long?)t));

    private static Gen<UsagePosition> Positions() =>
        from through in Times()
        from wide in Wide().ListOf(6)
        from expected in Times()
        from observed in Times()
        from busy in MaybeTimes()
        from meter in Gen.Elements(Enum.GetValues<Meter>())
        from series in (from key in Texts() from at in Times() from value in ArbMap.Default.GeneratorFor<NormalFloat>() from optional in MaybeTimes().ListOf(3) select new SeriesPosition(key, at, value.Get) { UnheldMs = optional[0], ReadMs = optional[1], FellMs = optional[2] }).ListOf()
        select new UsagePosition(through, wide[0], wide[1], wide[2], wide[3], wide[4], wide[5], expected, observed, series)
        {
            Window = new WindowSight(expected, through) { Meter = meter },
            UnmeasuredMs = observed,
            GpuBusyMs = busy,
            ReservedMs = busy ^ 1,
            ResumedMs = busy ^ 2,
        };

    private static Gen<LeaseCondition> Conditions() =>
        from type in Gen.Elements("Verified", "Scheduled", "Ready", "Metered", "Settled", "Finished")
        from status in Gen.Elements(Enum.GetValues<ConditionStatus>())
        from reason in Texts()
        from message in Texts()
        select new LeaseCondition(type, status, reason, message);

    private static Gen<LeaseMoney> Money() =>
        from amounts in Amounts().ListOf(7)
        from end in Times()
        select new LeaseMoney(amounts[0], amounts[1], amounts[2], amounts[3], amounts[4], amounts[5], amounts[6], end);

    private static Gen<LeaseStatus> Statuses() =>
        from generation in Times()
        from phase in Gen.Elements(Enum.GetValues<LeasePhase>())
        from conditions in Conditions().ListOf()
        from endpoints in (from s in Texts() from p in Texts() from u in Texts() from e in Gen.Elements(true, false) select new LeaseEndpoint(s, p, u) { IsExposed = e }).ListOf()
        from placement in (from k in Texts() from v in Texts() select KeyValuePair.Create(k, v)).ListOf()
        from usage in Gen.OneOf(Gen.Constant<UsagePosition?>(null), Positions().Select(p => (UsagePosition?)p))
        from evidence in Texts()
        from seq in ArbMap.Default.GeneratorFor<uint>()
        from money in Gen.OneOf(Gen.Constant<LeaseMoney?>(null), Money().Select(m => (LeaseMoney?)m))
        from stopped in Times()
        from isFinal in ArbMap.Default.GeneratorFor<bool>()
        from closed in Times()
        from holdings in Holdings().ListOf()
        from results in Gen.OneOf(Gen.Constant<LeaseResults?>(null), Results().Select(r => (LeaseResults?)r))
        from post in Gen.OneOf(Gen.Constant<ResultPost?>(null), Posts().Select(p => (ResultPost?)p))
        from suspension in Gen.OneOf(Gen.Constant<Suspension?>(null), Suspensions().Select(s => (Suspension?)s))
        from retained in Times()
        from images in Gen.OneOf(Gen.Constant<ImagePins?>(null), Images().Select(i => (ImagePins?)i))
        from hostnames in Hostnames()
        from exports in Exports()
        from chain in Gen.OneOf(Gen.Constant<ChainMemory?>(null), Memories().Select(c => (ChainMemory?)c))
        select new LeaseStatus(
            generation, phase, conditions, endpoints, placement.DistinctBy(p => p.Key).ToDictionary(), usage, evidence, seq, money, stopped, isFinal, closed)
        {
            Holdings = holdings,
            Results = results,
            Post = post,
            Suspension = suspension,
            RetainedUntil = retained,
            HasStarted = isFinal,
            StartingSince = retained / 2,
            Downtime = isFinal ? new Downtime(Math.Abs(stopped / 2), Math.Abs(closed / 2), (int)(seq % 3), (int)(seq % 3) + 1) : null,
            Images = images,
            Hostnames = hostnames,
            Exports = exports,
            Chain = chain,
        };

    private static Gen<ChainMemory> Memories() =>
        from state in Gen.Elements(Enum.GetValues<LeaseState>())
        from reason in Gen.Elements(Enum.GetValues<CloseReason>())
        from times in Times().ListOf(3)
        from offsets in Amounts().ListOf(2)
        select new ChainMemory(state, reason, times[0], times[1], times[2]) { DueOffset = -offsets[0], CapOffset = offsets[1] };

    private static Gen<IReadOnlyList<HostnameClaim>> Hostnames() =>
        (from texts in Texts().ListOf(5) from since in Times() select new HostnameClaim(texts[0], texts[1], texts[2], texts[3], since, texts[4], texts[0])).ListOf().Select(claims => (IReadOnlyList<HostnameClaim>)[.. claims]);

    private static Gen<IReadOnlyList<VolumeExport>> Exports() =>
        (from texts in Texts().ListOf(5)
         from at in Times()
         from sent in Gen.OneOf(Gen.Constant<SentBytes?>(null), (from size in ArbMap.Default.GeneratorFor<ulong>() select (SentBytes?)new SentBytes(texts[4], size)))
         from failures in Gen.Choose(0, int.MaxValue)
         from outdated in ArbMap.Default.GeneratorFor<bool>()
         select new VolumeExport(texts[0], texts[1], at) { Sent = sent, Signature = texts[2], Problem = texts[3], Failures = failures, IsOutdated = outdated })
        .ListOf().Select(exports => (IReadOnlyList<VolumeExport>)[.. exports]);

    private static Gen<Suspension> Suspensions() =>
        from times in Times().ListOf(4)
        from volumes in (from uid in Texts() from mib in ArbMap.Default.GeneratorFor<uint>() select new KeptVolume(uid, mib)).ListOf()
        select new Suspension(times[0], times[1], times[2], times[3], volumes);

    private static Gen<LeaseResults> Results() =>
        from spec in Texts()
        from jobs in (from name in Texts() from uid in Texts() from shards in Shards().ListOf() select new JobResult(name, uid, shards)).ListOf()
        from outcome in Gen.OneOf(Gen.Constant<ResultOutcome?>(null), (from digest in Texts() from status in ArbMap.Default.GeneratorFor<uint>() select (ResultOutcome?)new ResultOutcome(digest, status)))
        select new LeaseResults(spec, jobs, outcome);

    private static Gen<ShardResult> Shards() =>
        from uid in Texts()
        from succeeded in ArbMap.Default.GeneratorFor<bool>()
        from code in ArbMap.Default.GeneratorFor<uint>()
        from digest in Texts()
        from size in Gen.Choose(0, int.MaxValue)
        from text in Gen.OneOf(Gen.Constant<string?>(null), Texts().Select(t => (string?)t))
        from at in Times()
        select new ShardResult(uid, succeeded, succeeded ? 0 : code, digest, size, text, at);

    private static Gen<ResultPost> Posts() =>
        from transaction in Gen.OneOf(Gen.Constant<string?>(null), Texts().Select(t => (string?)t))
        from digest in Texts()
        from status in ArbMap.Default.GeneratorFor<uint>()
        from flags in ArbMap.Default.GeneratorFor<bool>().ListOf(4)
        from refusal in Gen.OneOf(Gen.Constant<string?>(null), Texts().Select(t => (string?)t))
        select new ResultPost(transaction, flags[0] ? new PostedResult(digest, status, flags[1], flags[2]) : null, flags[3], refusal);

    private static Gen<ImagePins> Images() =>
        from spec in Texts()
        from digests in (from image in Texts() from digest in Texts() select KeyValuePair.Create(image, digest)).ListOf()
        select new ImagePins(spec, digests.DistinctBy(d => d.Key).ToDictionary());

    private static Gen<PodHolding> Holdings() =>
        from uid in Texts()
        from amounts in ArbMap.Default.GeneratorFor<uint>().ListOf(3)
        from ended in Times()
        from bound in Times()
        from doubt in Gen.Elements(true, false)
        select new PodHolding(uid, amounts[0], amounts[1], amounts[2]) { EndedMs = ended, FromMs = bound, IsDoubtful = doubt };
}
