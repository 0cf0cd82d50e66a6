using Federation.Domain.Exports;
using Federation.Domain.Leases;
using Federation.Testing.Builders;
using Federation.Testing.Cluster;

namespace Federation.Application.Tests.Model;

/// <summary>The volume of a lease that is over is sent, on the real loops.</summary>
public sealed class ExportTests
{
    private static readonly SentBytes Sent = new("0x" + new string('7', 64), 4096);

    private World world = null!;
    private LeaseId id;

    [Fact]
    public void SentSignedAndWrittenDown_KilledAtAnyCall()
    {
        var calls = Tell(null);
        Assert.True(calls > 200, $"The story makes only {calls} calls.");
        for (var point = 1; point <= calls; point += 7)
        {
            Tell(point);
            Assert.Equal(1, world.Restarts);
        }
    }

    [Fact]
    public void SignerAway_ThePodStaysUntilItIsBack_AndNothingIsWrittenMeanwhile()
    {
        Begin(null);
        world.Signer.IsAway = true;
        Send();
        var before = world.Cluster.Writes.Count;
        world.Pass(600);
        Assert.Equal(before, world.Cluster.Writes.Count);
        Assert.NotNull(world.Cluster.Spaces[id].Export);
        world.Signer.IsAway = false;
        world.Pass(60);
        Check();
    }

    [Fact]
    public void Sent_NothingIsWrittenAnyMore_AndTheNamespaceGoesAsPromised()
    {
        Tell(null);
        var before = world.Cluster.Writes.Count;
        world.Pass(1200);
        Assert.Equal(before, world.Cluster.Writes.Count);
        world.Pass(2400);
        Assert.False(world.Cluster.Spaces.ContainsKey(id));
    }

    private int Tell(int? killAt)
    {
        Begin(killAt);
        Send();
        Check();
        return world.Gate.Calls;
    }

    private void Begin(int? killAt)
    {
        world = new World(Some.Policy with { ExportsVolumes = true });
        world.Cluster.Keep = new KeepPolicy(0, 3_600_000);
        if (killAt is { } point) world.Gate.KillAt(point);
        id = world.MatchVolume(1);
        world.Pass(25);
        world.DeliverRight(id);
        world.Pass(100);
        var volumes = world.Cluster.Spaces[id].Volumes.Select(v => v.Uid).ToArray();
        world.Cluster.Change(id, s => s with { Wish = new ExportWish(volumes, "urls", 65532), Generation = s.Generation + 1 });
        world.Pass(60);
        Assert.Null(world.Cluster.Spaces[id].Export);
        world.TenantCloses(id);
        // Its claims mature meanwhile.
        world.Pass(900);
    }

    private void Send()
    {
        Assert.Equal(LeasePhase.Closed, world.Cluster.Spaces[id].Status.Phase);
        Assert.NotNull(world.Cluster.Spaces[id].Export);
        world.Cluster.Change(id, s => s with { Export = s.Export! with { EndedAt = world.Clock.NowSeconds, Sent = Sent } });
        world.Pass(60);
    }

    // A pod that a killed operator did not know of any more would have been made, and sent, again.
    private void Check()
    {
        var space = world.Cluster.Spaces[id];
        Assert.Null(space.Export);
        var entry = Assert.Single(space.Status.Exports);
        Assert.Equal((Sent, InMemoryExportSigner.SignatureOf(id, entry.Volume, Sent, entry.EndedAt)), (entry.Sent, entry.Signature));
        Assert.Equal(1, world.Cluster.Writes.Of(id).Count(w => w == nameof(EnsureExport)));
        Assert.Equal((ConditionStatus.True, "Exported"), space.Status.Conditions.Where(c => c.Type == "Exported").Select(c => (c.Status, c.Reason)).Single());
    }
}
