using Federation.Application.Metering;
using Federation.Application.Ports;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Leases;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Tests.Support;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Usage;

namespace Federation.Cluster.Tests.Adapters;

/// <summary>Half of a window has no samples: what the lease's status says of it, on the real API server.</summary>
[Collection("one adapter")]
public sealed class CoverageTests(AdapterFixture fixture)
{
    private const long Start = FakeClock.StartMs;

    [Fact]
    public async Task HalfOfAWindow_IsFiftyPerCent_InTheStatus()
    {
        var lease = Cases.Lease();
        await fixture.Adapter.Leases.EnsureAsync(lease, default);
        await fixture.Adapter.Workloads.ApplyAsync(new EnsureIsolation(lease.Id, lease.Terms), default);
        await Eventually.TrueAsync(async () => (await fixture.Adapter.Leases.ListAsync(default)).Any(r => r.Id == lease.Id));
        var record = (await fixture.Adapter.Leases.ListAsync(default)).Single(r => r.Id == lease.Id);

        // A sample each five seconds, and none in the second half of the minute.
        var seen = ALease.Active().WithTerms(_ => lease.Terms).Running(p => p with { StartedAtMs = Start }).Seen();
        var usage = new InMemoryUsage(new PortGate());
        for (var second = 0; second <= 30; second += 5)
        {
            usage.Burn(lease.Id, seen.Cluster.Pods[0], Start + (second * 1000), 500, 1 << 30, 1024);
            usage.Scrape(lease.Id, "uid-1");
        }

        var policy = seen.Policy with { ScrapeDelayMs = 0, LatenessMs = 0, MaxGapMs = 10_000 };
        var view = seen.View with { Id = lease.Id, BlockTime = (Start / 1000) + 60 };
        var news = await new WindowReader(usage, FakeHasher.Instance).ReadAsync(view, record.Status, seen.Cluster, policy, Start + 60_000, default);
        Assert.Equal((0.5, Start + 60_000), (news.Position!.Window.Coverage, news.Position.ThroughMs));
        await fixture.Adapter.Leases.WriteStatusAsync(record, record.Status with { Usage = news.Position, UsageWindow = news.Window, UsageEvidence = news.Evidence }, default);

        var status = (await fixture.Leases.GetAsync(lease.Id.Namespace, lease.Id.Namespace))!["status"]!["usage"]!;
        Assert.Equal("50.0 %", (string?)status["windowCoverage"]);
        Assert.Equal((60_000L, 30_000L), ((long)status["windowLifeMs"]!, (long)status["windowUnmeasuredMs"]!));
    }
}
