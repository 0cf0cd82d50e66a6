using Federation.Cluster.Manifests;
using Federation.Cluster.Tests.Support;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Tests.Chart;

/// <summary>What the oldest Kubernetes' API server says of the chart's objects, and the chart of what it finds there; nothing is installed.</summary>
public sealed class ObjectsTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [Theory]
    [InlineData("evidence.existingClaim=none", "evidence.existingClaim: there is no PersistentVolumeClaim none in namespace federation-system")]
    [InlineData("priorityClass.create=false,priorityClass.name=none", "priorityClass.name: there is no PriorityClass none")]
    [InlineData("prometheus.tls.secret=none,prometheus.url=https://prometheus.example", "prometheus.tls.secret: there is no Secret none")]
    public async Task WhatIsNotThere_IsSaid_WhereAClusterAnswers(string set, string expected) => Assert.Contains(
        expected,
        (await Tool.HelmAsync("install", "federation", Tool.Chart, "--values", Tool.Values("minimal"), "--set", set, "--dry-run=server", "--namespace", Tool.Space, "--kubeconfig", fixture.Server.KubeConfigPath)).Errors,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("minimal")]
    [InlineData("full")]
    [InlineData("tenant")]
    public async Task EveryObject_IsAcceptedByTheServer(string values)
    {
        // What others serve is not here; the rest is every object that the chart makes.
        var objects = (await Tool.ObjectsAsync(values, "--kube-version", "1.20.2")).Where(o => o.Text("apiVersion") is not ("monitoring.coreos.com/v1" or "cert-manager.io/v1")).ToArray();
        Assert.NotEmpty(objects);
        foreach (var space in new[] { "federation-probe", "shop" })
            if (await fixture.Admin.Resource<V1Namespace>().GetAsync(space) is null) await fixture.Admin.Resource<V1Namespace>().CreateAsync(new V1Namespace { Metadata = new() { Name = space } });
        foreach (var one in objects) await fixture.Admin.ApplyAsync(one, new ApplyOptions { DryRun = true, Force = true, FieldManager = "test" });
    }
}
