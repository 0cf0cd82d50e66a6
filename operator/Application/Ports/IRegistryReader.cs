using System.Numerics;

namespace Federation.Application.Ports;

/// <summary>This provider's entry in the registry on chain, for the datacenter's own eyes.</summary>
public interface IRegistryReader
{
    /// <param name="spec">What the entry should say; stake is read in the token of its prices.</param>
    /// <exception cref="LedgerException">The chain cannot be read.</exception>
    Task<RegistryStanding> ReadAsync(DatacenterSpec spec, CancellationToken cancellation);
}

/// <param name="Operator">Key that the registry takes Offers, activations and receipts from; the zero address: not registered.</param>
/// <param name="OwnKey">Key that this operator signs with.</param>
/// <param name="Payout">Earnings are credited to it.</param>
/// <param name="IsActive">The registry takes new leases of it.</param>
/// <param name="Stake">Smallest units of the token in its pool, delegated stake included.</param>
/// <param name="FreeStake">Of these, what no lease has locked.</param>
public sealed record RegistryStanding(
    string Operator,
    string OwnKey,
    string Payout,
    bool IsActive,
    string Endpoint,
    string Region,
    BigInteger Stake,
    BigInteger FreeStake)
{
    /// <summary>Bit map that the entry claims.</summary>
    public BigInteger Capabilities { get; init; }

    /// <summary>Hash of the price book that was published last, 0x hex; zero: none was.</summary>
    public string PriceBook { get; init; } = "";

    /// <summary>Hash of the price book that <c>spec.prices</c> come to.</summary>
    public string OwnPriceBook { get; init; } = "";

    /// <summary>Of the auditors that the spec names, in its order.</summary>
    public IReadOnlyList<Attestation> Attestations { get; init; } = [];

    /// <summary>What makes the registry say what the spec says.</summary>
    public RegistryCalls Calls { get; init; } = RegistryCalls.None;
}

/// <summary>An auditor's word on this provider.</summary>
/// <param name="Bits">Zero: it has said nothing, or took it back.</param>
/// <param name="ExpiresAt">Unix seconds by the chain's clock.</param>
public sealed record Attestation(string Auditor, BigInteger Bits, long ExpiresAt);

/// <summary>Commands to be sent with the provider's key, ready but for the key and the node.</summary>
/// <param name="Entry">Registers, or updates the whole entry.</param>
/// <param name="Activate">Takes new leases again.</param>
/// <param name="PriceBook">Publishes <c>spec.prices</c>.</param>
public sealed record RegistryCalls(string Entry, string Activate, string PriceBook)
{
    /// <summary>Adds what <c>spec.stake</c> asks for and is not free: two commands, of which the second needs the first. Empty: nothing is missing.</summary>
    public string Stake { get; init; } = "";

    public static RegistryCalls None { get; } = new("", "", "");
}
