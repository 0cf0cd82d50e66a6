using Federation.Domain.Leases;

namespace Federation.Domain.Hostnames;

/// <summary>
/// The record by which a tenant shows that a hostname is its own: only who runs the domain can write it, and it names whom it
/// is for, so that it is of no use to anybody else.
/// </summary>
public static class OwnershipProof
{
    private const string OfLease = "federation-lease=";
    private const string OfTenant = "federation-tenant=";

    /// <summary>Where the TXT record is looked for.</summary>
    public static string RecordName(string hostname) => "_federation." + hostname;

    /// <summary>Any one of the record's texts will do; other ones may stand beside it.</summary>
    public static bool IsIn(IEnumerable<string> texts, LeaseId id, string tenant) =>
        texts.Select(t => t.Trim()).Any(t => t.Equals(OfLease + id.Hex, StringComparison.OrdinalIgnoreCase) || t.Equals(OfTenant + tenant, StringComparison.OrdinalIgnoreCase));

    /// <summary>What a tenant is told to write.</summary>
    public static string Advice(string hostname, LeaseId id, string tenant) =>
        $"write the TXT record {RecordName(hostname)} with the text {OfTenant}{tenant.ToLowerInvariant()}, or with {OfLease}{id.Hex} for this lease alone; it is looked for again and again";
}

/// <summary>What the name service said of a proof.</summary>
public enum ProofStanding
{
    /// <summary>Not asked yet, or asked and not told for certain.</summary>
    Unknown,

    Present,

    /// <summary>For certain it is not there.</summary>
    Absent,
}
