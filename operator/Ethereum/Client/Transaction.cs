using System.Numerics;

namespace Federation.Ethereum.Client;

/// <summary>A transaction as a node knows it; block members are null while it is pending.</summary>
public sealed record Transaction
{
    public required Bytes32 Hash { get; init; }

    public Bytes32? BlockHash { get; init; }

    public ulong? BlockNumber { get; init; }

    public required Address From { get; init; }

    public Address? To { get; init; }

    public required ulong Nonce { get; init; }

    public required BigInteger Value { get; init; }

    public required byte[] Input { get; init; }

    public required ulong Gas { get; init; }

    public BigInteger? GasPrice { get; init; }

    public BigInteger? MaxFeePerGas { get; init; }

    public BigInteger? MaxPriorityFeePerGas { get; init; }
}
