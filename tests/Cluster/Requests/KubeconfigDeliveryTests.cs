using Federation.Cluster.Requests;
using Federation.Cluster.Tests.Support;
using Federation.Kubernetes.Tests.Support;
using Federation.Testing.Builders;

namespace Federation.Cluster.Tests.Requests;

/// <summary>Delivery to a datacenter whose API server is real, and to one that is not there.</summary>
[Collection("one adapter")]
public sealed class KubeconfigDeliveryTests(AdapterFixture fixture) : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("federation-access-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Workload_IsDelivered_OnceTheDatacenterHasTheLease()
    {
        var lease = Cases.Lease();
        var workload = Some.Workload;
        File.Copy(fixture.Server.KubeConfigPath, Path.Combine(folder, "0xabc"));
        using var delivery = new KubeconfigDelivery(folder, new TestHasher(), TimeProvider.System);
        Assert.Null(delivery.FaultOf("0xABC"));
        Assert.Contains("no kubeconfig 0xdef", delivery.FaultOf("0xDEF")!, StringComparison.Ordinal);

        var before = await delivery.ReadAsync("0xABC", lease.Id, default);
        Assert.Equal((true, false), (before.Answers, before.HasNamespace));
        await fixture.Adapter.Leases.EnsureAsync(lease, default);
        var empty = await delivery.ReadAsync("0xABC", lease.Id, default);
        Assert.Equal((true, ""), (empty.HasNamespace, empty.SpecHash));

        Assert.Null(await delivery.DeliverAsync("0xABC", lease.Id, workload, default));
        var after = await delivery.ReadAsync("0xABC", lease.Id, default);
        Assert.Equal(new TestHasher().Keccak256(Domain.Workloads.CanonicalJson.Encode(workload)), after.SpecHash);
        Assert.False(after.IsReady);
    }

    [Fact]
    public async Task DatacenterThatIsAway_IsSilent_AndTakesNothing()
    {
        var text = (await File.ReadAllTextAsync(fixture.Server.KubeConfigPath)).Replace($":{fixture.Server.Port}", ":1", StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(folder, "0xabc"), text);
        using var delivery = new KubeconfigDelivery(folder, new TestHasher(), TimeProvider.System);
        var sight = await delivery.ReadAsync("0xabc", Cases.NewId(), default);
        Assert.Equal((false, "DatacenterSilent"), (sight.Answers, sight.Reason));
        Assert.NotNull(await delivery.DeliverAsync("0xabc", Cases.NewId(), System.Text.Json.JsonDocument.Parse("{}").RootElement, default));
    }
}
