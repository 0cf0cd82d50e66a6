using Federation.Domain.Exports;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Testing;
using Federation.Testing.Builders;

namespace Federation.Domain.Tests.Exports;

/// <summary>A lease with two volumes that its tenant wants, at second 1000 unless said otherwise; it was closed at second 60.</summary>
public sealed class ExportRulesTests
{
    private const long Start = FakeClock.StartMs / 1000;
    private const long Retention = 3600;

    private static readonly ExportWish Wish = new(["data-a", "data-b"], "urls", 65532);
    private static readonly SentBytes Sent = new("0x" + new string('a', 64), 1234);
    private static readonly ALease Closed = At(1000).Exporting(Wish);

    [Fact]
    public void Over_VolumesAreSentOneByOne_AndThenItIsSaid()
    {
        var first = Closed.Decide();
        var ensure = Assert.IsType<EnsureExport>(Assert.Single(first.Effects));
        Assert.Equal(("data-a", Wish, Unknown("Exporting")), (ensure.Volume, ensure.Wish, Said(first)));

        // Going on: nothing is written.
        Assert.Empty(Going("data-a").Decide().Effects);

        // Sent, and not signed yet: the pod that knows it stays.
        var unsigned = Ended("data-a", 990).Decide();
        Assert.Empty(unsigned.Effects);
        Assert.Empty(unsigned.Status.Exports);

        // Signed: it is written down first, and then the next one takes its place.
        var signed = Ended("data-a", 990).Exporting(Wish, "0xsigned").Decide();
        Assert.Empty(signed.Effects);
        Assert.Equal(new VolumeExport("data-a", "urls", Start + 990) { Sent = Sent, Signature = "0xsigned" }, Assert.Single(signed.Status.Exports));
        var next = Ended("data-a", 990).WithStatus(_ => signed.Status).Decide();
        Assert.Equal("data-b", Assert.IsType<EnsureExport>(Assert.Single(next.Effects)).Volume);

        var both = Ended("data-b", 995).WithStatus(_ => signed.Status).Exporting(Wish, "0xtoo").Decide();
        Assert.Equal((ConditionStatus.True, "Exported"), Said(both));
        Assert.IsType<RemoveExport>(Assert.Single(Ended("data-b", 995).WithStatus(_ => both.Status).Decide().Effects));
        Assert.Empty(Closed.WithStatus(_ => both.Status).Decide().Effects);
    }

    [Fact]
    public void WhileItRuns_ItIsRefused_AndWhatStillReadsGoes()
    {
        var running = ALease.Active().Running().Measured(100, 1).After(106).Exporting(Wish);
        Assert.Equal(False("WorkloadRuns"), Said(running.Decide()));
        Assert.DoesNotContain(running.Decide().Effects, e => e is EnsureExport or RemoveExport);
        Assert.Contains(running.WithCluster(c => c with { Export = Run("data-a", 100) }).Decide().Effects, e => e is RemoveExport);
        // Its notice is served.
        Assert.Equal(False("WorkloadRuns"), Said(ALease.Closing(CloseReason.Provider).Running().After(70).Exporting(Wish).Decide()));
    }

    [Fact]
    public void Suspended_ItIsSent_OnceNothingRuns_AndOutdatedWhenItRunsAgain()
    {
        var suspended = ALease.Active().Measured(100, 150).After(106).Exporting(Wish)
            .WithStatus(s => s with { Suspension = new Suspension(Start + 50, Start + 5000, (Start + 60) * 1000, 0, []) })
            .With(escrow: Accrual.ClosingReserve(Some.Terms) + 160);
        Assert.IsType<EnsureExport>(Assert.Single(suspended.Decide().Effects));
        // A pod of the workload is on its way out.
        Assert.Empty(suspended.WithCluster(c => c with { Pods = [new PodFact("uid", "web-1", "web", "node-a", false, false, null, 0, 0, 0)] }).Decide().Effects);

        var sent = new VolumeExport("data-a", "urls", Start + 90) { Sent = Sent, Signature = "0x" };
        var awake = ALease.Active().Running().Measured(200, 1).After(206).Exporting(Wish).WithStatus(s => s with { Exports = [sent] }).Decide();
        Assert.Equal(sent with { IsOutdated = true }, Assert.Single(awake.Status.Exports));
        // Over at last: it is sent anew by itself.
        Assert.Equal("data-a", Assert.IsType<EnsureExport>(Assert.Single(Closed.WithStatus(s => s with { Exports = awake.Status.Exports }).Decide().Effects)).Volume);
    }

    [Fact]
    public void Refused_SaysWhatHelps()
    {
        Assert.Equal(False("NotOffered"), Said(Closed.WithoutExports().Decide()));
        var missing = Closed.Exporting(Wish with { Volumes = ["data-a", "data-c"] }).Decide();
        Assert.Equal(False("VolumeMissing"), Said(missing));
        Assert.Contains("data-c", missing.Status.Conditions.Single(c => c.Type == "Exported").Message, StringComparison.Ordinal);
        foreach (var refused in new[] { Closed.WithoutExports(), Closed.Exporting(Wish with { Volumes = ["data-c"] }) })
        {
            Assert.Empty(refused.Decide().Effects);
            Assert.IsType<RemoveExport>(Assert.Single(refused.WithCluster(c => c with { Export = Run("data-a", 900) }).Decide().Effects));
        }

        Assert.DoesNotContain(Closed.Exporting(null).Decide().Status.Conditions, c => c.Type == "Exported");
    }

