using System.Numerics;
using Federation.Chain.Bindings;
using Federation.Ethereum;

namespace Federation.Chain.Accounts;

/// <summary>What a deployment of the contracts fixes, and the parameters that it begins with; see the contracts' page for the bounds.</summary>
public sealed record DeploymentSettings
{
    private const uint Day = 86_400;

    /// <summary>How long a lease waits for its final receipt after its end.</summary>
    public uint SubmitSeconds { get; init; } = 3_600;

    /// <summary>Length of a maturity bucket; 0: claims are paid at once.</summary>
    public uint MaturitySeconds { get; init; } = Day;

    /// <summary>An arbiter that is silent for so long makes a draw.</summary>
    public uint RulingSeconds { get; init; } = 14 * Day;

    /// <summary>Protocol fee, of the gross.</summary>
    public ushort FeeBps { get; init; } = 50;

    /// <summary>Stake that a lease locks, of two maturity buckets at its full rate; 0: none.</summary>
    public ushort SliceBps { get; init; } = 10_000;

    /// <summary>What not activating, or leaving without notice, costs of the slice.</summary>
    public ushort PenaltyBps { get; init; } = 1_000;

    /// <summary>The token's smallest units.</summary>
    public BigInteger DisputeBond { get; init; } = 10_000_000;

    /// <summary>The token's smallest units.</summary>
    public BigInteger ArbiterFee { get; init; } = 2_000_000;

    /// <summary>To the stranger who closes a lease whose time or escrow is over; the token's smallest units.</summary>
    public BigInteger Bounty { get; init; } = 10_000;

    /// <summary>How long stake stays liable after it was given notice; longer than two maturity buckets and a ruling.</summary>
    public ulong UnbondingSeconds { get; init; } = 30 * Day;

    /// <summary>Protocol fees go to it; null: the deployer.</summary>
    public Address? Treasury { get; init; }

    /// <summary>May pause new leases; null: the deployer.</summary>
    public Address? Guardian { get; init; }

    /// <summary>Uniswap's Permit2; zero where the chain has none.</summary>
    public Address Permit2 { get; init; }

    /// <summary>An ERC-20 to allow; null deploys a test token that anybody may mint.</summary>
    public Address? Token { get; init; }

    internal ParametersStruct ToParameters() => new()
    {
        SubmitSeconds = SubmitSeconds,
        MaturitySeconds = MaturitySeconds,
        RulingSeconds = RulingSeconds,
        FeeBps = FeeBps,
        SliceBps = SliceBps,
        PenaltyBps = PenaltyBps,
    };

    internal TokenParameters ToTokenParameters() => new() { DisputeBond = DisputeBond, ArbiterFee = ArbiterFee, Bounty = Bounty };
}
