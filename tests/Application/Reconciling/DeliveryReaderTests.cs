using System.Text.Json;
using Federation.Application.Ports;
using Federation.Application.Reconciling;
using Federation.Domain.Leases;
using Federation.Testing;
using Federation.Testing.Builders;

namespace Federation.Application.Tests.Reconciling;

public sealed class DeliveryReaderTests
{
    private static readonly JsonElement TwoExposed = JsonDocument.Parse("""
        {"services":[{"name":"dns","image":"busybox","resources":{"cpu":"1","memory":"1Gi"},
          "ports":[{"port":53,"expose":true},{"port":53,"protocol":"UDP","expose":true},{"port":80}]}]}
        """).RootElement.Clone();

    [Theory]
    [InlineData(null, null)]
    [InlineData(2, null)]
    [InlineData(1, "2 ports are to be exposed: this datacenter allows 1 of a lease")]
    [InlineData(0, "this datacenter exposes no ports to the outside: leave it out, or take a datacenter that does")]
    public void ExposedPorts_AreTheDatacentersToAllow(int? allowed, string? problem)
    {
        var delivered = new DeliveryReader(FakeHasher.Instance).Read(
            TwoExposed, terms: null, allowed is { } most ? new ClusterCapacity([], new Dictionary<string, GpuPlacement>()) { ExposedPorts = most } : null);

        Assert.Equal(problem is null ? [] : [$"workload.services.ports.expose: {problem}"], delivered.Faults.Select(f => f.ToString()));
        Assert.NotNull(delivered.Hash);
    }

    // DNS by both protocols is one port of all that the datacenter exposes.
    [Theory]
    [InlineData(null, 0, 0, false)]
    [InlineData(3, 0, 2, false)]
    [InlineData(3, 0, 3, true)]
    [InlineData(3, 1, 3, false)]
    [InlineData(0, 1, 5, false)]
    public void PortsOfAllLeases_AreGivenOutAsFarAsTheyGo_AndNoneIsTakenBack(int? most, int own, int others, bool isRefused)
    {
        var id = LeaseId.Parse("0x" + new string('a', 64));
        var use = new PortUse(most, new Dictionary<string, int> { [id.Namespace] = own, ["lease-other"] = others });
        var here = new ClusterCapacity([], new Dictionary<string, GpuPlacement>()) { ExposedPorts = 4, PortUse = use };

        var fault = new DeliveryReader(FakeHasher.Instance).Read(TwoExposed, terms: null, here, id).Faults.SingleOrDefault();

        Assert.Equal(isRefused ? "PortsExhausted" : null, fault?.Reason);
    }

    // Of drivers that make a gibibyte of a mebibyte, and of nodes that attach so many disks.
    [Theory]
    [InlineData(0, false, false, true)]
    [InlineData(512, false, false, true)]
    [InlineData(513, false, false, false)]
    [InlineData(513, true, false, true)]
    [InlineData(513, false, true, true)]
    public void SmallVolumes_AreRefused_UnlessTheyAreThereAlready(long least, bool isThere, bool runs, bool isTaken)
    {
        var here = new ClusterCapacity([], new Dictionary<string, GpuPlacement>()) { LeastVolumeMiB = least };
        var delivered = new DeliveryReader(FakeHasher.Instance).Read(
            Some.VolumeWorkload, Some.Terms, here, id: null, isThere ? [new ClaimFact("db", "data", 512)] : [], runs ? Some.HashOf(Some.VolumeWorkload) : null);
        if (isTaken) Assert.Empty(delivered.Faults);
        else Assert.Contains($"at least {least}", Assert.Single(delivered.Faults, f => f.Path == "services.db.volumes.data.size").Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(512, true)]
    [InlineData(256, false)]
    public void VolumesThatAreThere_AreHeldAgainstTheDelivery(uint mib, bool isTaken)
    {
        var delivered = new DeliveryReader(FakeHasher.Instance).Read(Some.VolumeWorkload, Some.Terms, here: null, id: null, [new ClaimFact("db", "data", mib)]);
        Assert.Equal(isTaken, delivered.Faults.Count == 0);
        Assert.Equal(Some.HashOf(Some.VolumeWorkload), delivered.Hash);
    }
}
