using Federation.Domain.Leases;
using Federation.Domain.Pricing;

namespace Federation.Domain.Placement;

/// <summary>Capacity that a signed Offer promises, until it has become a lease or can become none any more.</summary>
/// <param name="Id">Names the hold: hash of its Request and salt of its Offer.</param>
/// <param name="Request">Hash of the Request, 0x hex.</param>
/// <param name="Tenant">Who asked; limits count by it.</param>
/// <param name="Shares">The nodes that it was found on.</param>
/// <param name="ExpiresAt">Unix seconds; of the Offer: no later block matches it.</param>
/// <param name="Leases">Leases that it may become, as far as they are not others' already.</param>
public sealed record Hold(
    string Id,
    string Request,
    string Tenant,
    Resources Resources,
    IReadOnlyList<NodeShare> Shares,
    long ExpiresAt,
    IReadOnlyList<LeaseId> Leases);
