using System.Diagnostics;
using System.Numerics;
using System.Runtime.Versioning;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Federation.Cli.Tests;

/// <summary>What a provider does, on the real contracts.</summary>
[Collection(TenantWorldCollection.Name)]
[SupportedOSPlatform("linux")]
public sealed class ProviderVerbTests(TenantWorld world) : IDisposable
{
    private const string Unscheduled = """
        {"metadata": {"name": "federation-tenant-a", "uid": "w"}, "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."}]}}
        """;

    private const string NotMounted = """
        {"metadata": {"name": "federation-tenant-a", "uid": "u"}, "status": {"phase": "Pending", "containerStatuses": [{"state": {"waiting": {"reason": "ContainerCreating"}}}]}}
        """;

    private const string Crashed = """
        {"metadata": {"name": "federation-tenant-a", "uid": "w"}, "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}],
          "containerStatuses": [{"state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}}, "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "message": "Tenant:Watch is missing\n"}}}]}}
        """;

    private readonly Shell shell = world.NewShell(account: 1);

    public void Dispose()
    {
        world.Calm();
        shell.Dispose();
    }

    [Fact]
    public async Task Doctor_SaysWhatTenantsMeet()
    {
        var ran = await shell.RunAsync("doctor", "--outside");
        Assert.Contains("ok    the gateway at ", ran.Out, StringComparison.Ordinal);
        Assert.Contains("ok    it is on this chain, with these contracts", ran.Out, StringComparison.Ordinal);
        Assert.Contains("ok    it is that of this provider", ran.Out, StringComparison.Ordinal);
        Assert.Contains("ok    its price book is the published one", ran.Out, StringComparison.Ordinal);
        Assert.True(ran.Code == 0, ran.ToString());
        // For a moment: on the second look it is well.
        var looked = 0;
        world.Says = b => looked++ == 0 ? b with { Cpu = 1_000_001 } : b;
        ran = await shell.RunAsync("doctor", "--outside");
        Assert.True(ran.Code == 0, ran.ToString());
        Assert.Contains("it is looked at again in 12 s", ran.Error, StringComparison.Ordinal);

        world.Says = b => b with { Cpu = 1_000_001 };
        ran = await shell.RunAsync("doctor", "--outside");
        Assert.Contains("FAIL  its price book is not that of the registry", ran.Out, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Failed, ran.Code);
        var data = await shell.RunAsync("doctor", "--outside", "-o", "json");
        Assert.Equal(ExitCodes.Failed, data.Code);
        Assert.Equal(ran.Out.Split('\n').SkipLast(1).Select(l => l.StartsWith("ok  ", StringComparison.Ordinal)), JsonDocument.Parse(data.Out).RootElement.GetProperty("items").EnumerateArray().Select(f => f.GetProperty("isWell").GetBoolean()));
        Assert.Equal(ExitCodes.NotFound, (await shell.RunAsync("doctor", "--outside", "--provider", "0x00000000000000000000000000000000000000aa")).Code);
    }

