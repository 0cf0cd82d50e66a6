using System.Numerics;

namespace Federation.Ethereum.Client;

/// <summary>Fees of recent blocks. The base fees have one entry more than the blocks: that of the next one.</summary>
public sealed record FeeHistory
{
    public required ulong OldestBlock { get; init; }

    /// <summary>Wei per gas.</summary>
    public required IReadOnlyList<BigInteger> BaseFeePerGas { get; init; }

    /// <summary>Gas used over gas limit, 0 to 1.</summary>
    public IReadOnlyList<double> GasUsedRatio { get; init; } = [];

    /// <summary>Priority fees at the asked percentiles per block, wei per gas.</summary>
    public IReadOnlyList<IReadOnlyList<BigInteger>>? Reward { get; init; }
}
