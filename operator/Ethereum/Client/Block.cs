using System.Numerics;

namespace Federation.Ethereum.Client;

/// <summary>A block's header with the hashes of its transactions.</summary>
public sealed record Block
{
    public required ulong Number { get; init; }

    public required Bytes32 Hash { get; init; }

    public required Bytes32 ParentHash { get; init; }

    /// <summary>Unix seconds.</summary>
    public required ulong Timestamp { get; init; }

    public required ulong GasLimit { get; init; }

    public required ulong GasUsed { get; init; }

    /// <summary>Wei; null on chains without EIP-1559.</summary>
    public BigInteger? BaseFeePerGas { get; init; }

    /// <summary>256 bytes that <see cref="Bloom"/> reads; null or all zero on chains that keep none.</summary>
    public byte[]? LogsBloom { get; init; }

    public IReadOnlyList<Bytes32> Transactions { get; init; } = [];
}
