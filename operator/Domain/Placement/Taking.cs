namespace Federation.Domain.Placement;

/// <summary>
/// Shares that one reservation has taken out of bins: one for each chunk and node, and of each node's pods the part that it has of
/// the CPU, at least one. Pods run out on nodes as CPU does, and a workload of many small ones finds its own still there. The same of
/// scratch space, no more than what is reserved.
/// </summary>
/// <param name="need">Whose scratch space it is; null: none is taken.</param>
/// <param name="used">What who reserves has there already, besides.</param>
internal sealed class Taking(Need? need = null, IReadOnlyList<NodeUse>? used = null)
{
    private readonly Dictionary<(string Chunk, string Node), NodeShare> shares = [];
    private readonly Dictionary<string, OnNode> nodes = new(StringComparer.Ordinal);

    public IReadOnlyList<(string Chunk, NodeShare Share)> Shares => [.. shares.Select(s => (s.Key.Chunk, s.Value))];

    /// <summary>Pods, and bytes of scratch space, by node.</summary>
    public IEnumerable<(string Node, long Pods, long Scratch)> Beside => nodes.Select(n => (n.Key, n.Value.Pods, n.Value.Scratch));

    public bool MayUse(Bin bin) => bin.Pods > 0 || nodes.ContainsKey(bin.Name);

    /// <summary>As much of what is wanted as the bin has.</summary>
    public NodeShare Take(string chunk, Bin bin, NodeShare wanted)
    {
        if (!MayUse(bin)) return wanted with { CpuMilli = 0, MemoryBytes = 0, Gpus = 0 };
        var share = bin.Take(wanted);
        if (share.IsNothing) return share;
        var had = nodes.GetValueOrDefault(bin.Name) ?? new OnNode(bin, 0, 0, 0);
        var use = used?.FirstOrDefault(u => u.Node == bin.Name);
        var cpu = had.CpuMilli + share.CpuMilli;
        var right = Math.Max(use is null ? 1 : 0, bin.PodsFor(cpu + (use?.Amount.CpuMilli ?? 0)) - (use?.Pods ?? 0));
        var scratch = bin.TakeScratch(Math.Min(need?.ScratchBytes ?? 0, bin.ScratchFor(cpu + (use?.Amount.CpuMilli ?? 0)) - (use?.Amount.EphemeralBytes ?? 0) - had.Scratch));
        need?.LessScratch(scratch);
        nodes[bin.Name] = had with { CpuMilli = cpu, Pods = had.Pods + bin.TakePods(right - had.Pods), Scratch = had.Scratch + scratch };
        shares[(chunk, bin.Name)] = shares.TryGetValue((chunk, bin.Name), out var before)
            ? share with { CpuMilli = before.CpuMilli + share.CpuMilli, MemoryBytes = before.MemoryBytes + share.MemoryBytes, Gpus = before.Gpus + share.Gpus }
            : share;
        return share;
    }

    public void GiveBack()
    {
        foreach (var ((_, node), share) in shares) nodes[node].Bin.Give(share);
        foreach (var (bin, _, pods, scratch) in nodes.Values)
        {
            bin.GivePods(pods);
            bin.GiveScratch(scratch);
            need?.LessScratch(-scratch);
        }

        shares.Clear();
        nodes.Clear();
    }

    private sealed record OnNode(Bin Bin, long CpuMilli, long Pods, long Scratch);
}
