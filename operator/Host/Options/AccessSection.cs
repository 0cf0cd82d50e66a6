using Federation.Application.Settings;
using Federation.Gateway.Access;

namespace Federation.Host.Options;

/// <summary>Tenants' access to their leases' namespaces by the gateway, with kubectl.</summary>
public sealed class AccessSection
{
    private static readonly TimeSpan LongestLife = TimeSpan.FromHours(1);

    // What all share is never one tenant's.
    private const int Share = 4;

    private const int LeastBytes = 64 * 1024;

    private static readonly AccessOptions Usual = new();

    /// <summary>Tenants sign in by their wallets, and reach the API server by the gateway.</summary>
    public bool Enabled { get; set; } = Usual.Enabled;

    /// <summary>Of a credential, an hour at most: nothing else takes one back.</summary>
    public TimeSpan CredentialLife { get; set; } = Usual.CredentialLife;

    /// <summary>Exec, port-forward, logs and watches of one tenant at a time.</summary>
    public int StreamsPerTenant { get; set; } = Usual.StreamsPerTenant;

    /// <summary>Those of all tenants.</summary>
    public int Streams { get; set; } = Usual.Streams;

    /// <summary>Requests of one tenant in the long run.</summary>
    [Reloadable]
    public int PerSecond { get; set; } = Usual.PerSecond;

    /// <summary>Writes of one tenant in the long run.</summary>
    [Reloadable]
    public int WritesPerMinute { get; set; } = Usual.WritesPerMinute;

    /// <summary>Writes of all tenants in the long run: each may leave 64 KiB in the cluster's store until it is compacted; without the webhook, and of a ComputeLease, more.</summary>
    [Reloadable]
    public int AllWritesPerMinute { get; set; } = Usual.AllWritesPerMinute;

    /// <summary>Bytes of one tenant in the long run, both directions together; nobody pays for them.</summary>
    [Reloadable]
    public int BytesPerSecond { get; set; } = Usual.BytesPerSecond;

    /// <summary>Bytes of one tenant that come at once.</summary>
    [Reloadable]
    public int ByteBurst { get; set; } = Usual.ByteBurst;

    /// <summary>Bytes of all tenants in the long run.</summary>
    [Reloadable]
    public int AllBytesPerSecond { get; set; } = Usual.AllBytesPerSecond;

    internal AccessOptions ToOptions() => Usual with
    {
        Enabled = Enabled, CredentialLife = CredentialLife, StreamsPerTenant = StreamsPerTenant, Streams = Streams,
        PerSecond = PerSecond, WritesPerMinute = WritesPerMinute, AllWritesPerMinute = AllWritesPerMinute,
        WriteBurst = Math.Min(Usual.WriteBurst, AllWritesPerMinute / Share),
        BytesPerSecond = BytesPerSecond, ByteBurst = ByteBurst, AllBytesPerSecond = AllBytesPerSecond,
    };

    public IEnumerable<string> Faults()
    {
        if (CredentialLife < TimeSpan.FromMinutes(1) || CredentialLife > LongestLife) yield return "Access:CredentialLife must be from a minute to an hour: nothing takes a credential back before.";
        if (StreamsPerTenant < 1 || StreamsPerTenant > Streams / Share) yield return "Access:StreamsPerTenant must be at least 1, and at most a fourth of Access:Streams.";
        if (PerSecond < 1) yield return "Access:PerSecond must be at least 1.";
        if (WritesPerMinute < 1 || WritesPerMinute > AllWritesPerMinute / Share) yield return "Access:WritesPerMinute must be at least 1, and at most a fourth of Access:AllWritesPerMinute.";
        if (BytesPerSecond < LeastBytes || BytesPerSecond > AllBytesPerSecond / Share) yield return $"Access:BytesPerSecond must be at least {LeastBytes}, and at most a fourth of Access:AllBytesPerSecond.";
        if (ByteBurst < LeastBytes || ByteBurst > AccessOptions.MostByteBurst) yield return $"Access:ByteBurst must be from {LeastBytes} to {AccessOptions.MostByteBurst}.";
    }
}
