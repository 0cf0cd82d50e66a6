using Federation.Harness;
using Federation.Harness.Images;
using Federation.Harness.Machine;

namespace Federation.Scenarios.Harness;

/// <summary>However a federation ends, nothing of it stays on the machine.</summary>
public sealed class TeardownTests
{
    [Fact]
    public async Task Harness_KilledWhileStarting_NextUpWorks_AndDownLeavesNothing()
    {
        var state = LeftoverFixture.NewStateFolder("killed");
        var before = await MachineTraces.TakeAsync();
        using (var first = HarnessProcess.Start(["up", "--state", state, "-n", "1"]))
        {
            await PartsRunAsync(state, first, "alpha/kube-apiserver", "alpha/containerd");
            first.Kill();
            await first.EndAsync();
        }
        Assert.NotEmpty(OwnedProcesses.Find(state));

        var second = await HarnessProcess.RunAsync(["up", "--state", state, "-n", "1"]);
        Assert.True(second.ExitCode == 0, second.Error);
        var federation = LocalFederation.Load(state);
        var kubectl = new Kubectl(federation, federation["alpha"]);
        await kubectl.ApplyAsync(Kubectl.Pod("left-running", BusyboxImages.Web, "[]", "cpu: 100m, memory: 32Mi"));
        await kubectl.RunAsync("wait", "--for=condition=Ready", "pod/left-running", "--timeout=150s");

        Assert.Equal(0, (await HarnessProcess.RunAsync(["status", "--state", state])).ExitCode);
        Assert.Contains("is up", (await HarnessProcess.RunAsync(["up", "--state", state, "-n", "1"])).Output, StringComparison.Ordinal);
        var other = await HarnessProcess.RunAsync(["up", "--state", state, "-n", "2"]);
        Assert.Contains("take it down first", other.Error, StringComparison.Ordinal);

        var down = await HarnessProcess.RunAsync(["down", "--state", state]);
        Assert.True(down.ExitCode == 0, down.Error);
        await MachineTraces.AssertNothingLeftAsync(state, before);
        Assert.Equal(0, (await HarnessProcess.RunAsync(["down", "--state", state])).ExitCode);
    }

    [Fact]
    public async Task Harness_InterruptedWhileStarting_TakesAllDownByItself()
    {
        var state = LeftoverFixture.NewStateFolder("interrupted");
        var before = await MachineTraces.TakeAsync();
        // Whatever runs in a shell's background would not hear it.
        using var run = HarnessProcess.Start(["up", "--state", state, "-n", "1"], through: ["env", "--default-signal=INT"]);
        await PartsRunAsync(state, run, "alpha/etcd", "anvil");
        await Command.RunAsync("kill", ["-INT", $"{run.Id}"]);
        var ended = await run.EndAsync();
        Assert.Equal(130, ended.ExitCode);
        Assert.Contains("nothing was left behind", ended.Error, StringComparison.Ordinal);
        Directory.Delete(state + "-failed-logs", recursive: true);
        await LocalFederation.DownAsync(state);
        await MachineTraces.AssertNothingLeftAsync(state, before);
    }

    private static Task PartsRunAsync(string state, HarnessProcess run, params string[] parts) =>
        Eventually.HoldsAsync("the parts", () =>
        {
            Assert.False(run.HasExited, "the harness ended before it was interrupted");
            var there = OwnedProcesses.Find(state).Select(process => process.Component).ToHashSet();
            return Task.FromResult(parts.All(there.Contains) ? null : $"only {string.Join(", ", there)}");
        });
}
