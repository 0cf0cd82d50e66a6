using System.Numerics;

namespace Federation.Ethereum.Client;

/// <summary>What became of a mined transaction.</summary>
public sealed record TransactionReceipt
{
    public required Bytes32 TransactionHash { get; init; }

    public required Bytes32 BlockHash { get; init; }

    public required ulong BlockNumber { get; init; }

    public required ulong TransactionIndex { get; init; }

    public required Address From { get; init; }

    public Address? To { get; init; }

    /// <summary>The contract made, if one was.</summary>
    public Address? ContractAddress { get; init; }

    public required ulong GasUsed { get; init; }

    /// <summary>Wei per gas that was paid.</summary>
    public BigInteger? EffectiveGasPrice { get; init; }

    /// <summary>1 for success, 0 for a revert.</summary>
    public required ulong Status { get; init; }

    public required IReadOnlyList<Log> Logs { get; init; }

    /// <summary>True unless the transaction reverted.</summary>
    public bool Succeeded => Status == 1;
}
