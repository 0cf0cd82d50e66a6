using System.Text.Json;
using Federation.Harness;
using Federation.Harness.Demo;
using Federation.Harness.Images;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>What a tenant tries from inside its pod and with its credential. Each attempt succeeds where nothing confines it.</summary>
[Collection(ThreeDatacentersCollection.Name)]
public sealed class IsolationTests(ThreeDatacenters stage, Confinement cell) : IClassFixture<Confinement>
{
    // Says the name of each attempt that succeeded.
    private const string Attempts = """
        attempt() { name=$1; shift; "$@" >/dev/null 2>&1 && echo "$name"; }
        attempt mount mount -t tmpfs none /www
        attempt device /bin/busybox mknod /tmp/disk b 8 0
        attempt hostname hostname taken
        attempt image-written /bin/busybox touch /bin/taken
        attempt owner-given-away /bin/busybox chown 1 /tmp
        attempt capability-to-gain /bin/busybox grep -q 'CapBnd:.*[1-9a-f]' /proc/self/status
        attempt setuid-counts /bin/busybox grep -q 'NoNewPrivs:.0' /proc/self/status
        attempt unfiltered-calls /bin/busybox grep -q 'Seccomp:.0' /proc/self/status
        attempt processes-of-the-node /bin/busybox grep -qs kubelet /proc/*/comm
        attempt disk-of-the-node ls /node/proc
        attempt token cat /var/run/secrets/kubernetes.io/serviceaccount/token
        attempt device-granted [ "$NVIDIA_VISIBLE_DEVICES" = all ]
        attempt library-preloaded [ -n "$LD_PRELOAD" ]
        true
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TenantsPod_ReachesItsOwnAndTheInternet_AndNothingElse()
    {
        var (allowed, forbidden) = await cell.ReadTargetsAsync();
        // What is there to be reached: the free pod gets through to all of it that is no lease's, and a lease to what is its own.
        string[] ours = [.. allowed.Take(2)], theirs = [.. forbidden.Take(2)];
        Assert.Equal(allowed.Concat(forbidden).Except([.. ours, .. theirs]).Order(), (await cell.ReachAsync(null, [.. allowed, .. forbidden])).Order());
        Assert.Equal(theirs.Order(), (await cell.ReachAsync(cell.Neighbour, [.. ours, .. theirs])).Order());
        Assert.Equal(allowed.Order(), (await cell.ReachAsync(cell.Prisoner, [.. allowed, .. forbidden])).Order());
    }

    [Fact]
    public async Task TenantsPod_GainsNothingOverItsNode()
    {
        var possible = Confinement.Lines((await cell.ExecAsync(null, Attempts)).Output);
        Assert.Equal(Attempts.Split("attempt ").Length - 1, possible.Length);
        var tried = await cell.ExecAsync(cell.Prisoner, Attempts + "\necho tried");
        Assert.Equal(["tried"], Confinement.Lines(tried.Output));
    }

    [Fact]
    public async Task MoreThanWasLeased_IsNotToBeHad()
    {
        // Memory: the kernel ends what takes more than the lease has.
        const string hoard = "dd if=/dev/zero of=/dev/null bs=200M count=1";
        Assert.Equal(0, (await cell.ExecAsync(null, hoard)).ExitCode);
        Assert.Equal(137, (await cell.ExecAsync(cell.Prisoner, hoard)).ExitCode);

        // Pods and devices: not even who may make pods in the lease's namespace gets more into it.
        (string More, string Named)[] attempts =
        [
            ("cpu: 200m, memory: 16Mi", "maximum cpu usage per Pod is 100m"), ("cpu: 50m, memory: 16Mi", "exceeded quota: federation-isolation, requested: limits.cpu=50m"),
            ("cpu: 1m, memory: 1Mi, nvidia.com/gpu: 1", "requests.nvidia.com/gpu=0"),
        ];
        foreach (var (more, named) in attempts)
        {
            Assert.Equal(0, (await DryRunAsync("default", more)).ExitCode);
            Assert.Contains(named, (await DryRunAsync(cell.Prisoner.Namespace, more)).Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task GpuThatWasNotLeased_IsRefusedAtKubectlApply()
    {
        var story = DemoStory.All.Single(s => s.Name == "batch") with { Name = "greedy", GpuClass = "", GpuCount = 0, RunsApp = false };
        var lease = await cell.MatchAsync(story);
        var refused = await lease.TryApplyAsync(story.Workload);
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains(DemoStory.A100, refused.Error, StringComparison.Ordinal);
        await lease.CloseAsync();
    }

    [Fact]
    public async Task Labels_AreNotTheTenantsToSet()
    {
        var (mine, theirs) = (cell.Prisoner.Namespace, $"compute.federation/lease={cell.Neighbour.Namespace["lease-".Length..]}");
        var spoofed = await cell.Prisoner.TryApplyAsync(Workloads.Service(more: """, "labels":{"compute.federation/lease":"x"}"""));
        Assert.Contains("labels are the operator's", spoofed.Error, StringComparison.Ordinal);
        string[][] attempts =
        [
            ["label", "pods", "--all", theirs, "--overwrite", "-n", mine],
            ["label", "namespace", mine, "compute.federation/lease-", "kubernetes.io/metadata.name=kube-system", "--overwrite"],
            ["delete", "networkpolicy", "--all", "-n", mine],
            ["create", "quota", "more", "--hard=cpu=100", "-n", mine],
            ["exec", "-n", mine, "deploy/work", "--", "id"],
        ];
        foreach (var attempt in attempts)
        {
            await Forbidden.AssertAsync(cell.AsTenant.TryAsync, attempt);
        }
    }

    [Fact]
    [Trait("Target", "stories")]
    public async Task NetworkThatEnforcesNothing_IsFoundOut_AndNoLeaseIsTakenOnIt_UnlessThatIsAllowed()
    {
        var pods = await cell.Prisoner.ReadPodsAsync();
        var neighbour = (await cell.ReadTargetsAsync()).Forbidden[0];
        await SetUnenforcedAsync("Refuse");
        await ReplaceOperatorAsync(new() { ["Federation__Isolation__ProbeImage"] = BusyboxImages.Web, ["Federation__Isolation__ProbeInterval"] = "00:00:10" });
        try
        {
            await WaitForConditionAsync("True", "Enforced");
            await Eventually.HoldsAsync("an Offer", async () => (await cell.AskAsync(FederationStage.Story("isolated", Workloads.Burner))).Quote is { Offer: null } no ? no.Reason : null);

            await stage.Faults.StopAsync(Enforcer, Cancellation);
            await WaitForConditionAsync("False", "NotEnforced");
            Assert.Equal([neighbour], await cell.ReachAsync(cell.Prisoner, [neighbour]));
            await Eventually.HoldsAsync("a refusal", async () => (await cell.AskAsync(FederationStage.Story("refused", Workloads.Burner))).Quote.Reason is "NetworkNotIsolated" ? null : "there is an Offer");
            Assert.Equal(pods, await cell.Prisoner.ReadPodsAsync());

            await SetUnenforcedAsync("Allow");
            await Eventually.HoldsAsync("an Offer", async () => (await cell.AskAsync(FederationStage.Story("allowed", Workloads.Burner))).Quote is { Offer: null } no ? no.Reason : null);
        }
        finally
        {
            await SetUnenforcedAsync("Allow");
            if (Parts.ProcessId(stage.Federation, Enforcer) is null) await stage.Faults.StartAsync(Enforcer, Cancellation);
            await ReplaceOperatorAsync([]);
        }

        await Eventually.HoldsAsync("the enforcer", async () => (await cell.ReachAsync(cell.Prisoner, [neighbour])).Length == 0 ? null : "the neighbour is reached");
    }

    private string Enforcer => $"{cell.Site.Name}/{LocalParts.Enforcer}";

    private async Task ReplaceOperatorAsync(Dictionary<string, string> changes)
    {
        await stage.Faults.StopAsync(cell.Site.OperatorPart, Cancellation);
        stage.StartOperator(cell.Site, webhook: true, changes);
        await cell.Site.WaitUntilReadyAsync(Cancellation);
    }

    private Task<string> SetUnenforcedAsync(string value) => cell.Admin.RunAsync(
        "patch", "datacenter", cell.Site.Name, "--type=merge", "-p", $$$"""{"spec":{"isolation":{"unenforcedNetworkPolicy":"{{{value}}}"} } }""");

    private Task WaitForConditionAsync(string status, string reason) => Eventually.HoldsAsync($"NetworkPolicyEnforced {status}: {reason}", async () =>
    {
        using var datacenter = JsonDocument.Parse(await cell.Admin.RunAsync("get", "datacenter", cell.Site.Name, "-o", "json"));
        var seen = TenantLease.ConditionOf(datacenter.RootElement, "NetworkPolicyEnforced");
        return seen?.Status == status && seen.Reason == reason ? null : $"it is {seen}";
    }, 180);

    private async Task<Federation.Harness.Machine.Command.Result> DryRunAsync(string space, string resources)
    {
        var file = Path.Combine(stage.Federation.StateFolder, "more.yaml");
        await File.WriteAllTextAsync(file, Kubectl.Pod("more", BusyboxImages.Burn, "[]", resources), Cancellation);
        return await cell.Admin.TryAsync("create", "--dry-run=server", "-f", file, "-n", space);
    }
}
