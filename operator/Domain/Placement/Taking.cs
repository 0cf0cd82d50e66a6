namespace Federation.Domain.Placement;

/// <summary>Shares that one reservation has taken out of bins: one for each chunk and node, and one pod for each node.</summary>
internal sealed class Taking
{
    private readonly Dictionary<(string Chunk, string Node), NodeShare> shares = [];
    private readonly Dictionary<string, Bin> nodes = new(StringComparer.Ordinal);

    public IReadOnlyList<(string Chunk, NodeShare Share)> Shares => [.. shares.Select(s => (s.Key.Chunk, s.Value))];

    public bool MayUse(Bin bin) => bin.Pods > 0 || nodes.ContainsKey(bin.Name);

    /// <summary>As much of what is wanted as the bin has.</summary>
    public NodeShare Take(string chunk, Bin bin, NodeShare wanted)
    {
        if (!MayUse(bin)) return wanted with { CpuMilli = 0, MemoryBytes = 0, Gpus = 0 };
        var share = bin.Take(wanted);
        if (share.IsNothing) return share;
        if (nodes.TryAdd(bin.Name, bin)) bin.TakePod();
        shares[(chunk, bin.Name)] = shares.TryGetValue((chunk, bin.Name), out var before)
            ? share with { CpuMilli = before.CpuMilli + share.CpuMilli, MemoryBytes = before.MemoryBytes + share.MemoryBytes, Gpus = before.Gpus + share.Gpus }
            : share;
        return share;
    }

    public void GiveBack()
    {
        foreach (var ((_, node), share) in shares) nodes[node].Give(share);
        foreach (var bin in nodes.Values) bin.GivePod();
        shares.Clear();
        nodes.Clear();
    }
}
