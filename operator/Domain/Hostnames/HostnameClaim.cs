using Federation.Domain.Leases;

namespace Federation.Domain.Hostnames;

/// <summary>How a lease stands to a name that it is to be reached by. Durable: who holds a name keeps it over restarts.</summary>
/// <param name="Port">Name of the service's port.</param>
/// <param name="Url">Where it is reached once it is routed.</param>
/// <param name="HeldSinceMs">Unix milliseconds when the lease got it; 0: it has not got it.</param>
/// <param name="Reason">CamelCase, stable.</param>
/// <param name="Message">What is missing, with the next step; empty when nothing is.</param>
public sealed record HostnameClaim(string Name, string Service, string Port, string Url, long HeldSinceMs, string Reason, string Message)
{
    /// <summary>The reason of a name of the datacenter's, which needs no proof.</summary>
    public const string GivenOut = "GivenOut";

    public bool IsHeld => HeldSinceMs > 0;

    /// <summary>What it was got for, as far as is known once the workload that wished for it is gone: the port has its name alone.</summary>
    public HostnameWish Wish => new(Name, Service, Port, 0, Reason == GivenOut)
    {
        TlsSecret = Reason != GivenOut && Url.StartsWith("https:", StringComparison.Ordinal) ? "" : null,
    };
}

/// <summary>What a look found out about the names of a lease.</summary>
/// <param name="Claims">Of every name that is wished for; null: nothing can be said now, and what stands, stands.</param>
/// <param name="Routes">Those that are to be there; null as before.</param>
/// <param name="Problem">Why none can be routed now; null when they can.</param>
public sealed record HostnameNews(IReadOnlyList<HostnameClaim>? Claims, IReadOnlyList<HostnameRoute>? Routes, string? Problem)
{
    public static HostnameNews Unknown { get; } = new(null, null, null);

    public static HostnameNews None { get; } = new([], [], null);
}

/// <summary>What leads a name to a port of a service.</summary>
public sealed record HostnameRoute(string Hostname, string Service, ushort Port)
{
    /// <summary>Secret of the lease's namespace with the certificate of a name that its tenant has proved; null: none of the tenant's.</summary>
    public string? TlsSecret { get; init; }
}

/// <summary>A route as it stands in the cluster.</summary>
/// <param name="IsTidy">It is what the operator would write today, and what belongs to it is there.</param>
/// <param name="Refusal">Why who serves it does not; null as long as it says nothing against it.</param>
public sealed record RouteFact(HostnameRoute Route, bool IsTidy, string? Refusal);

/// <summary>Somebody's hold on a name.</summary>
public sealed record HostnameHold(LeaseId Lease, long SinceMs);
