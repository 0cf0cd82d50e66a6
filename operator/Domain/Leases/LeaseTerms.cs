using System.Numerics;
using Federation.Domain.Pricing;

namespace Federation.Domain.Leases;

/// <summary>What a lease was matched on. The chain stores its hash only; whoever acts on the lease hands the terms in.</summary>
/// <param name="Tenant">EIP-55 address of who pays and gets the refund.</param>
/// <param name="Provider">The datacenter's on-chain identity.</param>
/// <param name="Token">ERC-20 contract that everything here is priced in.</param>
/// <param name="SpecHash">Keccak-256 of the workload's canonical JSON, 0x hex.</param>
/// <param name="MinCharge">Smallest units owed once the lease was activated.</param>
/// <param name="DurationSeconds">Term, from activation.</param>
/// <param name="NoticeSeconds">Workload and pay go on for this long after a close.</param>
/// <param name="SubmitSeconds">How long after the end the final receipt is awaited.</param>
/// <param name="ActivateBy">Unix seconds; the reservation ends then.</param>
public sealed record LeaseTerms(
    string Tenant,
    string Provider,
    string Token,
    string SpecHash,
    Resources Resources,
    Prices Prices,
    BigInteger MinCharge,
    uint DurationSeconds,
    uint NoticeSeconds,
    uint SubmitSeconds,
    long ActivateBy);
