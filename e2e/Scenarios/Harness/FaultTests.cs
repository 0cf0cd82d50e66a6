using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Federation.Harness;

namespace Federation.Scenarios.Harness;

/// <summary>Parts that are broken on purpose come back where they were, with what they knew.</summary>
[Collection(HarnessCollection.Name)]
public sealed class FaultTests(HarnessFixture fixture)
{
    private readonly Faults faults = new(fixture.Federation);

    [Fact]
    public async Task ApiServer_KilledAndStarted_StillHasItsObjects()
    {
        await fixture.Kubectl.RunAsync("create", "configmap", "survivor");
        await faults.KillAsync("alpha/kube-apiserver");
        Assert.NotEqual(0, (await fixture.Kubectl.TryAsync("get", "configmap", "survivor")).ExitCode);
        await faults.StartAsync("alpha/kube-apiserver");
        await Eventually.HoldsAsync("the API server", async () =>
            (await fixture.Kubectl.TryAsync("get", "configmap", "survivor")) is { ExitCode: not 0 } failed ? failed.Error : null);
        // Others go on with it as one that is wholly there.
        await Eventually.HoldsAsync("all of the API server", async () =>
            (await fixture.Kubectl.TryAsync("get", "--raw=/readyz")) is { ExitCode: not 0 } failed ? failed.Error : null);
    }

    [Fact]
    public async Task Kubelet_KilledAndStarted_ShowsItsGpusAgain()
    {
        await faults.KillAsync("alpha/kubelet");
        await faults.StartAsync("alpha/kubelet");
        Assert.Equal("4", await fixture.Kubectl.RunAsync("get", "node", fixture.Alpha.NodeName, "-o", "jsonpath={.status.allocatable.nvidia\\.com/gpu}"));
    }

    [Fact]
    public async Task Chain_KilledAndStarted_GoesOnFromItsLastDump()
    {
        var early = await BlockHashAsync(1);
        // The fixture has it dumped every second: the first block is on disk once there is a fifth.
        await BlockHashAsync(5);
        await faults.KillAsync("anvil");
        await faults.StartAsync("anvil");
        await Eventually.HoldsAsync("the same chain", async () => await BlockHashAsync(1) == early ? null : "another first block");
    }

    [Fact]
    public async Task Chain_StoppedAndStarted_LosesNoBlock()
    {
        var head = await HeadAsync();
        var hash = await BlockHashAsync(head);
        await faults.StopAsync("anvil");
        await faults.StartAsync("anvil");
        await Eventually.HoldsAsync("the same chain", async () => await BlockHashAsync(head) == hash ? null : "another head");
    }

    [Fact]
    public async Task Chain_Frozen_AnswersAgainWhenThawed()
    {
        faults.Freeze("anvil");
        try
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(HeadAsync);
        }
        finally
        {
            faults.Thaw("anvil");
        }
        await Eventually.HoldsAsync("the chain", async () => await HeadAsync() >= 0 ? null : "no block");
    }

    [Fact]
    public async Task Cable_Cut_NothingPasses_UntilItIsHealed()
    {
        await Faults.CutAsync(fixture.Alpha);
        try
        {
            Assert.NotEqual(0, (await fixture.Kubectl.TryAsync("--request-timeout=2s", "get", "nodes")).ExitCode);
        }
        finally
        {
            await Faults.HealAsync(fixture.Alpha);
        }
        await Eventually.HoldsAsync("the cluster", async () =>
            (await fixture.Kubectl.TryAsync("--request-timeout=2s", "get", "nodes")) is { ExitCode: not 0 } failed ? failed.Error : null);
    }

    [Fact]
    public async Task LaunchedPart_IsSeen_AndEndsWhenStopped()
    {
        Parts.Launch(fixture.Federation, "alpha/sleeper", "/bin/sleep", ["1000"], inside: fixture.Alpha);
        Assert.Contains(await FederationHealth.LookAsync(fixture.Federation), part => part.Part == "alpha/sleeper" && part.IsWell);
        await faults.StopAsync("alpha/sleeper");
        Assert.Contains(await FederationHealth.LookAsync(fixture.Federation), part => part.Part == "alpha/sleeper" && !part.IsWell);
        Assert.Null(Parts.ProcessId(fixture.Federation, "alpha/sleeper"));
    }

    [Fact]
    public async Task UnknownPart_IsRefusedWithTheNamesOfTheKnown()
    {
        var refused = await Assert.ThrowsAsync<HarnessException>(() => faults.KillAsync("alpha/nobody"));
        Assert.Contains("alpha/etcd", refused.Message, StringComparison.Ordinal);
    }

    private async Task<long> HeadAsync() => Convert.ToInt64((string)(await CallAsync("eth_blockNumber"))!, 16);

    private async Task<string> BlockHashAsync(long number)
    {
        JsonNode? block = null;
        await Eventually.HoldsAsync($"block {number}", async () =>
            (block = await CallAsync("eth_getBlockByNumber", $"0x{number:x}", false)) is null ? "not there yet" : null);
        return (string)block!["hash"]!;
    }

    private async Task<JsonNode?> CallAsync(string method, params JsonNode[] arguments)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        using var answer = await http.PostAsJsonAsync(fixture.Federation.AnvilUrl,
            new JsonObject { ["jsonrpc"] = "2.0", ["id"] = 1, ["method"] = method, ["params"] = new JsonArray([.. arguments]) });
        return (await answer.Content.ReadFromJsonAsync<JsonNode>())!["result"];
    }
}
