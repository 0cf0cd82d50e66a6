namespace Federation.Gateway.Access;

/// <summary>How much of the cluster's API server tenants may use through the gateway.</summary>
public sealed record AccessOptions
{
    /// <summary>Of <see cref="ByteBurst"/>: as many tenants may send so much at once.</summary>
    internal const int BurstsTogether = 4;

    /// <summary>Of <see cref="ByteBurst"/>.</summary>
    public const int MostByteBurst = int.MaxValue / BurstsTogether;

    /// <summary>False: nobody is let in.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Of a credential; an hour at most: nothing else takes one back.</summary>
    public TimeSpan CredentialLife { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Exec, port-forward, logs and watches of one tenant at a time.</summary>
    public int StreamsPerTenant { get; init; } = 24;

    /// <summary>Those of all.</summary>
    public int Streams { get; init; } = 512;

    /// <summary>Other requests of one tenant at a time; what is beyond waits.</summary>
    public int RequestsPerTenant { get; init; } = 16;

    /// <summary>Those of all; what is beyond is refused.</summary>
    public int Requests { get; init; } = 256;

    /// <summary>Of <see cref="Requests"/>' kind, but of ComputeLeases' writes alone, which are not among those.</summary>
    public int Deliveries { get; init; } = 64;

    /// <summary>Reviews and what a server serves, of one tenant at a time; what is beyond waits.</summary>
    public int LooksPerTenant { get; init; } = 4;

    /// <summary>Those of all; what is beyond is refused.</summary>
    public int Looks { get; init; } = 128;

    /// <summary>Requests of one tenant that come at once: a client that learns what a server knows asks for a hundred things.</summary>
    public int Burst { get; init; } = 300;

    /// <summary>Requests of one tenant in the long run.</summary>
    public int PerSecond { get; init; } = 20;

    /// <summary>Writes of one tenant in the long run.</summary>
    public int WritesPerMinute { get; init; } = 20;

    /// <summary>Writes of one tenant that come at once. Each may leave a whole object in the store until its next compaction.</summary>
    public int WriteBurst { get; init; } = 40;

    /// <summary>Writes of all tenants in the long run, of ComputeLeases and of all else by itself.</summary>
    public int AllWritesPerMinute { get; init; } = 200;

    /// <summary>Bytes of one tenant in the long run, both directions together.</summary>
    public int BytesPerSecond { get; init; } = 2 << 20;

    /// <summary>Bytes of one tenant that come at once.</summary>
    public int ByteBurst { get; init; } = 32 << 20;

    /// <summary>Bytes of all tenants in the long run.</summary>
    public int AllBytesPerSecond { get; init; } = 16 << 20;

    /// <summary>Bytes of a body; Kubernetes' own objects end at 1 MiB.</summary>
    public int MostBodyBytes { get; init; } = 1536 * 1024;

    /// <summary>For a request that is no stream, from its first byte to the last of its answer.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);
}
