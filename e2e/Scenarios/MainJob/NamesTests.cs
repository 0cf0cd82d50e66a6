using Federation.Domain.Leases;
using Federation.Harness.Images;
using Federation.Harness.Machine;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>Services of a lease find each other by name: the datacenter's name server is asked through the lease's own NetworkPolicy.</summary>
[Collection(MainJobCollection.Name)]
public sealed class NamesTests(MainJobFixture fixture)
{
    private const uint VolumeMiB = 16;
    private const string CouldNotResolve = "Could not resolve host";
    private const string TimedOut = "timed out";

    // The database serves what lies in its volume. Its client has this machine's C library, whose resolver real programs ask by.
    private static readonly string Workload = $$"""
        {"services":[
          {"name":"web","image":"{{ExportImage.Reference}}","command":["/bin/sh","-c","trap 'exit 0' TERM; mkfifo /tmp/never; cat /tmp/never & wait"],
           "resources":{"cpu":"50m","memory":"32Mi","ephemeralStorage":"32Mi"} },
          {"name":"db","image":"{{BusyboxImages.Web}}","command":["/bin/sh","-c","trap 'exit 0' TERM; echo kept >/data/index.html; httpd -f -p 8080 -h /data & wait"],
           "resources":{"cpu":"50m","memory":"32Mi","ephemeralStorage":"32Mi"},"ports":[{"name":"http","port":8080}],"volumes":[{"name":"disk","size":"{{VolumeMiB}}Mi","mountPath":"/data"}]}]}
        """;

    [Fact]
    public async Task ServicesOfALease_FindEachOtherByName_AndAnothersNameLeadsNowhere()
    {
        var (lease, other) = (await OpenAsync("names"), await OpenAsync("beside"));
        foreach (var name in new[] { "db", "db-0.db-pods", $"db.{lease.Namespace}.svc.cluster.local" }) await ReachesAsync(lease, name);

        // Another lease's names have answers, which lead to what is there; but not from here.
        var address = await fixture.Admin.RunAsync("get", "service", "db", "-n", other.Namespace, "-o", "jsonpath={.spec.clusterIP}");
        Assert.Equal("kept\n", await Eventually.GetAsync("the other's page", async () => await fixture.Tenant.FetchServiceAsync(other.Demo, TestContext.Current.CancellationToken)));
        foreach (var (name, at) in new[] { ("db", address), ("db-0.db-pods", await ReplicaAsync(other)) })
            await Eventually.HoldsAsync($"{name} leads to {at}, and nowhere from here", async () =>
            {
                var refused = await FetchAsync(lease, $"{name}.{other.Namespace}.svc.cluster.local");
                Assert.True(refused.ExitCode != 0, $"another lease's {name} is reached: {refused.Output}");
                return refused.Error.Contains($"Trying {at}:8080", StringComparison.Ordinal) && refused.Error.Contains(TimedOut, StringComparison.Ordinal) ? null : refused.Error;
            });

        await Eventually.HoldsAsync("no host cache", async () => (await FetchAsync(lease, "cache")).Error is var error && error.Contains(CouldNotResolve, StringComparison.Ordinal) ? null : error);

        // Names follow: the replica comes back with another address, and is found by the same name.
        var before = await ReplicaAsync(lease);
        await fixture.Admin.RunAsync("delete", "pod", "db-0", "-n", lease.Namespace, "--wait=false");
        await Eventually.HoldsAsync("another address of db-0", async () => await ReplicaAsync(lease) is { Length: > 0 } now && now != before ? null : "it is the old one");
        await ReachesAsync(lease, "db-0.db-pods");
        await lease.CloseAsync();
        await other.CloseAsync();
    }

    private async Task<TenantLease> OpenAsync(string name)
    {
        var lease = await fixture.MatchAsync(await fixture.AskAsync(FederationStage.Story(name, Workload) with { VolumesMiB = VolumeMiB }));
        await fixture.ProvideVolumeAsync(lease, "data-disk-db-0", VolumeMiB);
        await lease.DeliverAsync();
        await lease.WaitForPhaseAsync(LeasePhase.Running);
        return lease;
    }

    private Task ReachesAsync(TenantLease lease, string name) => Eventually.HoldsAsync($"web reaches {name}", async () =>
        await FetchAsync(lease, name) is var answer && answer is { ExitCode: 0, Output: "kept\n" } ? null : $"{answer}");

    private Task<string> ReplicaAsync(TenantLease lease) =>
        fixture.Admin.RunAsync("get", "pods", "-n", lease.Namespace, "-l", "compute.federation/item=db", "-o", "jsonpath={.items[*].status.podIP}");

    private Task<Command.Result> FetchAsync(TenantLease from, string host) =>
        fixture.Admin.TryAsync("exec", "-n", from.Namespace, "deploy/web", "--", "curl", "--silent", "--show-error", "--verbose", "--max-time", "3", $"http://{host}:8080/");
}
