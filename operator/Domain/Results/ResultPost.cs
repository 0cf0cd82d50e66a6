namespace Federation.Domain.Results;

/// <summary>A lease's result as the chain holds it.</summary>
/// <param name="Digest">0x hex.</param>
/// <param name="CallsTenant">The tenant is a contract that asked to be called with it.</param>
/// <param name="IsDelivered">The call went through.</param>
public sealed record PostedResult(string Digest, uint Status, bool CallsTenant, bool IsDelivered);

/// <summary>Where posting a lease's result stands. What it says of the chain is read there.</summary>
/// <param name="Transaction">Hash of ours that posted it, 0x hex; null when none was seen to be mined.</param>
/// <param name="Posted">As confirmed; null: it is not there.</param>
/// <param name="IsSettled">It is finalized and nothing about it can change any more: it is not looked at again.</param>
/// <param name="Refusal">The contract's error when it will never take this result; null when it may.</param>
public sealed record ResultPost(string? Transaction, PostedResult? Posted, bool IsSettled, string? Refusal)
{
    public static ResultPost None { get; } = new(null, null, false, null);
}

/// <summary>What one look found of a result's way to the chain.</summary>
/// <param name="Post">Where it stands; null when it was not looked for, or the chain could not be read: what was known stands, and nothing is sent.</param>
/// <param name="Failure">What our last transaction for it failed with; null when it did not.</param>
public sealed record PostNews(ResultPost? Post, string? Failure)
{
    public static PostNews None { get; } = new(null, null);
}
