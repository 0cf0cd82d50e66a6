using System.Numerics;

namespace Federation.Ethereum.Client;

/// <summary>A call to simulate. Amounts are wei.</summary>
public sealed record CallInput
{
    public Address? From { get; init; }

    /// <summary>Null simulates a contract's creation.</summary>
    public Address? To { get; init; }

    public byte[]? Data { get; init; }

    public BigInteger? Value { get; init; }

    public ulong? Gas { get; init; }

    public BigInteger? MaxFeePerGas { get; init; }

    public BigInteger? MaxPriorityFeePerGas { get; init; }
}
