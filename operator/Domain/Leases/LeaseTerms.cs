using System.Numerics;
using Federation.Domain.Pricing;

namespace Federation.Domain.Leases;

/// <summary>What a lease runs on: as matched, or as last amended. The chain stores its hash only; whoever acts on the lease hands the terms in.</summary>
/// <param name="Tenant">EIP-55 address of who owns the lease.</param>
/// <param name="Payer">Put the escrow in; refunds and penalties go here.</param>
/// <param name="Provider">The datacenter's on-chain identity.</param>
/// <param name="Token">ERC-20 contract that everything here is priced in.</param>
/// <param name="SpecHash">Keccak-256 of the workload's canonical JSON, 0x hex.</param>
/// <param name="StartFee">Smallest units, due with the first receipt.</param>
/// <param name="MinCharge">Smallest units owed once the lease was activated.</param>
/// <param name="ReservationFee">Smallest units owed when the tenant gives up a reservation.</param>
/// <param name="DurationSeconds">Term, from activation.</param>
/// <param name="NoticeSeconds">Workload and pay go on for this long after a close.</param>
/// <param name="ActivateBy">Unix seconds; the reservation ends then.</param>
/// <param name="DowntimeBps">Credit for a second in which the workload was not ready, of the full rate.</param>
/// <param name="Arbiter">Rules in disputes; zero address: none.</param>
/// <param name="RoyaltyTo">The app's account; zero address: no app.</param>
/// <param name="RoyaltyBps">Of the gross.</param>
/// <param name="Callback">The tenant is a contract that wants its result.</param>
public sealed record LeaseTerms(
    string Tenant,
    string Payer,
    string Provider,
    string Token,
    string SpecHash,
    Resources Resources,
    Prices Prices,
    BigInteger StartFee,
    BigInteger MinCharge,
    BigInteger ReservationFee,
    uint DurationSeconds,
    uint NoticeSeconds,
    long ActivateBy,
    ushort DowntimeBps,
    string Arbiter,
    string RoyaltyTo,
    ushort RoyaltyBps,
    bool Callback,
    LeaseParameters Parameters);

/// <summary>What governance had set when the lease was matched.</summary>
/// <param name="SubmitSeconds">How long after the end the final receipt is awaited.</param>
/// <param name="MaturitySeconds">Length of a maturity bucket: a claim waits one to two of them.</param>
/// <param name="RulingSeconds">An arbiter that is silent for so long makes a draw.</param>
/// <param name="FeeBps">Protocol fee, of the gross.</param>
/// <param name="Slice">Smallest units of the provider's stake that are locked for this lease.</param>
/// <param name="Penalty">Smallest units of the slice: for not activating, or leaving without notice.</param>
/// <param name="DisputeBond">The least that a challenger bonds, smallest units.</param>
/// <param name="ArbiterFee">Smallest units.</param>
/// <param name="Bounty">Smallest units to the stranger who closes a lease whose time or escrow is over.</param>
public sealed record LeaseParameters(
    uint SubmitSeconds,
    uint MaturitySeconds,
    uint RulingSeconds,
    ushort FeeBps,
    BigInteger Slice,
    BigInteger Penalty,
    BigInteger DisputeBond,
    BigInteger ArbiterFee,
    BigInteger Bounty);
