using System.Numerics;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;

namespace Federation.Domain.Placement;

/// <summary>Capacity that a signed Offer promises, until it has become a lease or can become none any more.</summary>
/// <param name="Id">Names the hold: hash of its Request and salt of its Offer.</param>
/// <param name="Request">Hash of the Request, 0x hex.</param>
/// <param name="Payer">Who asked and would pay; limits count by it.</param>
/// <param name="Shares">The nodes that it was found on.</param>
/// <param name="ExpiresAt">Unix seconds; of the Offer: no later block matches it.</param>
/// <param name="Leases">Leases that it may become, as far as they are not others' already.</param>
public sealed record Hold(
    string Id,
    string Request,
    string Payer,
    Resources Resources,
    IReadOnlyList<NodeShare> Shares,
    long ExpiresAt,
    IReadOnlyList<LeaseId> Leases)
{
    /// <summary>Escrow that its lease takes, smallest units: its payer has to have as much beside what its other holds take.</summary>
    public BigInteger Deposit { get; init; }

    /// <summary>Network address that it was asked from.</summary>
    public string Caller { get; init; } = "";

    /// <summary>A bid on chain holds it, until the time for its award is over; else a quote does.</summary>
    public bool IsBid { get; init; }

    /// <summary>It is what a running lease gets beside what it has, when it is amended; null: it is for a new lease.</summary>
    public AmendedLease? Amends { get; init; }
}

/// <param name="Nonce">Of the amendment: once the lease has had so many and one more, this one can become none.</param>
public sealed record AmendedLease(LeaseId Lease, uint Nonce);

/// <summary>Who asks for a hold.</summary>
/// <param name="Payer">Its signature was checked.</param>
/// <param name="Caller">Network address that it asks from.</param>
/// <param name="Funds">What it could put into escrow, smallest units.</param>
public sealed record Asker(string Payer, string Caller, BigInteger Funds)
{
    /// <summary>Of the leases that its open quotes may become, those that had taken their escrow out of the funds when these were read.</summary>
    public IReadOnlySet<LeaseId> Matched { get; init; } = new HashSet<LeaseId>();
}
