using Federation.Harness;
using Federation.Harness.Images;

namespace Federation.Scenarios.Harness;

/// <summary>Pods really run in a started datacenter, on the hardware that it was told to show.</summary>
[Collection(HarnessCollection.Name)]
public sealed class WorkloadTests(HarnessFixture fixture)
{
    private readonly Kubectl kubectl = fixture.Kubectl;

    [Fact]
    public async Task Web_UnderRestrictedPodSecurity_IsServedOutside()
    {
        await kubectl.ApplyAsync(Kubectl.Pod("web", BusyboxImages.Web, "[]", "cpu: 100m, memory: 32Mi") + """

            ---
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 8080, nodePort: 30081}]}
            """);
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        await Eventually.HoldsAsync("the page", async () =>
        {
            var page = await http.GetStringAsync($"http://{fixture.Alpha.Parts.Address}:30081/");
            return page.Contains("It runs.", StringComparison.Ordinal) ? null : page;
        });
        Assert.Contains("uid=65532", await kubectl.RunAsync("exec", "web", "--", "id"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Job_WithTwoOfFourGpus_RunsAndItsLogIsRead()
    {
        await kubectl.ApplyAsync(Kubectl.Pod("two-gpus", BusyboxImages.Burn, "[\"1\", \"200\"]", "cpu: 200m, memory: 32Mi, nvidia.com/gpu: 2"));
        await PhaseAsync("two-gpus", "Succeeded");
        Assert.Contains("burn: done, 200m for 1 s", await kubectl.RunAsync("logs", "two-gpus"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pod_WithMoreGpusThanThereAre_StaysPendingWithTheReason()
    {
        await kubectl.ApplyAsync(Kubectl.Pod("five-gpus", BusyboxImages.Burn, "[\"1\"]", "cpu: 100m, memory: 32Mi, nvidia.com/gpu: 5"));
        await Eventually.HoldsAsync("the scheduler's reason", async () =>
        {
            var reason = await kubectl.RunAsync("get", "pod", "five-gpus", "-o", "jsonpath={.status.phase}: {.status.conditions[0].message}");
            return reason.StartsWith("Pending", StringComparison.Ordinal) && reason.Contains("Insufficient nvidia.com/gpu", StringComparison.Ordinal) ? null : reason;
        });
    }

    [Fact]
    public async Task Burn_WithWrongArguments_EndsWithUsage()
    {
        await kubectl.ApplyAsync(Kubectl.Pod("wrong", BusyboxImages.Burn, "[\"-3\"]", "cpu: 100m, memory: 32Mi"));
        await PhaseAsync("wrong", "Failed");
        // The runtime may write the last line down a moment after the end.
        await Eventually.HoldsAsync("what it said", async () => await kubectl.RunAsync("logs", "wrong") is var said && said.Contains("SECONDS must be a whole number", StringComparison.Ordinal) ? null : said);
    }

    [Fact]
    public async Task Pod_AsksTheChain_IsAnswered()
    {
        var url = fixture.Federation.AnvilUrl;
        var pod = Kubectl.Pod("asks", BusyboxImages.Burn,
            $$"""["-q", "-O", "-", "--header", "content-type: application/json", "--post-data", '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}', "{{url}}"]""",
            "cpu: 100m, memory: 32Mi").Replace("args:", "command: [/bin/wget]\n    args:", StringComparison.Ordinal);
        await kubectl.ApplyAsync(pod);
        await PhaseAsync("asks", "Succeeded");
        Assert.Contains("\"0x7a69\"", await kubectl.RunAsync("logs", "asks"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Node_ShowsTheModelOfItsGpus()
    {
        var labels = await kubectl.RunAsync("get", "node", fixture.Alpha.NodeName, "-o", "jsonpath={.metadata.labels}");
        Assert.Contains("\"nvidia.com/gpu.product\":\"NVIDIA-A100-SXM4-80GB\"", labels, StringComparison.Ordinal);
        Assert.Contains("\"nvidia.com/gpu.memory\":\"81920\"", labels, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TokenUser_WithoutBinding_IsKnownButHasNoRight()
    {
        var (name, path) = fixture.Alpha.Parts.UserKubeconfigs.Single();
        var answer = await new Kubectl(fixture.Federation, fixture.Alpha, path).TryAsync("get", "pods");
        Assert.NotEqual(0, answer.ExitCode);
        Assert.Contains($"User \"{name}\" cannot list resource \"pods\"", answer.Error, StringComparison.Ordinal);
    }

    private Task PhaseAsync(string pod, string wanted) => Eventually.HoldsAsync($"pod {pod} {wanted}", async () =>
    {
        var phase = await kubectl.RunAsync("get", "pod", pod, "-o", "jsonpath={.status.phase}");
        return phase == wanted ? null : phase;
    });
}
