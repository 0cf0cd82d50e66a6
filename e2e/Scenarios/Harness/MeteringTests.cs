using System.Globalization;
using System.Text.Json.Nodes;
using Federation.Harness;
using Federation.Harness.Images;

namespace Federation.Scenarios.Harness;

/// <summary>What Prometheus says that a pod used, against what the kernel says.</summary>
[Collection(HarnessCollection.Name)]
public sealed class MeteringTests(HarnessFixture fixture)
{
    [Fact]
    public async Task Series_OfARunningPod_AreThereForPodAndContainer_AndNeverAboveTheKernel()
    {
        await using var truth = new CgroupTruth(fixture.Federation.Datacenters);
        await fixture.Kubectl.ApplyAsync(Kubectl.Pod("metered", BusyboxImages.Burn, "[\"120\", \"400\"]", "cpu: 500m, memory: 32Mi"));
        var uid = await fixture.Kubectl.RunAsync("get", "pod", "metered", "-o", "jsonpath={.metadata.uid}");
        var metered = 0.0;
        await Eventually.HoldsAsync("half a second of CPU in Prometheus", async () =>
        {
            metered = await QueryAsync($$"""container_cpu_usage_seconds_total{job="cadvisor",id=~".*/pod{{uid}}"}""");
            return metered > 0.5 ? null : $"{metered} s so far";
        });
        truth.Sample();
        Assert.InRange(metered, 0.5, truth.Of(uid).TotalSeconds);

        await Eventually.HoldsAsync("a series with the container's name", async () =>
            await QueryAsync("""container_cpu_usage_seconds_total{job="cadvisor",namespace="default",pod="metered",container="metered"}""") > 0 ? null : "there is none");

        await fixture.Kubectl.RunAsync("delete", "pod", "metered", "--wait=false");
    }

    [Fact]
    public async Task Truth_AfterThePodIsGone_StaysAsItWasLast()
    {
        await using var truth = new CgroupTruth(fixture.Federation.Datacenters);
        await fixture.Kubectl.ApplyAsync(Kubectl.Pod("ends", BusyboxImages.Burn, "[\"60\", \"300\"]", "cpu: 500m, memory: 32Mi"));
        var uid = await fixture.Kubectl.RunAsync("get", "pod", "ends", "-o", "jsonpath={.metadata.uid}");
        await Eventually.HoldsAsync("CPU time of the pod", () => Task.FromResult(truth.Of(uid) > TimeSpan.FromMilliseconds(200) ? null : $"{truth.Of(uid)}"));
        await fixture.Kubectl.RunAsync("delete", "pod", "ends", "--wait=true");
        await Eventually.HoldsAsync("the end of the pod's cgroup", () => Task.FromResult(
            Directory.Exists($"/sys/fs/cgroup/cpuacct/{fixture.Alpha.CgroupRoot}/kubepods/pod{uid}") ? "it is still there" : null));
        Assert.InRange(truth.Of(uid).TotalSeconds, 0.2, 60);
    }

    private async Task<double> QueryAsync(string query)
    {
        using var http = new HttpClient();
        var answer = JsonNode.Parse(await http.GetStringAsync($"{fixture.Alpha.PrometheusUrl}/api/v1/query?query={Uri.EscapeDataString(query)}"))!;
        var result = answer["data"]!["result"]!.AsArray();
        return result.Count == 0 ? 0 : result.Max(series => double.Parse((string)series!["value"]![1]!, CultureInfo.InvariantCulture));
    }
}
