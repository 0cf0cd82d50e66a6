using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Leadership;

/// <summary>What a candidate knows of the Lease: its state, and how long it has seen it unchanged by its own clock.</summary>
internal sealed class LeaseRecord(TimeProvider time)
{
    private (string? Holder, DateTimeOffset? Renewed, string? Version) seen;
    private long seenAt;

    /// <summary>Notes a read; a change starts the wait anew. Clocks of other machines are never trusted.</summary>
    public void Observe(V1Lease lease)
    {
        var state = (lease.Spec.HolderIdentity, lease.Spec.RenewTime, lease.Metadata.ResourceVersion);
        if (state != seen)
        {
            seen = state;
            seenAt = time.GetTimestamp();
        }
    }

    /// <summary>True when nobody holds the Lease, or its holder has been silent for the whole duration.</summary>
    public bool IsFree(V1Lease lease, TimeSpan ownDuration)
    {
        if (string.IsNullOrEmpty(lease.Spec.HolderIdentity))
        {
            return true;
        }

        var promised = TimeSpan.FromSeconds(lease.Spec.LeaseDurationSeconds ?? 0);
        return time.GetElapsedTime(seenAt) >= (promised > ownDuration ? promised : ownDuration);
    }
}
