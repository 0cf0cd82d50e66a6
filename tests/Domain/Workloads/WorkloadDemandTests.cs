using Federation.Domain.Pricing;
using Federation.Domain.Workloads;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Domain.Tests.Workloads;

public sealed class WorkloadDemandTests
{
    private const string A100 = "nvidia.com/gpu/NVIDIA-A100-SXM4-80GB/81920";
    private const string L4 = "nvidia.com/gpu/NVIDIA-L4/23034";

    [Fact]
    public void Of_FullWorkload_SumsOverReplicasVolumesAndScratch()
    {
        var demand = WorkloadDemand.Of(WorkloadParser.Parse(File.ReadAllText(Path.Combine(Repository.Golden("workload"), "full", "input.json"))).Workload!);
        Assert.Equal((3 * 250UL) + 500 + (4 * 500), demand.CpuMilli);
        Assert.Equal((3 * 191UL) + 128 + (4 * 128), demand.MemoryMiB);
        Assert.Equal((3 * (10240UL + 1024)) + 64 + (4 * 64), demand.StorageMiB);
        Assert.Equal([KeyValuePair.Create(A100, 6UL)], demand.Gpus);
        Assert.Equal(["web", "cache", "train"], demand.Pods.Select(p => p.Name));
        Assert.Equal((3, 250L, 191L << 20, 1024L << 20, A100, 2), (demand.Pods[0].Replicas, demand.Pods[0].CpuMilli, demand.Pods[0].MemoryBytes, demand.Pods[0].EphemeralBytes, demand.Pods[0].GpuClass, demand.Pods[0].GpuCount));
        Assert.Equal((4, (string?)null, 0), (demand.Pods[2].Replicas, demand.Pods[2].GpuClass, demand.Pods[2].GpuCount));
    }

    // What goes with the pod is memory and scratch space that the lease has already.
    [Fact]
    public void Of_VolumesThatGoWithThePod_TakeNothingMore()
    {
        var demand = WorkloadDemand.Of(WorkloadParser.Parse(File.ReadAllText(Path.Combine(Repository.Golden("workload"), "references", "input.json"))).Workload!);
        Assert.Equal((512UL + 128, 1024UL + 10240 + 1024 + 64), (demand.MemoryMiB, demand.StorageMiB));
    }

    [Fact]
    public void Totals_OfAnyWorkload_FitAndNothingLessDoes() => Prop.ForAll(Workloads().ToArbitrary(), workload =>
    {
        var demand = WorkloadDemand.Of(workload);
        var totals = demand.Totals(Hash);
        return demand.Fits(totals, Hash).Count == 0
            && demand.Fits(totals with { GpuA = totals.GpuB, GpuB = totals.GpuA }, Hash).Count == 0
            && Only("resources.cpu", demand, totals with { CpuMilli = totals.CpuMilli - 1 })
            && Only("resources.memory", demand, totals with { MemoryMiB = totals.MemoryMiB - 1 })
            && Only("resources.storage", demand, totals with { StorageMiB = totals.StorageMiB - 1 })
            && (totals.GpuA.IsNone || Only("resources.gpu", demand, totals with { GpuA = totals.GpuA with { Count = (ushort)(totals.GpuA.Count - 1) } }));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Fits_AnotherModel_DoesNotStandIn()
    {
        var demand = WorkloadDemand.Of(new WorkloadSpec([], [Job("a", 1, 2, A100)]));
        var reserved = demand.Totals(Hash) with { GpuA = new GpuCount(Hash(L4), 8) };
        var fault = Assert.Single(demand.Fits(reserved, Hash));
        Assert.Equal("resources.gpu", fault.Path);
        Assert.Contains(A100, fault.Problem, StringComparison.Ordinal);
        Assert.Contains("reserved none", fault.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Fits_HashInOtherCaseOrSlot_IsTheSameClass()
    {
        var demand = WorkloadDemand.Of(new WorkloadSpec([], [Job("a", 1, 2, A100)]));
        var reserved = demand.Totals(Hash) with { GpuA = GpuCount.None, GpuB = new GpuCount(Hash(A100).ToUpperInvariant().Replace("0X", "0x", StringComparison.Ordinal), 2) };
        Assert.Empty(demand.Fits(reserved, Hash));
    }

    // A slot of no class has the zero hash: it grants nothing, whatever its count says.
    [Fact]
    public void Fits_CountWithoutClass_GrantsNothing()
    {
        var demand = WorkloadDemand.Of(new WorkloadSpec([], [Job("a", 1, 1, A100)]));
        var reserved = demand.Totals(Hash) with { GpuA = new GpuCount(GpuCount.NoClass, 9) };
        Assert.NotEmpty(demand.Fits(reserved, _ => GpuCount.NoClass));
    }

    [Fact]
    public void Fits_ThreeClasses_IsRefused()
    {
        var demand = WorkloadDemand.Of(new WorkloadSpec([], [Job("a", 1, 1, A100), Job("b", 1, 1, L4), Job("c", 1, 1, "amd.com/gpu/MI300X/196608")]));
        var all = new Resources(uint.MaxValue, uint.MaxValue, uint.MaxValue, 0, new GpuCount(Hash(A100), 9), new GpuCount(Hash(L4), 9));
        Assert.Equal(2, demand.Fits(all, Hash).Count);
    }

    private static bool Only(string path, WorkloadDemand demand, Resources reserved) =>
        demand.Fits(reserved, Hash) is [{ } fault] && fault.Path == path;

    // Any injection from texts to 32 bytes will do here; the real hash is of another room.
    internal static string Hash(string text) => "0x" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));

    private static JobSpec Job(string name, int shards, ushort gpus, string? gpuClass) => new(
        new ContainerSpec(name, "busybox", [], [], [], [], new ContainerResources(1, 1, 1, gpuClass is null ? null : new GpuDemand(gpuClass, gpus)), shards), 0, 0);

    private static Gen<WorkloadSpec> Workloads() =>
        from services in Service().ListOf()
        from jobs in Containers().ListOf()
        where services.Count + jobs.Count is > 0 and <= WorkloadLimits.Programs
        select new WorkloadSpec([.. services], [.. jobs.Select(c => new JobSpec(c, 0, 0))]);

    private static Gen<ServiceSpec> Service() =>
        from container in Containers()
        from sizes in Gen.Choose(1, 10_000).ListOf(2)
        select new ServiceSpec(container, [], [.. sizes.Select((s, i) => new VolumeSpec($"v{i}", (uint)s, $"/v{i}"))], null);

    private static Gen<ContainerSpec> Containers() =>
        from cpu in Gen.Choose(1, 64_000)
        from memory in Gen.Choose(1, 1 << 20)
        from scratch in Gen.Choose(1, 1 << 20)
        from replicas in Gen.Choose(1, 64)
        from gpuClass in Gen.Elements<string?>(null, A100, L4)
        from count in Gen.Choose(1, 16)
        select new ContainerSpec("x", "busybox", [], [], [], [], new ContainerResources((uint)cpu, (uint)memory, (uint)scratch, gpuClass is null ? null : new GpuDemand(gpuClass, (ushort)count)), replicas);
}
