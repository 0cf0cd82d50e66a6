namespace Federation.Domain.Workloads;

/// <summary>Collects every fault of a workload, and stops adding where a reader would.</summary>
internal sealed class FaultList
{
    /// <summary>A condition's message holds this many; the last then says how many more there are.</summary>
    public const int Max = 20;

    private readonly List<WorkloadFault> first = [];
    private int count;

    public bool IsEmpty => count == 0;

    /// <summary>What is added now is only counted: nobody need word it.</summary>
    public bool IsFull => count >= Max;

    public void Add(string path, string problem)
    {
        count++;
        if (first.Count < Max) first.Add(new WorkloadFault(path, problem));
    }

    public IReadOnlyList<WorkloadFault> ToList() => count <= Max
        ? first
        : [.. first.Take(Max - 1), new WorkloadFault("", $"{count - Max + 1} more faults")];
}
