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
