using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Entities;
using Federation.Cluster.Manifests;
using Federation.Cluster.Mapping;
using Federation.Cluster.Tests.Support;
using Federation.Kubernetes.Models;
using Federation.Proxies;
using Federation.Proxies.Common;
using Federation.Testing.Builders;

namespace Federation.Cluster.Tests.Faults;

/// <summary>Row 5 of the bad-input matrix where no webhook stands before it: a ComputeLease of which no chain knows runs nothing.</summary>
[Collection("faults")]
public sealed class ForgedLeaseTests(FaultServer fixture)
{
    private static readonly string[] Workloads = ["/deployments", "/statefulsets", "/jobs", "/services", "/pods"];

    // With the annotation of a lease's namespace it says that the operator made it: then it goes as a lease goes that was reorganised away.
    // Without it, it is somebody else's, and left alone.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task LeaseOfNoChain_WithTermsAndWorkload_RunsNothing(bool isMarked)
    {
        await using var world = await ServerWorld.OpenAsync(fixture.Server);
        var real = world.Match();
        await world.UntilRunningAsync(real);
        var forged = Cases.NewId();
        var written = new DyingAt(int.MaxValue, applied: true, e => IsWorkload(e, forged.Namespace), () => { });
        world.Proxy.Fault = written;

        var space = NamespaceManifest.Build(forged);
        if (!isMarked) space["metadata"]!["annotations"] = null;
        await world.Admin.Resource(ResourceKinds.Namespace).CreateAsync(space);
        // The terms of the real one, with the hash of the workload that lies beside them.
        var lease = LeaseMapper.ToManifest(new MatchedLease(forged, world.Chain.Find(real)!.Terms, world.Chain.Blocks.Latest.Number), ServerWorld.Identity);
        lease["spec"]!["workload"] = JsonNode.Parse(ServerWorld.Workload.GetRawText());
        await world.Admin.Resource(ResourceKind.Of<V1Alpha1ComputeLease>()).CreateAsync(lease);
        if (isMarked) world.LookAfter(forged);

        await world.PassAsync(120);
        if (isMarked) await world.UntilAsync(async () => await world.Admin.Resource(ResourceKinds.Namespace).GetAsync(forged.Namespace) is null ? null : "its namespace is there", 600);
        else
        {
            await world.PassAsync(300);
            Assert.Null((await world.Admin.Resource(ResourceKinds.Namespace).GetAsync(forged.Namespace))!.At("metadata", "deletionTimestamp"));
            Assert.Null((await world.Admin.Resource(ResourceKind.Of<V1Alpha1ComputeLease>()).GetAsync(forged.Namespace, forged.Namespace))!["status"]);
        }

        Assert.Equal(0, written.Counted);
        Assert.Equal("Running", await world.PhaseAsync(real));
        world.TenantCloses(real);
        await world.PassAsync(180);
        world.CheckPaidInFull(real);
    }

    private static bool IsWorkload(Exchange exchange, string space) =>
        exchange.IsWrite && exchange.Path.Contains($"/namespaces/{space}/", StringComparison.Ordinal) && Workloads.Any(w => exchange.Path.Contains(w, StringComparison.Ordinal));
}
