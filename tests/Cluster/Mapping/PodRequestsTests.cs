using System.Text.Json;
using Federation.Cluster.Mapping;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Tests.Mapping;

/// <summary>The cases of Kubernetes' own table for pod requests, in its words.</summary>
public sealed class PodRequestsTests
{
    [Theory]
    [InlineData("""[{"cpu":"1"},{"cpu":"500m"}]""", "[]", 1500)]
    // Init containers run one after the other: the largest.
    [InlineData("""[{"cpu":"1"}]""", """[{"cpu":"3"},{"cpu":"2"}]""", 3000)]
    [InlineData("""[{"cpu":"4"}]""", """[{"cpu":"3"},{"cpu":"2"}]""", 4000)]
    // Sidecars go on beside the others.
    [InlineData("""[{"cpu":"1"}]""", """[{"cpu":"1","always":""},{"cpu":"500m","always":""}]""", 2500)]
    // An init container after a sidecar runs beside it, one before it does not.
    [InlineData("""[{"cpu":"1"}]""", """[{"cpu":"5"},{"cpu":"1","always":""}]""", 5000)]
    [InlineData("""[{"cpu":"1"}]""", """[{"cpu":"1","always":""},{"cpu":"5"}]""", 6000)]
    [InlineData("""[{"cpu":"0.0001"},{"cpu":"0.0001"}]""", "[]", 1)]
    public void Cpu_IsCountedAsTheSchedulerDoes(string containers, string init, long milli) =>
        Assert.Equal(milli, PodRequests.Of(Pod(containers, init)).CpuMilli);

    [Fact]
    public void Overhead_ComesOnTop_AndThePodsOwnRequestsCountInsteadOfTheSum()
    {
        var pod = Pod("""[{"cpu":"1","memory":"1Gi","nvidia.com/gpu":"2"}]""", "[]", ""","overhead":{"cpu":"250m","memory":"128Mi"},"resources":{"requests":{"cpu":"3"}}""");
        var requests = PodRequests.Of(pod);
        Assert.Equal((3250, (1024 + 128L) << 20, 2), (requests.CpuMilli, requests.MemoryBytes, requests.Extended["nvidia.com/gpu"]));
    }

    [Fact]
    public void Resize_CountsWhatIsStillSetAside()
    {
        var pod = Pod("""[{"cpu":"1"}]""", "[]", "", ""","containerStatuses":[{"name":"c0","allocatedResources":{"cpu":"2"} }]""");
        Assert.Equal(2000, PodRequests.Of(pod).CpuMilli);
    }

    [Theory]
    [InlineData("1e27", long.MaxValue)]
    [InlineData("-5", 0)]
    [InlineData("rubbish", 0)]
    public void AbsurdAmounts_HurtNobody(string cpu, long milli) => Assert.Equal(milli, PodRequests.Of(Pod($$"""[{"cpu":"{{cpu}}"}]""", "[]")).CpuMilli);

    private static V1Pod Pod(string containers, string init, string spec = "", string status = "") => JsonSerializer.Deserialize<V1Pod>(
        $$"""{"metadata":{"name":"p"},"spec":{"containers":{{List(containers)}},"initContainers":{{List(init)}}{{spec}} },"status":{"phase":"Running"{{status}} } }""",
        KubernetesJson.Options)!;

    private static string List(string requests) => JsonSerializer.Serialize(JsonSerializer.Deserialize<Dictionary<string, string>[]>(requests)!.Select((r, i) => new
    {
        name = $"c{i}",
        restartPolicy = r.Remove("always") ? "Always" : null,
        resources = new { requests = r },
    }));
}
