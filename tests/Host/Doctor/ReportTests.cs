using Federation.Host.Doctor;
using Federation.Host.Options;

namespace Federation.Host.Tests.Doctor;

public sealed class ReportTests
{
    [Fact]
    public void Rights_AreThoseOfTheChartsRoles_EachWithWhereItCounts()
    {
        var options = new OperatorOptions { Namespace = "here" };
        var rights = RightsLook.Rights(options).ToArray();
        Assert.Contains(rights, r => (r.Verb, r.What) == ("patch", "resourcequotas"));
        Assert.Contains(rights, r => (r.Verb, r.What) == ("patch", "datacenters/status.compute.federation"));
        Assert.Contains(rights, r => (r.Verb, r.What) == ("bind", "clusterroles.rbac.authorization.k8s.io 'federation-volumes'"));
        Assert.Contains(rights, r => (r.Verb, r.What) == ("update", "leases.coordination.k8s.io in here"));
        Assert.DoesNotContain(rights, r => r.Space == "federation-probe");
        Assert.Contains(rights, r => (r.Verb, r.What) == ("impersonate", "serviceaccounts 'federation-tenant'"));
        options.Access.Enabled = false;
        Assert.DoesNotContain(RightsLook.Rights(options), r => r.Verb == "impersonate");
        options.Isolation.ProbeImage = "busybox";
        Assert.Contains(RightsLook.Rights(options), r => (r.Verb, r.What) == ("create", "pods in federation-probe"));
    }

    [Fact]
    public void WhatTheOperatorsPodsWaitFor_IsNamed_WhereItIsNot()
    {
        var (empty, full) = (Directory.CreateTempSubdirectory("doctor-"), Directory.CreateTempSubdirectory("doctor-"));
        try
        {
            File.WriteAllText(Path.Combine(full.FullName, "ca.crt"), "");
            // As a kubelet leaves it where there is no Secret.
            Directory.CreateDirectory(Path.Combine(empty.FullName, "..2026_11_30"));
            Directory.CreateSymbolicLink(Path.Combine(empty.FullName, "..data"), "..2026_11_30");
            Assert.Equal(
                ["FEDERATION_NOT_SET is empty, as there is no key url of Secret nodes", $"{empty.FullName} is empty, as there is no Secret clusters", "/not/there is empty, as there is no ConfigMap gateways"],
                DoctorVerb.Missing($"PATH=key path of Secret nodes;FEDERATION_NOT_SET=key url of Secret nodes;{empty.FullName}=Secret clusters;{full.FullName}=Secret keys;/not/there=ConfigMap gateways").Select(m => m.Split(". ")[0]));
            Assert.Empty(DoctorVerb.Missing(""));
        }
        finally
        {
            empty.Delete(recursive: true);
            full.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task WhatFails_IsOneLine_AndHidesNoOther()
    {
        using var output = new StringWriter();
        var code = await DoctorVerb.ReportAsync(
        [
            new Look("first", "mend it", _ => throw new InvalidOperationException("It broke.")),
            Look.At("second", "", _ => Task.FromResult(Finding.Good("second", "it is well"))),
            Look.At("third", "", _ => Task.FromResult(Finding.Note("third", "it may be better"))),
        ], output);
        Assert.Equal((1, "FAIL  first: It broke: mend it\nok    second: it is well\nnote  third: it may be better\n1 thing is wrong.\n"), (code, output.ToString()));
    }

    // A webhook that was busy, a probe that was late: who cries at what passes is not listened to.
    [Fact]
    public async Task WhatIsWrong_IsLookedAtASecondTime_AndWhatIsWellIsNot()
    {
        using var output = new StringWriter();
        int[] looked = [0, 0, 0];
        Look Of(int at, string name, params Finding[] findings) => Look.At(name, "", _ => Task.FromResult(findings[Math.Min(looked[at]++, findings.Length - 1)]));
        var code = await DoctorVerb.ReportAsync(
        [
            Of(0, "passes", Finding.Bad("passes", "it was late"), Finding.Good("passes", "it is well")),
            Of(1, "stays", Finding.Bad("stays", "it is ill")),
            Of(2, "well", Finding.Good("well", "it is well"), Finding.Bad("well", "it was looked at twice")),
        ], output, TimeSpan.FromMilliseconds(1));
        Assert.Equal((1, "ok    passes: it is well\nFAIL  stays: it is ill\nok    well: it is well\n1 thing is wrong.\n"), (code, output.ToString()));
        Assert.Equal([2, 2, 1], looked);
    }

    [Fact]
    public async Task Notes_AreNoFailure()
    {
        using var output = new StringWriter();
        Assert.Equal(0, await DoctorVerb.ReportAsync([Look.At("only", "", _ => Task.FromResult(Finding.Note("only", "so")))], output));
        Assert.EndsWith("Nothing is wrong.\n", output.ToString(), StringComparison.Ordinal);
    }
}
