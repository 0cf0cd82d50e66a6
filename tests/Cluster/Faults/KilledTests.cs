using Federation.Cluster.Tests.Support;
using Federation.Kubernetes.Models;
using Federation.Proxies.Common;

namespace Federation.Cluster.Tests.Faults;

/// <summary>Row 1 of the fault matrix: the operator ends at each of its writes to the API server, right before and right after it.</summary>
[Collection("faults")]
public sealed class KilledTests(FaultServer fixture, ITestOutputHelper output)
{
    [Fact]
    public async Task KilledAtAnyWrite_EndsAlike()
    {
        var calm = await TellAsync(0, applied: false);
        Assert.True(calm.Writes >= 12, $"The story makes only {calm.Writes} writes.");
        var restarts = 0;
        for (var k = 1; k <= calm.Writes; k++)
            foreach (var applied in (bool[])[false, true])
            {
                var end = await TellAsync(k, applied);
                restarts += end.Restarts;
                Assert.True(end.Result == calm.Result, $"killed {(applied ? "after" : "before")} write {k}: {end.Result} instead of {calm.Result}");
            }

        // A status may be written once less where news came together.
        Assert.InRange(restarts, (2 * calm.Writes) - 4, 2 * calm.Writes);
        output.WriteLine($"{calm.Writes} writes, each with two ends");
    }

    // One lease from its match to its end.
    private async Task<(int Writes, int Restarts, string Result)> TellAsync(int k, bool applied)
    {
        await using var world = await ServerWorld.OpenAsync(fixture.Server);
        var end = new DyingAt(k == 0 ? int.MaxValue : k, applied, ServerWorld.IsCounted, () => { });
        if (k == 0) world.Proxy.Fault = end;
        else world.DieAtWrite(k, applied);
        var id = world.Match();
        await world.PassAsync(90);
        var running = $"{await world.PhaseAsync(id)}, {world.Controllers.Pods[id].Count} pod";
        world.TenantCloses(id);
        await world.PassAsync(100);
        var writes = end.Counted;
        await world.PassAsync(60);
        world.CheckPaidInFull(id);
        Assert.Null(await world.Admin.Resource(ResourceKinds.Namespace).GetAsync(id.Namespace));
        return (writes, world.Restarts, $"{running}, {world.Chain.Find(id)!.Lease.Reason}");
    }
}
