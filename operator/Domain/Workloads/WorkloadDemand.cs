using Federation.Domain.Placement;
using Federation.Domain.Pricing;

namespace Federation.Domain.Workloads;

/// <summary>What a workload takes, over all replicas of all services and jobs at once.</summary>
/// <param name="StorageMiB">Volumes and scratch space: both are disk of the datacenter, so a lease reserves and pays both.</param>
/// <param name="Gpus">Devices by class text, in ordinal order.</param>
/// <param name="Pods">The same, as pods to place.</param>
public sealed record WorkloadDemand(
    ulong CpuMilli,
    ulong MemoryMiB,
    ulong StorageMiB,
    IReadOnlyList<KeyValuePair<string, ulong>> Gpus,
    IReadOnlyList<PodDemand> Pods)
{
    private const long MiB = 1024 * 1024;
    private const int MaxClassLength = 200;

    public static WorkloadDemand Of(WorkloadSpec workload)
    {
        var programs = workload.Services.Select(s => (s.Container, Disk: StorageMiBOf(s)))
            .Concat(workload.Jobs.Select(j => (j.Container, Disk: StorageMiBOf(j))))
            .ToArray();
        return new WorkloadDemand(
            Sum(programs, p => p.Container.Resources.CpuMilli),
            Sum(programs, p => p.Container.Resources.MemoryMiB),
            Sum(programs, p => p.Disk),
            [.. from program in programs
                where program.Container.Resources.Gpu is not null
                group program by program.Container.Resources.Gpu!.Class into same
                orderby same.Key
                select KeyValuePair.Create(same.Key, Sum(same, p => p.Container.Resources.Gpu!.Count))],
            [.. programs.Select(p => Pod(p.Container))]);
    }

    /// <summary>MiB of disk of one replica: its volumes and its scratch space. What a pod's metering holds it to.</summary>
    public static ulong StorageMiBOf(ServiceSpec service) =>
        service.Volumes.Aggregate((ulong)service.Container.Resources.EphemeralMiB, (sum, volume) => sum + volume.SizeMiB);

    /// <summary>MiB of disk of one shard.</summary>
    public static ulong StorageMiBOf(JobSpec job) => job.Container.Resources.EphemeralMiB;

    /// <summary>The least that a lease must reserve for the workload. A workload says nothing about egress, so that is zero.</summary>
    /// <param name="classHash">Keccak-256 of a class text, 0x hex.</param>
    /// <exception cref="OverflowException">More than the chain can hold; the parser lets no such workload through.</exception>
    public Resources Totals(Func<string, string> classHash) => new(
        checked((uint)CpuMilli), checked((uint)MemoryMiB), checked((uint)StorageMiB), 0, Slot(0, classHash), Slot(1, classHash));

    /// <summary>Which totals are more than the lease reserved on chain; empty when it may run.</summary>
    /// <param name="classHash">Keccak-256 of a class text, 0x hex.</param>
    public IReadOnlyList<WorkloadFault> Fits(Resources reserved, Func<string, string> classHash)
    {
        var faults = new FaultList();
        Compare("cpu", CpuMilli, reserved.CpuMilli, "millicores", faults);
        Compare("memory", MemoryMiB, reserved.MemoryMiB, "MiB", faults);
        Compare("storage", StorageMiB, reserved.StorageMiB, "MiB of volumes and scratch space", faults);
        if (Gpus.Count > WorkloadLimits.GpuClasses)
            faults.Add("resources.gpu", $"asks for {Gpus.Count} GPU classes: a lease has at most {WorkloadLimits.GpuClasses}");
        foreach (var (gpuClass, count) in Gpus) CompareGpu(gpuClass, count, reserved, classHash(gpuClass), faults);
        return faults.ToList();
    }

    private static void Compare(string what, ulong needed, ulong reserved, string unit, FaultList faults)
    {
        if (needed > reserved)
            faults.Add($"resources.{what}", $"all replicas together need {needed} {unit}, the lease reserved {reserved}");
    }

    private static void CompareGpu(string gpuClass, ulong count, Resources reserved, string hash, FaultList faults)
    {
        var slots = new[] { reserved.GpuA, reserved.GpuB }
            .Where(slot => !slot.IsNone && slot.ClassHash.Equals(hash, StringComparison.OrdinalIgnoreCase));
        var devices = slots.Aggregate(0UL, (sum, slot) => sum + slot.Count);
        if (count <= devices) return;
        var name = Shown.Clean(gpuClass, MaxClassLength);
        faults.Add("resources.gpu", devices == 0
            ? $"needs {count} of GPU class {name}, of which the lease reserved none: another model does not stand in for it"
            : $"all replicas together need {count} of GPU class {name}, the lease reserved {devices}");
    }

    private GpuCount Slot(int index, Func<string, string> classHash) => index < Gpus.Count
        ? new GpuCount(classHash(Gpus[index].Key), checked((ushort)Gpus[index].Value))
        : GpuCount.None;

    private static PodDemand Pod(ContainerSpec container) => new(
        container.Name,
        container.Replicas,
        container.Resources.CpuMilli,
        container.Resources.MemoryMiB * MiB,
        container.Resources.EphemeralMiB * MiB,
        container.Resources.Gpu?.Class,
        container.Resources.Gpu?.Count ?? 0);

    private static ulong Sum(IEnumerable<(ContainerSpec Container, ulong Disk)> programs, Func<(ContainerSpec Container, ulong Disk), ulong> amount) =>
        programs.Aggregate(0UL, (sum, program) => sum + amount(program) * (ulong)program.Container.Replicas);
}
