using Federation.Domain.Leases;
using Federation.Ethereum;

namespace Federation.Chain.Ledger;

/// <summary>
/// The token that each lease is paid in: a payment's log does not say. Nearly always one is all that there ever was, so only leases in
/// another one than the first are remembered one by one.
/// </summary>
internal sealed class LeaseTokens
{
    private readonly Lock gate = new();
    private readonly Dictionary<LeaseId, Address> others = [];
    private Address? first;

    public void Learn(LeaseId id, Address token)
    {
        lock (gate)
        {
            first ??= token;
            if (token == first) others.Remove(id);
            else others[id] = token;
        }
    }

    /// <summary>Null before any lease was seen.</summary>
    public Address? Of(LeaseId id)
    {
        lock (gate) return others.TryGetValue(id, out var token) ? token : first;
    }
}
