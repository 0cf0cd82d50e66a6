using System.Net;

namespace Federation.Kubernetes.Admission;

/// <summary>Where an <see cref="AdmissionServer"/> listens, and the bounds of every review.</summary>
public sealed record AdmissionServerOptions
{
    public IPAddress Address { get; init; } = IPAddress.Any;

    /// <summary>0 for any free port.</summary>
    public int Port { get; init; } = 9443;

    /// <summary>The API server takes bodies of 3 MiB; a review holds the object before and after, managed fields included.</summary>
    public int MaxBodyBytes { get; init; } = 8 << 20;

    /// <summary>Levels of a review that a webhook gets to see; what lies deeper reads as a hash.</summary>
    public int MaxDepth { get; init; } = 128;

    /// <summary>Below the registered timeout, so that the refusal says what happened.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>Bodies up to this size pass by larger ones, which wait for each other.</summary>
    public int SmallBodyBytes { get; init; } = 256 << 10;

    /// <summary>Small reviews that are held in memory at once.</summary>
    public int SmallAtOnce { get; init; } = 64;

    /// <summary>Large reviews that are held in memory at once.</summary>
    public int LargeAtOnce { get; init; } = 4;

    public int MaxConnections { get; init; } = 2048;
}
