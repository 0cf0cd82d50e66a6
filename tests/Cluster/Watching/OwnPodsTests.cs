using Federation.Cluster.Watching;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Watching;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Cluster.Tests.Watching;

/// <summary>Which foreign pods that went are still known: each lease's last ones, whatever happens in the others.</summary>
public sealed class OwnPodsTests : IDisposable
{
    private const string Busy = "lease-busy";
    private const string Quiet = "lease-quiet";

    // Never asked.
    private readonly KubernetesClient client = new(new KubernetesClientConfiguration { Server = new Uri("http://127.0.0.1:1") });
    private readonly OwnPods own;

    public OwnPodsTests() => own = new ClusterCache(client, "north", TimeProvider.System, NullLoggerFactory.Instance).Own;

    public void Dispose() => client.Dispose();

    [Fact]
    public void PodsOfOneLease_DoNotMakeThoseOfAnotherForgotten()
    {
        Go(Quiet, 1);
        Go(Busy, 5_000);
        Assert.Equal([$"{Quiet}-0"], own.ForeignGone(Quiet));
        Assert.Equal(Enumerable.Range(4_744, 256).Select(i => $"{Busy}-{i}"), own.ForeignGone(Busy));
    }

    [Fact]
    public void WhatIsForgottenByTheLimitOfAll_IsTheOldest_AndNothingBefore()
    {
        Go(Busy, 300);
        for (var i = 0; i < 15; i++) Go($"lease-{i}", 256);
        Assert.Equal(256, own.ForeignGone(Busy).Count);
        Go(Quiet, 1);
        Assert.Equal(Enumerable.Range(45, 255).Select(i => $"{Busy}-{i}"), own.ForeignGone(Busy));
        Assert.Equal(256, own.ForeignGone("lease-0").Count);
        for (var i = 1; i < 256; i++) Go($"lease-late-{i}", 1);
        Assert.Empty(own.ForeignGone(Busy));
        Assert.Equal([$"{Quiet}-0"], own.ForeignGone(Quiet));
    }

    private void Go(string space, int pods)
    {
        for (var i = 0; i < pods; i++) own.Forget(new InformerEvent<V1Pod>(InformerEventType.Deleted, null, RandomCluster.Pod("debug", $"{space}-{i}", 1, "n", 1, space)));
    }
}
