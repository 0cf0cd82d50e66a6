using Federation.Cluster.Entities;
using Federation.Domain.Results;

namespace Federation.Cluster.Mapping;

/// <summary>Results of jobs and their way to the chain, to the object's status and back.</summary>
internal static class ResultMapper
{
    public static ResultsStatus ToEntity(LeaseResults results) => new()
    {
        SpecHash = results.SpecHash,
        Jobs = [.. results.Jobs.Select(j => new JobResultStatus { Name = j.Name, Uid = j.Uid, Shards = [.. j.Shards.Select(ToEntity)] })],
        Digest = results.Outcome?.Digest,
        Status = results.Outcome?.Status,
    };

    /// <exception cref="OverflowException">A number is negative or does not fit 32 bits.</exception>
    public static LeaseResults FromEntity(ResultsStatus results) => new(
        results.SpecHash,
        [.. results.Jobs.Select(j => new JobResult(j.Name, j.Uid, [.. j.Shards.Select(FromEntity)]))],
        results is { Digest: { } digest, Status: { } status } ? new ResultOutcome(digest, checked((uint)status)) : null);

    public static PostStatus ToEntity(ResultPost post) => new()
    {
        Transaction = post.Transaction,
        Posted = post.Posted is { } posted
            ? new PostedStatus { Digest = posted.Digest, Status = posted.Status, CallsTenant = posted.CallsTenant, Delivered = posted.IsDelivered }
            : null,
        IsSettled = post.IsSettled,
        Refusal = post.Refusal,
    };

    /// <exception cref="OverflowException">A number is negative or does not fit 32 bits.</exception>
    public static ResultPost FromEntity(PostStatus post) => new(
        post.Transaction,
        post.Posted is { } posted ? new PostedResult(posted.Digest, checked((uint)posted.Status), posted.CallsTenant, posted.Delivered) : null,
        post.IsSettled,
        post.Refusal);

    private static ShardResultStatus ToEntity(ShardResult shard) => new()
    {
        PodUid = shard.PodUid, ExitCode = shard.Succeeded ? null : shard.ExitCode, Digest = shard.Digest, Size = shard.Size, Text = shard.Text, EndedAtMs = shard.EndedAtMs,
    };

    private static ShardResult FromEntity(ShardResultStatus shard) =>
        checked(new ShardResult(shard.PodUid, shard.ExitCode is null, (uint)(shard.ExitCode ?? 0), shard.Digest, (int)shard.Size, shard.Text, shard.EndedAtMs));
}
