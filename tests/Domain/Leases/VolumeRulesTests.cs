using Federation.Domain.Leases;
using Federation.Domain.Workloads;

namespace Federation.Domain.Tests.Leases;

public class VolumeRulesTests
{
    // Of the one replica that most of these workloads have.
    private const uint Scratch = 64;

    private static readonly ClaimFact[] Claims = [new("db", "data", 512), new("db", "data", 512), new("db", "log", 64)];

    [Theory]
    [InlineData(512, 2, 64, "")]
    [InlineData(1024, 2, 64, "services.db.volumes.data.size")]
    [InlineData(256, 2, 64, "services.db.volumes.data.size")]
    [InlineData(512, 1, 64, "")]
    [InlineData(512, 3, 64, "")]
    [InlineData(512, 4, 64, "")]
    [InlineData(512, 2, 65, "services.db.volumes.log.size")]
    public void VolumeThatIsThere_KeepsItsSize(uint data, int replicas, uint log, string fault) =>
        Assert.Equal(fault, string.Join(",", Faults(replicas, 5000, new VolumeSpec("data", data, "/data"), new VolumeSpec("log", log, "/log")).Select(f => f.Path)));

    [Theory]
    [InlineData(1024, true, "")]
    [InlineData(1024, false, "cannot grow")]
    [InlineData(256, true, "never gets smaller")]
    public void VolumeThatCanGrow_Grows_AndNeverShrinks(uint size, bool canGrow, string problem)
    {
        ClaimFact[] claims = [new("db", "data", 512) { CanGrow = true }, new("db", "data", 512) { CanGrow = canGrow }];
        var workload = Workload(2, new VolumeSpec("data", size, "/data"));
        var faults = VolumeRules.Faults(workload, claims, 5000).ToArray();
        Assert.Equal(problem.Length > 0, faults.Length > 0);
        Assert.All(faults, f => Assert.Contains(problem, f.Problem, StringComparison.Ordinal));
        Assert.Equal(size > 512, VolumeRules.Grows(workload, claims));
    }

    // A replica that comes back finds its volume as large as the others'.
    [Theory]
    [InlineData(2048 + Scratch, false)]
    [InlineData(2047 + Scratch, true)]
    public void VolumesOfReplicasThatAreGone_GrowToo_AndCount(uint reserved, bool isRefused)
    {
        ClaimFact[] claims = [new("db", "data", 512) { CanGrow = true }, new("db", "data", 512) { CanGrow = true }];
        Assert.Equal(isRefused, VolumeRules.Faults(Workload(1, new VolumeSpec("data", 1024, "/data")), claims, reserved).Any());
    }

    // What earlier workloads left counts too: the quota does not tell them apart.
    [Theory]
    [InlineData(1388 + Scratch, false)]
    [InlineData(1387 + Scratch, true)]
    public void VolumesThatAreLeft_CountUntilTheLeaseEnds(uint reserved, bool isRefused) =>
        Assert.Equal(isRefused, Faults(1, reserved, new VolumeSpec("data", 512, "/data"), new VolumeSpec("new", 300, "/new")).Length > 0);

    // The lease is paid once: what earlier workloads left as volumes, the next one does not get as scratch space again.
    [Theory]
    [InlineData(512 + (2 * Scratch), "")]
    [InlineData(511 + (2 * Scratch), "0 MiB of volumes and 128 MiB of scratch space are wanted, and 512 MiB of earlier volumes stay")]
    public void ScratchSpace_ComesBesideVolumesThatAreLeft(uint reserved, string problem)
    {
        var next = new WorkloadSpec([], [new JobSpec(new ContainerSpec("web", "docker.io/library/nginx:1", [], [], [], [], new ContainerResources(100, 64, Scratch, null), 2), 60, 0)]);
        var fault = VolumeRules.Faults(next, [new ClaimFact("db", "data", 512)], reserved).SingleOrDefault();
        Assert.Equal(problem.Length > 0, fault?.Path == "services.volumes");
        Assert.StartsWith(problem, fault?.Problem ?? "", StringComparison.Ordinal);
        // What runs was let in by the rules of then.
        Assert.Empty(VolumeRules.Faults(next, [new ClaimFact("db", "data", 512)], reserved, runs: true));
    }

    [Fact]
    public void FirstWorkload_HasNoVolumesToKeep() => Assert.Empty(VolumeRules.Faults(Workload(1, new VolumeSpec("data", 512, "/data")), [], 1));

    private static WorkloadFault[] Faults(int replicas, uint reserved, params VolumeSpec[] volumes) => [.. VolumeRules.Faults(Workload(replicas, volumes), Claims, reserved)];

    private static WorkloadSpec Workload(int replicas, params VolumeSpec[] volumes) => new(
        [new ServiceSpec(new ContainerSpec("db", "docker.io/library/postgres:16", [], [], [], [], new ContainerResources(100, 64, Scratch, null), replicas), [], volumes, null)], []);
}
