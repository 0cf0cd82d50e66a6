using System.Numerics;

namespace Federation.Domain.Requesting;

/// <summary>How far apart the replicas of a request stand.</summary>
public enum Spread
{
    /// <summary>No two in one datacenter.</summary>
    Datacenter,

    /// <summary>No two in one region.</summary>
    Region,

    /// <summary>Wherever it is cheapest.</summary>
    None,
}

/// <summary>Where a replica stands.</summary>
/// <param name="Provider">The datacenter's on-chain identity.</param>
public sealed record Place(string Provider, string Region);

/// <summary>A datacenter as the registry has it.</summary>
/// <param name="OperatorKey">Signs its Offers.</param>
/// <param name="Endpoint">Of its gateway.</param>
/// <param name="Capabilities">Bits that it claims; of the auditor that the rules name, those that it attests.</param>
/// <param name="Stake">Smallest units of the request's token that are not locked for leases.</param>
public sealed record Candidate(Place Place, string OperatorKey, string Endpoint, bool IsActive, BigInteger Capabilities, BigInteger Stake)
{
    /// <summary>Content address of the price book that it published last, 0x hex; empty or zeros: none.</summary>
    public string PriceBook { get; init; } = "";
}

/// <summary>Which datacenters a request may go to, and how its replicas stand to each other.</summary>
/// <param name="Regions">Empty: any.</param>
/// <param name="Allow">Providers; empty: any.</param>
/// <param name="Capabilities">Bit map that a datacenter must have, whole.</param>
/// <param name="Auditor">Whose word on them counts; empty: the datacenter's own.</param>
/// <param name="MinStake">Smallest units.</param>
public sealed record PlacementRules(
    Spread Spread,
    IReadOnlyList<string> Regions,
    IReadOnlyList<string> Allow,
    IReadOnlyList<string> Deny,
    BigInteger Capabilities,
    string Auditor,
    BigInteger MinStake)
{
    public static PlacementRules None { get; } = new(Spread.None, [], [], [], 0, "", 0);

    /// <returns>Why no replica may be there, a CamelCase word; null when one may.</returns>
    public string? Forbids(Place place)
    {
        if (Deny.Any(d => Same(d, place.Provider))) return "Denied";
        if (Allow.Count > 0 && !Allow.Any(a => Same(a, place.Provider))) return "NotAllowed";
        return Regions.Count > 0 && !Regions.Contains(place.Region, StringComparer.Ordinal) ? "OtherRegion" : null;
    }

    /// <returns>Why a datacenter is not asked, a CamelCase word; null when it is.</returns>
    public string? Excludes(Candidate candidate)
    {
        if (!candidate.IsActive) return "NotActive";
        if (Forbids(candidate.Place) is { } word) return word;
        if (!(Capabilities & ~candidate.Capabilities).IsZero) return Auditor.Length > 0 ? "NotAttested" : "CapabilityMissing";
        return candidate.Stake < MinStake ? "StakeTooLow" : null;
    }

    /// <summary>Whether a replica may not stand there for the sake of one that stands elsewhere.</summary>
    public bool Collides(Place wanted, Place taken) => Spread switch
    {
        Spread.Datacenter => Same(wanted.Provider, taken.Provider),
        Spread.Region => string.Equals(wanted.Region, taken.Region, StringComparison.Ordinal) || Same(wanted.Provider, taken.Provider),
        _ => false,
    };

    internal static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);
}
