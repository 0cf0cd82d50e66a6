using System.Text.Json;
using Federation.Domain.Leases;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>A service with all that stands around a program, on a real node: files, memory, probes, a port to the outside.</summary>
[Collection(MainJobCollection.Name)]
public sealed class FurnishedTests(MainJobFixture fixture)
{
    // Serves what it was given, out of memory. /hidden answers too, and is exposed nowhere.
    private const string Program =
        "{ cat /etc/app/greeting; cat /etc/keys/word; echo $LEVEL; grep ' /srv ' /proc/mounts; } > /srv/index.html; "
        + "trap 'exit 0' TERM; httpd -f -p 8080 -h /srv & httpd -f -p 8081 -h /srv & wait";

    private static readonly string Workload = Workloads.Service("localhost/federation/web:1", more: $$"""
        , "command":["/bin/sh","-c","{{Program}}"],
        "env":[{"name":"LEVEL","valueFrom":{"configMapKeyRef":{"name":"settings","key":"level"} } }],
        "volumes":[{"name":"srv","size":"16Mi","mountPath":"/srv","medium":"Memory"}],
        "files":[{"configMap":"settings","mountPath":"/etc/app"},{"secret":"keys","mountPath":"/etc/keys"}],
        "ports":[{"name":"http","port":8080,"expose":true},{"name":"hidden","port":8081}],
        "startup":{"port":8080,"periodSeconds":1,"failureThreshold":60},
        "liveness":{"port":8080,"httpPath":"/","periodSeconds":1,"failureThreshold":2},
        "readiness":{"port":8080,"httpPath":"/","periodSeconds":1}
        """);

    [Fact]
    public async Task ServiceWithAllOfIt_IsReachedFromOutside_AndStartedAgainWhenItHangs()
    {
        var lease = await fixture.MatchAsync(await fixture.AskAsync("furnished", Workload));
        await lease.DeliverAsync();
        await lease.WaitForConditionAsync("Verified", "False", ["WorkloadRefused"], "exposes no ports");
        await PatchAsync("""{"type":"NodePort","maxPerLease":1}""");
        try
        {
            await lease.WaitForConditionAsync("Ready", "False", ["Starting"], "they wait until ConfigMap settings, Secret keys are there");
            await fixture.AsTenant.RunAsync("create", "configmap", "settings", "-n", lease.Namespace, "--from-literal=greeting=hello ", "--from-literal=level=seven");
            await fixture.AsTenant.RunAsync("create", "secret", "generic", "keys", "-n", lease.Namespace, "--from-literal=word=sesame ");
            await lease.WaitForPhaseAsync(LeasePhase.Running, 150);
            await TellAsync(lease);
        }
        finally
        {
            await PatchAsync("null");
        }

        await lease.CloseAsync();
    }

    private async Task TellAsync(TenantLease lease)
    {
        var url = await Eventually.GetAsync("an address to the outside", async () => await ExposedAsync(lease) is [{ } one] ? one : null);
        Assert.StartsWith($"http://{fixture.Datacenter.Parts.Address}:3", url, StringComparison.Ordinal);
        var page = await FetchAsync(url);
        Assert.StartsWith("hello sesame seven", page, StringComparison.Ordinal);
        Assert.Contains("tmpfs", page, StringComparison.Ordinal);

        // The service by which the other port is reached inside has none to the outside.
        var ports = await fixture.Admin.RunAsync("get", "services", "-n", lease.Namespace, "-o", "jsonpath={range .items[*]}{.spec.type}:{.spec.ports[*].port} {end}");
        Assert.Equal(["ClusterIP:8080 8081", "NodePort:8080"], ports.Trim().Replace("8080 8081", "8080+8081", StringComparison.Ordinal).Split(' ').Select(p => p.Replace('+', ' ')).Order());

        // It hangs: the kernel still takes connections, nobody answers them.
        await fixture.Admin.RunAsync("exec", "-n", lease.Namespace, "deploy/work", "--", "/bin/sh", "-c", "kill -STOP $(/bin/busybox pidof httpd)");
        await Eventually.HoldsAsync("started again", async () => await RestartsAsync(lease) is > 0 ? null : "no restart");
        await lease.WaitForPhaseAsync(LeasePhase.Running);
        Assert.Equal(page, await FetchAsync(url));
    }

    private async Task<string[]> ExposedAsync(TenantLease lease) =>
        [.. (await lease.ReadAsync())!.Value.GetProperty("status").GetProperty("endpoints").EnumerateArray()
            .Where(e => e.TryGetProperty("exposed", out var exposed) && exposed.GetBoolean()).Select(e => e.GetProperty("url").GetString()!)];

    private static async Task<string> FetchAsync(string url)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        return await Eventually.GetAsync($"an answer of {url}", async () =>
        {
            try
            {
                return await http.GetStringAsync(new Uri(url), TestContext.Current.CancellationToken);
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                return null;
            }
        });
    }

    private async Task<int> RestartsAsync(TenantLease lease)
    {
        using var pods = JsonDocument.Parse(await fixture.Admin.RunAsync("get", "pods", "-n", lease.Namespace, "-o", "json"));
        return pods.RootElement.GetProperty("items").EnumerateArray().SelectMany(p => p.GetProperty("status").GetProperty("containerStatuses").EnumerateArray())
            .Sum(c => c.GetProperty("restartCount").GetInt32());
    }

    private Task<string> PatchAsync(string ports) =>
        fixture.Admin.RunAsync("patch", "datacenter", fixture.Datacenter.Name, "--type=merge", "-p", $$"""{"spec":{"ports":{{ports}}} }""");
}
