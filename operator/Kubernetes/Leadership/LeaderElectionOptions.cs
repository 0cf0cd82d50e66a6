namespace Federation.Kubernetes.Leadership;

/// <summary>Who stands for election, where, and at what pace.</summary>
public sealed record LeaderElectionOptions
{
    public required string Namespace { get; init; }

    /// <summary>Name of the Lease object.</summary>
    public required string Name { get; init; }

    /// <summary>Unique among the candidates, and anew for every process: a pod name and a random part.</summary>
    public required string Identity { get; init; }

    /// <summary>Silence of a leader after which others take over.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Time since the last renewal after which the leader itself stops. The difference to
    /// <see cref="LeaseDuration"/> is what a write that has already left may still take.
    /// </summary>
    public TimeSpan RenewDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Pause between attempts.</summary>
    public TimeSpan RetryPeriod { get; init; } = TimeSpan.FromSeconds(2);

    internal void Validate()
    {
        if (RetryPeriod <= TimeSpan.Zero || RetryPeriod >= RenewDeadline || RenewDeadline >= LeaseDuration)
        {
            throw new ArgumentException(
                $"RetryPeriod ({RetryPeriod}) < RenewDeadline ({RenewDeadline}) < LeaseDuration ({LeaseDuration}) must hold, or two may lead at once.");
        }
    }
}
