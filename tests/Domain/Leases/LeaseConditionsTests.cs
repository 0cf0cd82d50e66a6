using Federation.Domain.Leases;
using Federation.Domain.Usage;
using Federation.Domain.Workloads;
using Federation.Testing;
using Federation.Testing.Builders;

namespace Federation.Domain.Tests.Leases;

/// <summary>What a lease says of itself in each situation: status and reason by condition.</summary>
public sealed class LeaseConditionsTests
{
    private static readonly Dictionary<string, ALease> Situations = new()
    {
        ["unknown"] = ALease.Unknown(),
        ["reserved"] = ALease.Reserved(),
        ["refused"] = ALease.Reserved().WithReservation(Some.NotFitting),
        ["drained"] = ALease.Reserved().WithIntake(Intake.Draining),
        ["waiting"] = ALease.Active().Measured(0, 0),
        ["edited"] = ALease.Active().With(termsMatch: false),
        ["otherHash"] = ALease.Active().WithWorkload(hash: "0xother"),
        ["faulty"] = ALease.Active().WithWorkload(null, "asks for too much"),
        ["running"] = ALease.Active().Running().Measured(60, 10),
        ["unresolved"] = ALease.Active().WithWorkload().WithImages(new ImageNews(null, false, new ImageProblem("ImageNotFound", "Image x:1: it is not there."))),
        ["stuck"] = ALease.Active().Running(p => p with { Node = null, Ready = false, Problem = new PodProblem("Unschedulable", "no node") }),
        ["crashing"] = ALease.Active().Running(p => p with { Ready = false, Problem = new PodProblem("CrashLoopBackOff", "exit 1") }),
        ["jobDone"] = ALease.Active().Running().WithCluster(c => c with { Items = [new ItemFact("train", "Job", 2, 0, 2, false, "")], Pods = [] }),
        ["jobFailed"] = ALease.Active().Running().WithCluster(c => c with { Items = [new ItemFact("train", "Job", 2, 0, 1, true, "BackoffLimitExceeded.")] }),
        ["unmetered"] = ALease.Active().Running().WithMeteringError("Prometheus does not answer."),
        ["failing"] = ALease.Active().Running().WithFailure("NotOperator."),
        ["poor"] = ALease.Active().Running().With(escrow: 100).Measured(60, 10),
        ["closing"] = ALease.Closing(CloseReason.Provider).Running(),
        ["closed"] = ALease.Closed(),
    };

    [Theory]
    [InlineData("unknown", "Verified", ConditionStatus.False, "NotOnChain")]
    [InlineData("reserved", "Verified", ConditionStatus.Unknown, "WaitingForWorkload")]
    [InlineData("reserved", "Ready", ConditionStatus.False, "NotActivated")]
    [InlineData("reserved", "Metered", ConditionStatus.Unknown, "NotStarted")]
    [InlineData("reserved", "Settled", ConditionStatus.Unknown, "NotActive")]
    [InlineData("refused", "Scheduled", ConditionStatus.False, "NotEnoughGpu")]
    [InlineData("refused", "Ready", ConditionStatus.False, "NotEnoughGpu")]
    [InlineData("drained", "Scheduled", ConditionStatus.False, "Draining")]
    [InlineData("drained", "Ready", ConditionStatus.False, "Draining")]
    [InlineData("waiting", "Ready", ConditionStatus.False, "WaitingForWorkload")]
    [InlineData("waiting", "Metered", ConditionStatus.True, "Covered")]
    [InlineData("edited", "Verified", ConditionStatus.False, "TermsDiffer")]
    [InlineData("otherHash", "Verified", ConditionStatus.False, "SpecHashDiffers")]
    [InlineData("faulty", "Verified", ConditionStatus.False, "WorkloadRefused")]
    [InlineData("running", "Verified", ConditionStatus.True, "HashMatches")]
    [InlineData("running", "Scheduled", ConditionStatus.True, "Placed")]
    [InlineData("running", "Ready", ConditionStatus.True, "Running")]
    [InlineData("running", "Settled", ConditionStatus.True, "UpToDate")]
    [InlineData("running", "Finished", ConditionStatus.False, "Active")]
    [InlineData("stuck", "Scheduled", ConditionStatus.False, "Unschedulable")]
    [InlineData("unresolved", "Ready", ConditionStatus.False, "ImageNotFound")]
    [InlineData("crashing", "Ready", ConditionStatus.False, "CrashLoopBackOff")]
    [InlineData("jobDone", "Ready", ConditionStatus.True, "Completed")]
    [InlineData("jobFailed", "Ready", ConditionStatus.False, "JobFailed")]
    [InlineData("unmetered", "Metered", ConditionStatus.False, "SourceUnavailable")]
    [InlineData("failing", "Settled", ConditionStatus.False, "TransactionFailed")]
    [InlineData("poor", "Settled", ConditionStatus.False, "EscrowExhausted")]
    [InlineData("closing", "Finished", ConditionStatus.False, "Closing")]
    [InlineData("closed", "Ready", ConditionStatus.False, "LeaseClosed")]
    [InlineData("closed", "Settled", ConditionStatus.True, "Closed")]
    [InlineData("closed", "Finished", ConditionStatus.True, "Tenant")]
    public void Situation_Says(string situation, string type, ConditionStatus status, string reason)
    {
        var condition = Situations[situation].Decide().Status.Conditions.Single(c => c.Type == type);
        Assert.Equal((status, reason), (condition.Status, condition.Reason));
    }

