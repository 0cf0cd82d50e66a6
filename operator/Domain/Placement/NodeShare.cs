namespace Federation.Domain.Placement;

/// <summary>A part of one node that somebody was promised. Devices are of one model; a node that gives two has two shares.</summary>
public sealed record NodeShare(string Node, long CpuMilli, long MemoryBytes, string? GpuClass, long Gpus)
{
    internal bool IsNothing => CpuMilli <= 0 && MemoryBytes <= 0 && Gpus <= 0;
}

/// <summary>What the pods of one lease that are bound to a node, and have not ended, ask for there.</summary>
public sealed record NodeUse(string Node, NodeResources Amount);
