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

    [Fact]
    public async Task Notes_AreNoFailure()
    {
        using var output = new StringWriter();
        Assert.Equal(0, await DoctorVerb.ReportAsync([Look.At("only", "", _ => Task.FromResult(Finding.Note("only", "so")))], output));
        Assert.EndsWith("Nothing is wrong.\n", output.ToString(), StringComparison.Ordinal);
    }
}