    [Fact]
    public void Failed_TheOthersGoOn_AndItIsTriedAgain_LaterEachTime()
    {
        // Written down at once; the other volume does not wait for it.
        var failed = Closed.WithCluster(c => c with { Export = Run("data-a", 900) with { EndedAt = Start + 990, Problem = "the server answered with HTTP status 403" } });
        var decision = failed.Decide();
        Assert.Equal((1, False("ExportFailed")), (Assert.Single(decision.Status.Exports).Failures, Said(decision)));
        Assert.Equal("data-b", Assert.IsType<EnsureExport>(Assert.Single(failed.WithStatus(_ => decision.Status).Decide().Effects)).Volume);

        foreach (var (failures, pause) in new[] { (1, 30), (2, 60), (5, 480), (6, 900), (40, 900) })
        {
            VolumeExport[] known = [new("data-a", "urls", Start + 1000) { Problem = "no", Failures = failures }, new("data-b", "urls", Start + 1000) { Sent = Sent }];
            ALease Later(long seconds) => At(1000 + seconds).Exporting(Wish).WithStatus(s => s with { Exports = known });
            Assert.Empty(Later(pause - 1).Decide().Effects);
            Assert.InRange(Later(0).Decide().NextLookMs, (Start + 1001) * 1000, (Start + 1000 + pause) * 1000);
            Assert.Equal("data-a", Assert.IsType<EnsureExport>(Assert.Single(Later(pause).Decide().Effects)).Volume);
        }
    }

    [Fact]
    public void AnotherSecret_IsAnotherExport_ButNotAtOnce()
    {
        var again = Wish with { Secret = "others", Volumes = ["data-a"] };
        VolumeExport sent = new("data-a", "urls", Start + 1000) { Sent = Sent };
        ALease Later(long seconds, VolumeExport known) => At(1000 + seconds).Exporting(again).WithStatus(s => s with { Exports = [known] });
        Assert.Empty(Later(899, sent).Decide().Effects);
        Assert.IsType<EnsureExport>(Assert.Single(Later(900, sent).Decide().Effects));
        var failed = sent with { Sent = null, Problem = "no", Failures = 9 };
        Assert.IsType<EnsureExport>(Assert.Single(Later(30, failed).Decide().Effects));
    }

    [Fact]
    public void AnotherWish_ReplacesWhatRuns_ButNotInItsFirstHalfMinute()
    {
        foreach (var wish in new[] { Wish with { Secret = "others" }, Wish with { User = 1000 }, Wish with { Volumes = ["data-b"] }, null })
        {
            var young = Going("data-a", since: 980).Exporting(wish).Decide();
            Assert.Empty(young.Effects);
            Assert.Equal((Start + 1010) * 1000, young.NextLookMs);
            var effect = Assert.Single(Going("data-a", since: 970).Exporting(wish).Decide().Effects);
            if (wish is null) Assert.IsType<RemoveExport>(effect);
            else Assert.Equal(wish, Assert.IsType<EnsureExport>(effect).Wish);
        }
    }

    [Fact]
    public void RetentionEnds_WhatIsBeingSentMayEnd_ForAnHour()
    {
        Assert.Equal(Retention + 3600 - 1000, ((EnsureExport)Closed.Decide().Effects.Single()).DeadlineSeconds);
        ALease Late(long seconds, string problem = "") => At(Retention + seconds).Exporting(Wish).WithCluster(c => c with { Export = Run("data-a", 3000) with { Problem = problem } });
        Assert.Empty(Late(0).Decide().Effects);
        Assert.Empty(Late(3599).Decide().Effects);
        Assert.IsType<RemoveNamespace>(Assert.Single(Late(3600).Decide().Effects));
        Assert.IsType<RemoveNamespace>(Assert.Single(Late(0, "its image is not there").Decide().Effects));
        Assert.IsType<RemoveNamespace>(Assert.Single(At(Retention).Exporting(Wish).Decide().Effects));
        // Sent in overtime: nothing more is begun, and what is signed can be read.
        var sent = At(Retention + 60).Exporting(Wish, "0xsigned").WithCluster(c => c with { Export = Run("data-a", 3000) with { EndedAt = Start + Retention + 50, Sent = Sent } });
        Assert.Equal("0xsigned", Assert.Single(sent.Decide().Status.Exports).Signature);
        Assert.Empty(sent.WithStatus(_ => sent.Decide().Status).Decide().Effects);
    }

    [Fact]
    public void IsolationThatIsNotThere_ComesFirst() =>
        Assert.IsType<EnsureIsolation>(Assert.Single(Closed.WithCluster(c => c with { IsolationHash = null }).Decide().Effects));

    [Fact]
    public void OnDoubt_NothingIsDone()
    {
        Assert.Empty(Closed.With(termsMatch: false).Decide().Effects);
        Assert.Empty(Going("data-a").Exporting(null).With(termsMatch: false).Decide().Effects);
    }

    private static ALease At(long seconds) => ALease.Closed().After(seconds)
        .WithStatus(s => s with { StoppedAtMs = (Start + 70) * 1000, ClosedAtMs = (Start + 80) * 1000, UsageIsFinal = true, RetainedUntil = Start + Retention });

    private static ExportRun Run(string volume, long since) => new(volume, "urls", 65532, (Start + since) * 1000);

    private static ALease Going(string volume, long since = 900) => Closed.WithCluster(c => c with { Export = Run(volume, since) });

    private static ALease Ended(string volume, long at) => Closed.WithCluster(c => c with { Export = Run(volume, 900) with { EndedAt = Start + at, Sent = Sent } });

    private static (ConditionStatus, string) Unknown(string reason) => (ConditionStatus.Unknown, reason);

    private static (ConditionStatus, string) False(string reason) => (ConditionStatus.False, reason);

    private static (ConditionStatus, string) Said(LeaseDecision decision)
    {
        var condition = decision.Status.Conditions.Single(c => c.Type == "Exported");
        Assert.NotEmpty(condition.Message);
        return (condition.Status, condition.Reason);
    }
}
