namespace Federation.Kubernetes.Tests.Queueing;

/// <summary>What the queue promises, in the plainest words.</summary>
internal sealed class QueueModel
{
    public List<int> Ready { get; } = [];

    public HashSet<int> Working { get; } = [];

    /// <summary>Added while worked on.</summary>
    public HashSet<int> Dirty { get; } = [];

    public HashSet<int> Later { get; } = [];

    public void Add(int key)
    {
        if (Working.Contains(key))
        {
            Dirty.Add(key);
        }
        else if (!Ready.Contains(key))
        {
            Ready.Add(key);
        }
    }

    public int Take()
    {
        var key = Ready[0];
        Ready.RemoveAt(0);
        Working.Add(key);
        return key;
    }

    public void Done(int key)
    {
        if (Working.Remove(key) && Dirty.Remove(key))
        {
            Ready.Add(key);
        }
    }
}
