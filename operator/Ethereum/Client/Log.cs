namespace Federation.Ethereum.Client;

/// <summary>One event as a node reports it, with its place on the chain.</summary>
public sealed record Log
{
    public required Address Address { get; init; }

    public required IReadOnlyList<Bytes32> Topics { get; init; }

    public required byte[] Data { get; init; }

    public required ulong BlockNumber { get; init; }

    public required Bytes32 BlockHash { get; init; }

    public required Bytes32 TransactionHash { get; init; }

    public required ulong TransactionIndex { get; init; }

    public required ulong LogIndex { get; init; }

    /// <summary>True if a reorganisation took it off the chain; only subscriptions report this.</summary>
    public bool Removed { get; init; }
}
