using Federation.Cluster.Watching;
using Federation.Kubernetes.Client;

namespace Federation.Cluster;

/// <summary>What this API server has beyond the oldest one. Asked once: a server that is younger by then is only used like an older one.</summary>
internal sealed class ServerFeatures(KubernetesClient client)
{
    // Generally available since: https://kubernetes.io/docs/concepts/workloads/controllers/job/#suspending-a-job
    private const int SuspendingJobs = 24;

    // Generally available since: https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode
    private const int IndexedJobs = 24;

    /// <summary>On by default since: https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/. An older server drops the field.</summary>
    public const int UserNamespaces = 33;

    private int minor;

    public Task<bool> CanSuspendJobsAsync(CancellationToken cancellation) => IsSinceAsync(SuspendingJobs, cancellation);

    public Task<bool> CanIndexJobsAsync(CancellationToken cancellation) => IsSinceAsync(IndexedJobs, cancellation);

    public Task<bool> HasUserNamespacesAsync(CancellationToken cancellation) => IsSinceAsync(UserNamespaces, cancellation);

    private async Task<bool> IsSinceAsync(int wanted, CancellationToken cancellation)
    {
        if (minor == 0) minor = (await client.Discovery.VersionAsync(cancellation)).MinorNumber;
        return minor >= wanted;
    }

    /// <summary>The Gateway API is not a part of Kubernetes: it comes, or does not, as definitions.</summary>
    public Task<bool> ServesHttpRoutesAsync(CancellationToken cancellation) => client.Discovery.ServesAsync(ClusterCache.HttpRoute, cancellation);
}
