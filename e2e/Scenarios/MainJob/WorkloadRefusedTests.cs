using Federation.Domain.Leases;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>
/// Workloads that must not run: each is refused with what is wrong, nothing of it is made, and the right one still runs
/// afterwards. With the admission webhook the refusal is kubectl's answer, without it a condition of the lease.
/// </summary>
[Collection(MainJobCollection.Name)]
[Trait("Target", "stories")]
public sealed class WorkloadRefusedTests(MainJobFixture fixture)
{
    // The workload, and what the refusal has to name.
    private static readonly (string Workload, string Named)[] Wrong =
    [
        (Workloads.Service(more: """, "replicaz":1"""), "replicaz"),
        (Workloads.Service(more: """, "hostNetwork":true"""), "hostNetwork"),
        (Workloads.Service(more: """, "securityContext":{"privileged":true}"""), "securityContext"),
        (Workloads.Service(more: """, "privileged":true"""), "privileged"),
        (Workloads.Service(more: """, "nodeName":"here" """), "nodeName"),
        (Workloads.Service(beside: """, "tolerations":[{"operator":"Exists"}]"""), "tolerations"),
        (Workloads.Service(beside: """, "daemonSets":[{"name":"everywhere"}]"""), "daemonSets"),
        (Workloads.Service(more: """, "hostPath":"/" """), "hostPath"),
        (Workloads.Service(more: """, "hostPort":80"""), "hostPort"),
        (Workloads.Service(more: """, "capabilities":{"add":["SYS_ADMIN"]}"""), "capabilities"),
        (Workloads.Service(more: """, "serviceAccountName":"default" """), "serviceAccountName"),
        (Workloads.Service(more: """, "priorityClassName":"system-node-critical" """), "priorityClassName"),
        (Workloads.Service(more: """, "env":[{"name":"NVIDIA_VISIBLE_DEVICES","value":"all"}]"""), "env"),
        (Workloads.Service(cpu: "\"0\""), "cpu"),
        (Workloads.Service(cpu: "\"9223372036854775808\""), "cpu"),
        (Workloads.Service(memory: "\"-1Mi\""), "memory"),
        (Workloads.Service(cpu: "1e30"), "cpu"),
        (Workloads.Service(more: """, "replicas":100000"""), "replicas"),
        ("{}", "at least one service or job"),
    ];

    [Fact]
    public async Task WrongWorkloads_KubectlSaysSoAtOnce_NothingIsStored_AndTheRightOneRuns()
    {
        var lease = await fixture.MatchAsync(await fixture.AskAsync("refused", Workloads.Burner));
        await lease.WaitForPhaseAsync(LeasePhase.WaitingForWorkload);
        foreach (var (workload, named) in Wrong)
        {
            var applied = await lease.TryApplyAsync(workload);
            Assert.True(applied.ExitCode != 0, $"{named} was let through");
            Assert.Contains(named, applied.Error, StringComparison.Ordinal);
        }

        var other = await lease.TryApplyAsync(Workloads.Web);
        Assert.NotEqual(0, other.ExitCode);
        Assert.Contains($"the lease is for {lease.Demo.Terms.SpecHash}", other.Error, StringComparison.Ordinal);
        Assert.False((await lease.ReadAsync())!.Value.GetProperty("spec").TryGetProperty("workload", out _));
        await lease.DeliverAsync();
        await lease.WaitForPhaseAsync(LeasePhase.Running);
        await lease.CloseAsync();
    }

    [Fact]
    public async Task WithoutWebhook_TheOperatorItselfRefuses_NothingIsMade_AndTheRightOneRuns()
    {
        var neighbour = await fixture.SurvivorAsync();
        var pods = await neighbour.ReadPodsAsync();
        await fixture.ReplaceOperatorAsync(webhook: false);
        var lease = await fixture.MatchAsync(await fixture.AskAsync("late", Workloads.Burner));
        await lease.WaitForPhaseAsync(LeasePhase.WaitingForWorkload);
        foreach (var (workload, named) in Wrong)
        {
            // The definition's own schema refuses some of them.
            var applied = await lease.TryApplyAsync(workload);
            if (applied.ExitCode != 0) Assert.Contains(named, applied.Error, StringComparison.Ordinal);
            else await lease.WaitForConditionAsync("Verified", "False", ["WorkloadRefused"], named);
        }

        Assert.Equal(0, (await lease.TryApplyAsync(Workloads.Web)).ExitCode);
        await lease.WaitForConditionAsync("Verified", "False", ["SpecHashDiffers"]);
        var agreed = (await lease.ReadAsync())!.Value.GetProperty("spec").GetProperty("chain").ToString();
        await fixture.AsTenant.RunAsync("patch", "computelease", lease.Namespace, "-n", lease.Namespace, "--type=merge", "-p", """{"spec":{"chain":{"prices":{"cpu":"1"}}}}""");
        await Eventually.HoldsAsync("spec.chain as agreed", async () => (await lease.ReadAsync())!.Value.GetProperty("spec").GetProperty("chain").ToString() is var now && now == agreed ? null : now);
        Assert.Equal("", await fixture.Admin.RunAsync("get", "deployments,statefulsets,jobs,pods,services", "-n", lease.Namespace, "-o", "name"));
        // What was stored before is no obstacle to the webhook of the next operator.
        await fixture.ReplaceOperatorAsync(webhook: true);
        await lease.DeliverAsync();
        await lease.WaitForPhaseAsync(LeasePhase.Running);
        Assert.Equal(pods, await neighbour.ReadPodsAsync());
        await lease.CloseAsync();
    }

    [Fact]
    public async Task ImageThatNobodyHas_IsNamedInTheCondition_AndCostsNothing()
    {
        var lease = await fixture.MatchAsync(await fixture.AskAsync("imageless", Workloads.WithoutImage));
        await lease.DeliverAsync();
        var message = await lease.WaitForConditionAsync("Ready", "False", ["ErrImagePull", "ImagePullBackOff", "RegistryUnavailable"]);
        Assert.Contains("registry.example/nobody/nothing:1", message, StringComparison.Ordinal);
        // Two windows and the settlement after them are over.
        await Task.Delay(3 * FederationStage.Epoch, TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.True((await lease.ReadChainAsync()).Claimed.IsZero, "a workload that never ran was charged");
        await lease.CloseAsync();
        await lease.WaitForCloseAsync();
        var row = await lease.ReadRowAsync();
        Assert.Equal(row.Deposited, row.Paid + row.Refunded);
        // The last window is read when the pod is gone: of it the sandbox's own memory is left, seconds of less than a MiB.
        Assert.True(row.Paid < row.Deposited / 10_000, $"{row.Paid} of {row.Deposited} was charged for a workload that never ran");
    }
}
