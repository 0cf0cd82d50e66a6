namespace Federation.Domain.Results;

/// <summary>How the program of a job's pod ended, and what it left.</summary>
/// <param name="JobUid">Of the Job that made the pod: one that is made anew has another.</param>
/// <param name="ExitCode">0 to 255.</param>
/// <param name="Message">What the program wrote as its result; empty when nothing.</param>
/// <param name="AtMs">Unix milliseconds.</param>
public sealed record PodEnd(string JobUid, bool Succeeded, uint ExitCode, string Message, long AtMs);

/// <summary>
/// What the jobs of a lease came to. Durable: it is written while the pods are there, and read when they are gone. Once it has an
/// outcome it never changes, unless the lease is amended to another workload.
/// </summary>
/// <param name="SpecHash">Of the workload that the jobs are of.</param>
/// <param name="Jobs">In ordinal order of their names.</param>
/// <param name="Outcome">Null until every job has ended for good.</param>
public sealed record LeaseResults(string SpecHash, IReadOnlyList<JobResult> Jobs, ResultOutcome? Outcome);

/// <param name="Uid">Of the Job object.</param>
/// <param name="Shards">In ordinal order of digests: those that ended well; until the job has, or when it never does, the last failed one too.</param>
public sealed record JobResult(string Name, string Uid, IReadOnlyList<ShardResult> Shards);

/// <param name="ExitCode">0 to 255; 0 when it succeeded.</param>
/// <param name="Digest">Keccak-256 of the result's bytes, 0x hex.</param>
/// <param name="Size">Bytes of the result.</param>
/// <param name="Text">The result itself; null when there is none, or it is too large to be kept.</param>
/// <param name="EndedAtMs">Unix milliseconds.</param>
public sealed record ShardResult(string PodUid, bool Succeeded, uint ExitCode, string Digest, int Size, string? Text, long EndedAtMs);

/// <summary>The one answer of a lease, as it goes on chain.</summary>
/// <param name="Digest">Of all shards of all jobs, 0x hex.</param>
/// <param name="Status">0: all went well. Else an exit code, or <see cref="NoExitCode"/>.</param>
public sealed record ResultOutcome(string Digest, uint Status)
{
    /// <summary>Above all exit codes: a job did not end well and left no code, or a shard's result was never seen.</summary>
    public const uint NoExitCode = 256;
}
