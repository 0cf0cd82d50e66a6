using System.Text;
using Federation.Domain.Leases;

namespace Federation.Domain.Results;

/// <summary>Keccak-256, 0x hex.</summary>
public delegate string Digest(ReadOnlySpan<byte> data);

/// <summary>
/// Collects what the pods of jobs leave, as they end. Shards of a job run the same program and have no number that every
/// cluster knows, so they are put in the order of what they say: the same results give the same digest in every datacenter.
/// </summary>
public static class ResultFold
{
    /// <summary>Bytes of results that are kept as text, over all shards of a lease: each may have its part.</summary>
    public const int KeptBytes = 8192;

    // A job is told to be over before its last pod is, and a result is posted once for ever: caches get this long to catch up.
    private const long LongestLagMs = 300_000;

    /// <param name="before">What is known already; null: nothing.</param>
    /// <param name="specHash">Of the workload that the lease is for.</param>
    /// <param name="nowMs">Unix milliseconds.</param>
    /// <returns>Null as long as nothing has ended.</returns>
    public static LeaseResults? Fold(LeaseResults? before, ClusterFacts cluster, string specHash, long nowMs, Digest keccak256)
    {
        var known = before?.SpecHash == specHash ? before : null;
        // Not all of the workload is there, or it is another one: what is there cannot be the whole answer.
        if (known?.Outcome is not null || cluster.AppliedSpecHash != specHash) return known;
        var items = cluster.Items.Where(i => i.IsJob).OrderBy(i => i.Name, StringComparer.Ordinal).ToArray();
        if (items.Length == 0) return known;
        var keptBytes = KeptBytes / Math.Max(1, items.Sum(i => i.Desired));
        var jobs = items.Select(i => Collect(known?.Jobs.FirstOrDefault(j => j.Name == i.Name && j.Uid == i.Uid), i, cluster.Pods, keptBytes, keccak256)).ToArray();
        var isOver = items.Zip(jobs).All(p => IsOver(p.First, p.Second, cluster.Pods, nowMs));
        if (!isOver && jobs.All(j => j.Shards.Count == 0)) return null;
        return new LeaseResults(specHash, jobs, isOver ? OutcomeOf(items, jobs, keccak256) : null);
    }

    /// <summary>One digest of many: a single one is itself, others are hashed one after the other; of none it is that of no bytes.</summary>
    /// <param name="digests">32 bytes each, 0x hex.</param>
    public static string Combine(IReadOnlyList<string> digests, Digest keccak256) => digests.Count == 1
        ? digests[0]
        : keccak256(Convert.FromHexString(string.Concat(digests.Select(d => d[2..]))));

    private static JobResult Collect(JobResult? known, ItemFact job, IReadOnlyList<PodFact> pods, int keptBytes, Digest keccak256)
    {
        var before = known?.Shards ?? [];
        var have = before.Select(s => s.PodUid).ToHashSet();
        var ended = before
            .Concat(pods.Where(p => p.End?.JobUid == job.Uid && have.Add(p.Uid)).Select(p => ShardOf(p, keptBytes, keccak256)))
            .OrderBy(s => s.EndedAtMs).ThenBy(s => s.PodUid, StringComparer.Ordinal)
            .ToArray();
        // A job that loses a pod after its end may run one shard more than it was asked for.
        var good = ended.Where(s => s.Succeeded).Take(job.Desired).ToArray();
        var bad = good.Length == job.Desired ? [] : ended.Where(s => !s.Succeeded).TakeLast(1);
        return new JobResult(job.Name, job.Uid, [.. good.Concat(bad).OrderBy(s => s.Digest, StringComparer.Ordinal).ThenBy(s => s.PodUid, StringComparer.Ordinal)]);
    }

    private static ShardResult ShardOf(PodFact pod, int keptBytes, Digest keccak256)
    {
        var end = pod.End!;
        var bytes = Encoding.UTF8.GetBytes(end.Message);
        return new ShardResult(pod.Uid, end.Succeeded, end.Succeeded ? 0 : end.ExitCode, keccak256(bytes), bytes.Length, bytes.Length > 0 && bytes.Length <= keptBytes ? end.Message : null, end.AtMs);
    }

    private static bool IsOver(ItemFact job, JobResult result, IReadOnlyList<PodFact> pods, long nowMs)
    {
        if (!job.IsComplete && !job.Failed) return false;
        var isSeen = job.IsComplete
            ? result.Shards.Count(s => s.Succeeded) == job.Desired
            : result.Shards.Any(s => !s.Succeeded) && pods.All(p => p.Item != job.Name || p.Ended);
        return isSeen || (job.EndedAtMs > 0 && nowMs >= job.EndedAtMs + LongestLagMs);
    }

    private static ResultOutcome OutcomeOf(IReadOnlyList<ItemFact> items, IReadOnlyList<JobResult> jobs, Digest keccak256) => new(
        Combine([.. jobs.SelectMany(j => j.Shards).Select(s => s.Digest)], keccak256),
        items.Zip(jobs).Select(p => StatusOf(p.First, p.Second)).FirstOrDefault(s => s != 0));

    private static uint StatusOf(ItemFact job, JobResult result)
    {
        if (job.IsComplete && result.Shards.Count(s => s.Succeeded) == job.Desired) return 0;
        // Ended badly with zero: it was stopped from outside.
        return result.Shards.FirstOrDefault(s => !s.Succeeded) is { ExitCode: > 0 } failed ? failed.ExitCode : ResultOutcome.NoExitCode;
    }
}
