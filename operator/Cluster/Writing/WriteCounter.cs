using Federation.Kubernetes.Client;

namespace Federation.Cluster.Writing;

/// <summary>Counts every write right before it leaves, Events and repetitions included.</summary>
internal sealed class WriteCounter(IWriteFence? inner) : IWriteFence
{
    private long count;

    public long Count => Interlocked.Read(ref count);

    public void ThrowIfLost()
    {
        inner?.ThrowIfLost();
        Interlocked.Increment(ref count);
    }
}
