namespace Federation.Kubernetes.Client;

/// <summary>Bounds of every call.</summary>
public sealed record KubernetesClientOptions
{
    /// <summary>Longest duration of one call, its repetitions included. Watches have their own watchdog.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Repetitions of a read that failed on the way, and of any request that the server turned away unseen (429).</summary>
    public int MaxRetries { get; init; } = 4;

    /// <summary>First pause between repetitions; it doubles each time.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Largest answer that is read into memory, in bytes.</summary>
    public int MaxResponseBytes { get; init; } = 128 << 20;

    /// <summary>Who writes, in <c>managedFields</c> and in the server's audit log.</summary>
    public string FieldManager { get; init; } = "federation-kubernetes";

    public string UserAgent { get; init; } = "federation-kubernetes/1";
}
