namespace Federation.Host.Options;

/// <summary>Connections that tenants and strangers may have open to a replica's gateway; those to the own port are not counted.</summary>
public sealed class ConnectionsSection
{
    // One tenant's kubectl may have 24 streams and 16 requests open.
    private const int LeastPerAddress = 64;

    /// <summary>Of all: each may cost some 200 KiB of the operator's memory.</summary>
    public int Most { get; set; } = 2048;

    /// <summary>Of one network address (one IPv6 /64), which is not of TrustedProxies. Where a balancer shows its own address for everybody's and cannot say whose it was, as many as all.</summary>
    public int PerAddress { get; set; } = 256;

    public IEnumerable<string> Faults()
    {
        if (PerAddress < LeastPerAddress) yield return $"Connections:PerAddress must be at least {LeastPerAddress}: one tenant's streams and requests have a connection each.";
        if (PerAddress > Most) yield return "Connections:PerAddress must be at most Connections:Most.";
    }
}