    // What it needs to buy it finds itself, where it runs: kubectl takes the question there, and brings the answer and its code back.
    [Theory]
    [InlineData("federation-tenant")]
    [InlineData("buyers", "--namespace", "buyers")]
    public async Task Doctor_OfATenantsOperator_IsAskedInItsNamespace(string space, params string[] flags)
    {
        File.SetUnixFileMode(shell.Write("bin/kubectl", "#!/bin/sh\ncase \" $* \" in *' get '*) exit 1;; esac\nprintf '%s\\n' \"$@\" > \"$HOME/asked\"; echo 'FAIL  tokens: none'; exit 1\n"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        shell.Variables["PATH"] = shell.PathOf("bin");
        var ran = await shell.RunAsync(["doctor", "--tenant", "--context", "here", .. flags]);
        Assert.Equal((1, "FAIL  tokens: none\n"), (ran.Code, ran.Out));
        Assert.Equal(
            ["--context", "here", "--kubeconfig", shell.PathOf(".kube/config"), "--namespace", space, "exec", "deploy/federation-tenant", "--pod-running-timeout=10s", "--", "/opt/federation/federation-operator", "doctor", "tenant"],
            (await File.ReadAllTextAsync(shell.PathOf("asked"), TestContext.Current.CancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    // Where no pod runs, kubectl has none to ask in, and says no more: what they wait for is said in its place.
    [Theory]
    [InlineData(Unscheduled, "federation-tenant-a: Unschedulable: 0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.\n")]
    [InlineData(NotMounted, "federation-tenant-a: waits, ContainerCreating; FailedMount: MountVolume.SetUp failed for volume \"key\" : secret \"operator-key\" not found\n")]
    [InlineData(Crashed, "federation-tenant-a: waits, CrashLoopBackOff: back-off 40s; ended with 1, Error: Tenant:Watch is missing\n")]
    [InlineData("", "There is no pod of federation-tenant in federation-tenant.\n")]
    public async Task Doctor_WhereNoPodRuns_SaysWhatTheyWaitFor(string pod, string said)
    {
        shell.Write("pods", $$"""{"items": [{{pod}}]}""");
        shell.Write("events", """
            {"items": [
              {"reason": "FailedMount", "message": "older", "lastTimestamp": "2026-01-01T00:00:00Z", "involvedObject": {"uid": "u"}},
              {"reason": "FailedMount", "message": "MountVolume.SetUp failed for volume \"key\" : secret \"operator-key\" not found", "lastTimestamp": "2026-01-01T00:01:00Z", "involvedObject": {"uid": "u"}},
              {"reason": "BackOff", "message": "of another", "lastTimestamp": "2026-01-01T00:02:00Z", "involvedObject": {"uid": "v"}}]}
            """);
        File.SetUnixFileMode(
            shell.Write("bin/kubectl", "#!/bin/sh\ncase \" $* \" in *' get pods --selector app.kubernetes.io/name=federation-tenant '*) exec /bin/cat \"$HOME/pods\";; *' get events '*) exec /bin/cat \"$HOME/events\";; esac\necho 'error: no pod' >&2; exit 1\n"),
            UnixFileMode.UserRead | UnixFileMode.UserExecute);
        shell.Variables["PATH"] = shell.PathOf("bin");
        var ran = await shell.RunAsync("doctor", "--tenant");
        Assert.Equal((1, ""), (ran.Code, ran.Out));
        Assert.StartsWith("error: no pod\n", ran.Error, StringComparison.Ordinal);
        Assert.Contains(said, ran.Error, StringComparison.Ordinal);
        Assert.Contains("helm test RELEASE --namespace federation-tenant --logs", ran.Error, StringComparison.Ordinal);
    }

    // One that runs has answered: what it said stands alone.
    [Fact]
    public async Task Doctor_ThatRan_IsAllThatIsSaid()
    {
        shell.Write("pods", $$$"""{"items": [{{{Crashed}}}, {"metadata": {"name": "b"}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}]}""");
        File.SetUnixFileMode(shell.Write("bin/kubectl", "#!/bin/sh\ncase \" $* \" in *' get pods '*) exec /bin/cat \"$HOME/pods\";; esac\necho 'FAIL  tokens: none'; exit 1\n"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        shell.Variables["PATH"] = shell.PathOf("bin");
        Assert.Equal(new Ran(1, "FAIL  tokens: none\n", ""), await shell.RunAsync("doctor", "--tenant"));
    }

    [Theory]
    [InlineData("--outside")]
    [InlineData("--provider", "0x00000000000000000000000000000000000000aa")]
    [InlineData("-o", "json")]
    public async Task Doctor_OfATenantsOperator_HasNothingOfADatacenter(params string[] flags) =>
        Assert.Equal(ExitCodes.Usage, (await shell.RunAsync(["doctor", "--tenant", .. flags])).Code);

    [Fact]
    public async Task Register_PrintsCommands_AndSendsNothingThatTheRegistryHas()
    {
        string[] entry = ["register", "--endpoint", world.Endpoint.AbsoluteUri, "--region", "eu-central", "--operator", world.Market.Operator.Writer.Address.ToString()];
        var same = await shell.RunAsync(entry);
        Assert.True(same.Code == 0, same.ToString());
        Assert.Equal("", same.Out);
        Assert.Contains("nothing is to be sent", same.Error, StringComparison.Ordinal);

        var other = await shell.RunAsync([.. entry, "--payout", world.Market.Deployer.Writer.Address.ToString(), "--stake", "1000000"]);
        Assert.True(other.Code == 0, other.ToString());
        var lines = other.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.StartsWith($"cast send {world.Market.Contracts.Registry} 'update(", lines[0], StringComparison.Ordinal);
        Assert.StartsWith($"cast send {world.Market.Token} 'approve(", lines[1], StringComparison.Ordinal);
        Assert.StartsWith($"cast send {world.Market.Contracts.Registry} 'stake(", lines[2], StringComparison.Ordinal);
        // cast understands them.
        var start = new ProcessStartInfo("/bin/sh", ["-c", lines[0].Replace("cast send", "cast calldata", StringComparison.Ordinal).Replace($"{world.Market.Contracts.Registry} ", "", StringComparison.Ordinal)]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = Path.GetDirectoryName(Federation.Chain.Tests.Support.Repository.Tool("cast")) + ":" + start.Environment["PATH"];
        using var process = Process.Start(start)!;
        var (encoded, problem) = (await process.StandardOutput.ReadToEndAsync(), await process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0 && encoded.StartsWith("0x", StringComparison.Ordinal), problem);
        Assert.Equal(ExitCodes.Usage, (await shell.RunAsync("register", "--endpoint", "nowhere", "--region", "x", "--operator", "0x1")).Code);
    }

    [Fact]
    public async Task Register_PublishesThePricesThatTheGatewaySays()
    {
        var same = await shell.RunAsync("register", "--prices");
        Assert.True(same.Code == 0, same.ToString());
        Assert.Equal("", same.Out);
        Assert.Contains("nothing is to be sent", same.Error, StringComparison.Ordinal);

        world.Says = b => b with { Cpu = 1_000_001, Gpu = new Dictionary<string, BigInteger> { ["nvidia.com/gpu/NVIDIA-L40S/46068"] = 7 } };
        var printed = await shell.RunAsync("register", "--prices");
        Assert.True(printed.Code == 0, printed.ToString());
        Assert.StartsWith($"cast send {world.Market.Contracts.Registry} 'publishPriceBook(", Assert.Single(printed.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.Contains("FAIL  its price book is not that of the registry: kubectl compute register --prices publishes it", (await shell.RunAsync("doctor", "--outside")).Out, StringComparison.Ordinal);
        // A person sees what the key is going to sign.
        var asked = await shell.RunAsync("register", "--prices", "--send");
        Assert.Equal(ExitCodes.Usage, asked.Code);
        Assert.Contains("cpu 1000001, memory 500000, storage 0, egress 0, nvidia.com/gpu/NVIDIA-L40S/46068 7?", asked.Error, StringComparison.Ordinal);
        try
        {
            var sent = await shell.RunAsync("register", "--prices", "--send", "--yes");
            Assert.True(sent.Code == 0, sent.ToString());
            Assert.Contains("Publishing the price book: block", sent.Error, StringComparison.Ordinal);
            Assert.Contains("ok    its price book is the published one", (await shell.RunAsync("doctor", "--outside")).Out, StringComparison.Ordinal);
        }
        finally
        {
            world.Calm();
            var back = await shell.RunAsync("register", "--prices", "--send", "--yes");
            Assert.True(back.Code == 0, back.ToString());
        }
    }

    [Fact]
    public async Task Register_PublishesNoPricesOfAnother()
    {
        const string Other = "0x00000000000000000000000000000000000000aa";
        string[] entry = ["register", "--provider", Other, "--endpoint", world.Endpoint.AbsoluteUri, "--region", "x", "--operator", Other];
        var ran = await shell.RunAsync([.. entry, "--prices"]);
        Assert.Equal((ExitCodes.Refused, ""), (ran.Code, ran.Out));
        Assert.Contains($"its endpoint is that of {world.Provider}. Nothing was sent.", ran.Error, StringComparison.Ordinal);
        // One that is not there yet has no endpoint to ask.
        Assert.Contains("give --endpoint, --region and --operator", (await shell.RunAsync("register", "--provider", Other, "--prices")).Error, StringComparison.Ordinal);
        world.Says = b => b with { Token = "none" };
        ran = await shell.RunAsync("register", "--prices");
        Assert.Equal((ExitCodes.Refused, ""), (ran.Code, ran.Out));
        Assert.Contains("it sells in no token", ran.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Usage, (await shell.RunAsync("register")).Code);
    }

    [Fact]
    public async Task Drain_IsPrinted_Sent_AndUndone()
    {
        Assert.Contains("'setActive(bool)' false", (await shell.RunAsync("drain")).Out, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Usage, (await shell.RunAsync("drain", "--send")).Code);
        try
        {
            var drained = await shell.RunAsync("drain", "--send", "--yes");
            Assert.True(drained.Code == 0, drained.ToString());
            Assert.Contains("Taking no more leases: block", drained.Error, StringComparison.Ordinal);
            Assert.Equal("no", JsonDocument.Parse((await shell.RunAsync("datacenters", "-o", "json")).Out).RootElement.GetProperty("items")[0].GetProperty("active").GetBoolean() ? "yes" : "no");
        }
        finally
        {
            var open = await shell.RunAsync("drain", "--undo", "--send", "--yes");
            Assert.True(open.Code == 0, open.ToString());
            Assert.DoesNotContain("is drained", open.Error, StringComparison.Ordinal);
        }

        // A wallet that is no provider drains nobody.
        using var tenant = world.NewShell();
        Assert.Equal(ExitCodes.NotFound, (await tenant.RunAsync("drain")).Code);
    }

    [Fact]
    public async Task Offers_OfOnesOwn_AreAsTenantsSeeThem()
    {
        var ran = await shell.RunAsync("offers", "--provider", "mine", "-o", "name");
        Assert.True(ran.Code == 0, ran.ToString());
        Assert.Equal($"offer/{world.Provider}\n", ran.Out);
        using var tenant = world.NewShell();
        Assert.Equal(ExitCodes.NotFound, (await tenant.RunAsync("offers", "--provider", "mine")).Code);
    }

    [Fact]
    public async Task Meter_IsWhatTheClusterHasMeasured_BesideWhatIsSettled()
    {
        using var tenant = world.NewShell();
        var file = tenant.Write("web.yaml", "services: [{name: web, image: \"registry.example/acme/web@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\", resources: {cpu: 500m, memory: 256Mi}}]");
        var rented = await tenant.RunAsync("create", "-f", file, "--yes", "--wait", "--timeout", "120s", "-o", "name");
        Assert.True(rented.Code == 0, rented + world.Fault);
        var id = Domain.Leases.LeaseId.Parse(rented.Out.Trim()["lease/".Length..]);
        Assert.Contains("Nothing is measured yet.", (await shell.RunAsync("meter", id.Hex, "--kubeconfig", world.KubeConfigPath)).Error, StringComparison.Ordinal);
        await world.MeasureAsync(id, new JsonObject
        {
            ["throughMs"] = 1_800_000_000_000, ["cpuNanoSeconds"] = "5000999999", ["memoryByteMs"] = "2147483648000", ["storageMiBMs"] = "3000", ["egressBytes"] = "4096", ["gpuMsA"] = "0", ["gpuMsB"] = "0",
            ["expectedMs"] = 0, ["observedMs"] = 0, ["coverage"] = "98.5 %",
        });
        var ran = await shell.RunAsync("meter", id.Hex, "--kubeconfig", world.KubeConfigPath);
        Assert.True(ran.Code == 0, ran.ToString());
        Assert.Equal("Measured through 2027-01-15T08:00:00Z; coverage 98.5 %.\n", ran.Error);
        Assert.Matches(@"METER +MEASURED +SETTLED +UNSETTLED\ncpuMilliSeconds +5000 +0 +5000\nmemoryMiBSeconds +2048 +0 +2048\nstorageMiBSeconds +3 +0 +3\negressKiB +4 +0 +4\n", ran.Out);
    }

    [Fact]
    public async Task Meter_NeedsTheDatacentersOwnKubeconfig()
    {
        Assert.Equal(ExitCodes.Usage, (await shell.RunAsync("meter", "0x1234")).Code);
        Assert.Equal(ExitCodes.NotFound, (await shell.RunAsync("meter", "0x" + new string('1', 64))).Code);
    }
}