    // Of the last window, however much was measured before; and what was lost is never said to be measured.
    [Theory]
    [InlineData(3_600_000, 3_600_000, 3_600_000, ConditionStatus.False, "Of 3600 s of pods in the last window 3600 s have no samples of CPU.")]
    [InlineData(3_600_000, 180_000, 180_000, ConditionStatus.True, "All was measured but 180 s of pods")]
    [InlineData(3_600_000, 0, 9_000, ConditionStatus.True, "lower bound")]
    [InlineData(3_600_000, 0, 0, ConditionStatus.True, "Every window so far was measured.")]
    public void Metered_SaysWhatTheLastWindowMissed(long lifeMs, long windowMs, long allMs, ConditionStatus status, string text)
    {
        var usage = UsagePosition.StartingAt(FakeClock.StartMs) with { ExpectedMs = 1_000_000_000, ObservedMs = 1_000_000_000, Window = new WindowSight(lifeMs, windowMs), UnmeasuredMs = allMs };
        var condition = ALease.Active().Running().WithStatus(s => s with { Usage = usage }).Decide().Status.Conditions.Single(c => c.Type == "Metered");
        Assert.Equal(status, condition.Status);
        Assert.Contains(text, condition.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Metered_NamesTheMeterThatIsLost()
    {
        var usage = UsagePosition.StartingAt(FakeClock.StartMs) with { Window = new WindowSight(60_000, 60_000) { Meter = Meter.Egress } };
        var condition = ALease.Active().Running().WithStatus(s => s with { Usage = usage }).Decide().Status.Conditions.Single(c => c.Type == "Metered");
        Assert.Equal((ConditionStatus.False, "CoverageLow"), (condition.Status, condition.Reason));
        Assert.Contains("60 s have no samples of bytes sent.", condition.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EverySituation_HasAllConditionsOnceWithWords() => Assert.All(Situations.Values, situation =>
    {
        var conditions = situation.Decide().Status.Conditions;
        Assert.Equal(["Verified", "Scheduled", "Ready", "Metered", "Settled", "Finished"], conditions.Select(c => c.Type));
        Assert.All(conditions, c => Assert.True(c.Message.Length >= 10, $"{c.Type}: '{c.Message}'"));
    });

    [Fact]
    public void EverySituation_IsLookedAtAgainSoon() => Assert.All(Situations, situation =>
    {
        var seen = situation.Value.Seen();
        // What runs and owes nothing has times of its own (LeaseAgendaTests).
        Assert.InRange(LeaseMachine.Decide(seen).NextLookMs, seen.NowMs + 1, seen.NowMs + (situation.Key == "running" ? 300_000 : 30_000));
    });

    // The other pod is the one that Kubernetes puts in its place: what keeps that one is said, not what befell the first.
    [Theory]
    [InlineData(false, null, "NodeDown")]
    [InlineData(true, null, "NodeDown")]
    [InlineData(true, "node-b", "Starting")]
    public void NodeThatIsLost_IsTheReason_UntilAnotherPodHasANode(bool hasOther, string? node, string reason)
    {
        var lease = ALease.Active().Running(p => p with { Ready = false, IsNodeDown = true })
            .WithCluster(c => c with { Items = [c.Items[0] with { Ready = 0 }], Pods = hasOther ? [.. c.Pods, c.Pods[0] with { Uid = "uid-2", Name = "web-2", Node = node, IsNodeDown = false }] : c.Pods });
        var ready = lease.Decide().Status.Conditions.Single(c => c.Type == "Ready");
        Assert.Equal((ConditionStatus.False, reason), (ready.Status, ready.Reason));
        if (reason == "NodeDown") Assert.Contains($"Node {lease.Seen().Cluster.Pods[0].Node}, where pod {lease.Seen().Cluster.Pods[0].Name} is,", ready.Message, StringComparison.Ordinal);
    }

    // Kubernetes says of a missing one in Events alone.
    [Theory]
    [InlineData("web", false, "Pods are starting; they wait until Secret tls, ConfigMap settings are there.")]
    [InlineData("web", true, "Pods are starting.")]
    [InlineData("other", true, "Pods are starting; they wait until Secret tls, ConfigMap settings are there.")]
    public void PodsThatHaveNotStarted_NameWhatTheyMayWaitFor(string item, bool hasStarted, string message)
    {
        var lease = ALease.Active().Running(p => p with { Item = item, Ready = false, HasStarted = hasStarted }).WithCluster(c => c with { Items = [c.Items[0] with { Ready = 0 }] });
        var seen = lease.WithFiles(new(SourceKind.Secret, "tls", "/a"), new(SourceKind.ConfigMap, "settings", "/b"), new(SourceKind.Secret, "tls", "/c"));
        var ready = seen.Decide().Status.Conditions.Single(c => c.Type == "Ready");
        Assert.Equal(("Starting", message), (ready.Reason, ready.Message));
    }

    [Theory]
    [InlineData("reserved", LeasePhase.Reserved)]
    [InlineData("waiting", LeasePhase.WaitingForWorkload)]
    [InlineData("running", LeasePhase.Running)]
    [InlineData("jobDone", LeasePhase.Completed)]
    [InlineData("jobFailed", LeasePhase.Starting)]
    [InlineData("closing", LeasePhase.Closing)]
    [InlineData("closed", LeasePhase.Closed)]
    public void Phase_Follows(string situation, LeasePhase phase) => Assert.Equal(phase, Situations[situation].Decide().Status.Phase);
}
