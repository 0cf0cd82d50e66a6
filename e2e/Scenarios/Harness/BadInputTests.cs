using System.Net;
using System.Net.Sockets;
using Federation.Harness;
using Federation.Harness.Machine;

namespace Federation.Scenarios.Harness;

/// <summary>What cannot work is refused with the reason, before anything is made.</summary>
public sealed class BadInputTests
{
    private readonly string state = LeftoverFixture.NewStateFolder("refused");

    [Theory]
    [InlineData("0", "from 1 to 9")]
    [InlineData("10", "from 1 to 9")]
    [InlineData("-1", "from 1 to 9")]
    [InlineData("many", "many")]
    public async Task Up_WithAnImpossibleNumber_SaysWhatIsPossible(string count, string reason) =>
        await RefusedAsync(reason, ["up", "--state", state, "-n", count]);

    [Fact]
    public async Task UnknownVerb_IsNamed() => await RefusedAsync("'fly'", ["fly"]);

    [Fact]
    public async Task UnknownFlag_IsNamed() => await RefusedAsync("'--wings'", ["up", "--state", state, "--wings"]);

    [Fact]
    public async Task Demo_WithOperatorsOfNoKind_SaysWhichThereAre() => await RefusedAsync("'host'", ["demo", "--state", state, "--operators", "nowhere"]);

    [Fact]
    public async Task Up_NotAsRoot_SaysSo() =>
        await RefusedAsync("root is needed", ["up", "--state", state], through: ["unshare", "--user"]);

    [Fact]
    public async Task Up_WithKubeAssetsThatIsNoFolder_SaysSo() =>
        await RefusedAsync("KUBE_ASSETS is /nowhere, which is no folder", ["up", "--state", state], new() { ["KUBE_ASSETS"] = "/nowhere" });

    [Fact]
    public async Task Up_WithKubeAssetsWithoutAProgram_NamesIt() =>
        await RefusedAsync("no executable kube-apiserver in it", ["up", "--state", state], new() { ["KUBE_ASSETS"] = "/etc" });

    [Fact]
    public async Task Up_WithoutTools_SaysHowToGetThem() =>
        await RefusedAsync("run `make tools`", ["up", "--state", state], new() { ["FEDERATION_TOOLS"] = "/nowhere" });

    [Fact]
    public async Task Up_InAFolderWithOtherFiles_TouchesNone()
    {
        Directory.CreateDirectory(state);
        var file = Path.Combine(state, "letter.txt");
        await File.WriteAllTextAsync(file, "dear");
        try
        {
            var run = await HarnessProcess.RunAsync(["up", "--state", state]);
            Assert.Equal(1, run.ExitCode);
            Assert.Contains("holds files that are not a federation's", run.Error, StringComparison.Ordinal);
            Assert.Equal(0, (await HarnessProcess.RunAsync(["down", "--state", state])).ExitCode);
            Assert.Equal("dear", await File.ReadAllTextAsync(file));
        }
        finally
        {
            Directory.Delete(state, recursive: true);
        }
    }

    [Fact]
    public async Task Up_OnAFullDisk_SaysHowMuchIsNeeded()
    {
        var disk = LeftoverFixture.NewStateFolder("disk");
        Directory.CreateDirectory(disk);
        await Command.RunAsync("mount", ["-t", "tmpfs", "-o", "size=20m", "tmpfs", disk]);
        try
        {
            await RefusedAsync("2200 MiB are needed", ["up", "--state", Path.Combine(disk, "state")]);
        }
        finally
        {
            await Command.RunAsync("umount", [disk]);
            Directory.Delete(disk);
        }
    }

    [Fact]
    public async Task Up_OnATakenPort_NamesIt()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        await RefusedAsync($"port {port} is taken", ["up", "--state", state, "--chain-port", $"{port}"], new() { ["FEDERATION_KUBECONFIGS"] = "/nowhere" });
    }

    [Fact]
    public async Task Up_WithAKubeconfigThatIsNoFile_NamesIt() =>
        await RefusedAsync("/nowhere, which is no file", ["up", "--state", state], new() { ["FEDERATION_KUBECONFIGS"] = "/nowhere" });

    [Fact]
    public async Task Status_WithoutAFederation_SaysSo() => await RefusedAsync("run `make up`", ["status", "--state", state]);

    private async Task RefusedAsync(string reason, string[] arguments, Dictionary<string, string>? environment = null, string[]? through = null)
    {
        var before = await MachineTraces.TakeAsync();
        var run = await HarnessProcess.RunAsync(arguments, environment, through);
        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains(reason, run.Error + run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
        if (Directory.Exists(state + "-failed-logs")) Directory.Delete(state + "-failed-logs", recursive: true);
        await LocalFederation.DownAsync(state);
        await MachineTraces.AssertNothingLeftAsync(state, before);
    }
}
