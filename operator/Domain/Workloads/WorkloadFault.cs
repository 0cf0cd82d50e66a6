namespace Federation.Domain.Workloads;

/// <summary>Why a workload is refused: where, what, and what to do.</summary>
/// <param name="Path">JSON path below the workload, e.g. <c>services[0].resources.cpu</c>; empty for the workload itself.</param>
public sealed record WorkloadFault(string Path, string Problem)
{
    /// <summary>CamelCase, stable, for a condition.</summary>
    public string Reason { get; init; } = "WorkloadRefused";

    public override string ToString() => Path.Length == 0 ? $"workload: {Problem}" : $"workload.{Path}: {Problem}";
}

/// <summary>A parsed workload, or all its faults.</summary>
public sealed record WorkloadResult(WorkloadSpec? Workload, IReadOnlyList<WorkloadFault> Faults)
{
    public bool IsValid => Workload is not null && Faults.Count == 0;
}
