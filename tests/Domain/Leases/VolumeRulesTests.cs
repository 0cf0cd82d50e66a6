using Federation.Domain.Leases;
using Federation.Domain.Workloads;

namespace Federation.Domain.Tests.Leases;

public class VolumeRulesTests
{
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
    [InlineData(2048, false)]
    [InlineData(2047, true)]
    public void VolumesOfReplicasThatAreGone_GrowToo_AndCount(uint reserved, bool isRefused)
    {
        ClaimFact[] claims = [new("db", "data", 512) { CanGrow = true }, new("db", "data", 512) { CanGrow = true }];
        Assert.Equal(isRefused, VolumeRules.Faults(Workload(1, new VolumeSpec("data", 1024, "/data")), claims, reserved).Any());
    }

    // What earlier workloads left counts too: the quota does not tell them apart.
    [Theory]
    [InlineData(1388, false)]
    [InlineData(1387, true)]
    public void VolumesThatAreLeft_CountUntilTheLeaseEnds(uint reserved, bool isRefused) =>
        Assert.Equal(isRefused, Faults(1, reserved, new VolumeSpec("data", 512, "/data"), new VolumeSpec("new", 300, "/new")).Length > 0);

    [Fact]
    public void FirstWorkload_HasNoVolumesToKeep() => Assert.Empty(VolumeRules.Faults(Workload(1, new VolumeSpec("data", 512, "/data")), [], 1));

    private static WorkloadFault[] Faults(int replicas, uint reserved, params VolumeSpec[] volumes) => [.. VolumeRules.Faults(Workload(replicas, volumes), Claims, reserved)];

    private static WorkloadSpec Workload(int replicas, params VolumeSpec[] volumes) => new(
        [new ServiceSpec(new ContainerSpec("db", "docker.io/library/postgres:16", [], [], [], [], new ContainerResources(100, 64, 64, null), replicas), [], volumes, null)], []);
}
