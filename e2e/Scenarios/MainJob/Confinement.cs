using Federation.Harness;
using Federation.Harness.Demo;
using Federation.Harness.Images;
using Federation.Harness.Machine;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>
/// Two tenants' leases in one datacenter, what their pods must not reach, and a pod beside them that nothing confines: what it
/// can and the tenants' pods cannot is what isolation forbids.
/// </summary>
public sealed class Confinement(ThreeDatacenters stage) : IAsyncLifetime
{
    /// <summary>Where a cloud tells its machines their secrets.</summary>
    internal const string Metadata = "169.254.169.254";

    /// <summary>One of the internet's, for all that a tenant may reach outside.</summary>
    internal const string Internet = "9.9.9.9";

    /// <summary>Another one, which is the node's own.</summary>
    internal const string PublicNode = "9.9.9.10";

    /// <summary>Where a cache of names listens on each node: leases may ask it, and reach nothing else of the node there.</summary>
    internal const string NameCache = "169.254.20.10";

    private const int Port = 18080;
    private const string Free = "free";
    private const string Outside = "alpha/outside";

    private static readonly string[] Private = ["10.99.0.9", "172.16.99.9", "192.168.99.9", "100.64.99.9"];
    private static readonly string[] Addresses = [.. Private, Metadata, NameCache, Internet, PublicNode];

    internal DemoDatacenter Site => stage.Sites.Single(s => s.Name == "alpha");

    internal TenantLease Prisoner { get; private set; } = null!;

    internal TenantLease Neighbour { get; private set; } = null!;

    internal Kubectl Admin => new(stage.Federation, Site.Site);

    internal Kubectl AsTenant => new(stage.Federation, Site.Site, Site.Site.Parts.UserKubeconfigs[stage.Tenant.User]);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        // Test addresses of the datacenter's own loopback: no packet for them leaves its network namespace.
        foreach (var address in Addresses) await IpAsync("addr", "add", $"{address}/32", "dev", "lo");
        Parts.Launch(stage.Federation, Outside, "/bin/busybox", ["httpd", "-f", "-p", $"{Port}", "-h", stage.Federation.StateFolder + "/install"], inside: Site.Site);
        await Admin.ApplyAsync(FreePod);
        await Admin.ApplyAsync(NodeOnTheInternet);
        Prisoner = await OpenAsync("prisoner");
        Neighbour = await OpenAsync("neighbour");
        // The operator closes the address by itself, in leases that run already too.
        foreach (var lease in new[] { Prisoner, Neighbour })
            await Eventually.HoldsAsync($"{PublicNode} is closed", async () =>
                (await Admin.RunAsync("get", "networkpolicy", "-n", lease.Namespace, "-o", "json")).Contains($"\"{PublicNode}/32\"", StringComparison.Ordinal) ? null : "it is open");
        await Admin.RunAsync("wait", "--for=condition=Ready", "--timeout=150s", $"pod/{Free}");
    }

    public async ValueTask DisposeAsync()
    {
        await Prisoner.CloseAsync();
        await Neighbour.CloseAsync();
        await Admin.RunAsync("delete", "pod", Free);
        await Admin.RunAsync("delete", "node", "public");
        await stage.Faults.StopAsync(Outside);
        foreach (var address in Addresses) await IpAsync("addr", "del", $"{address}/32", "dev", "lo");
    }

    /// <summary>What a tenant's pod may reach, and all that it must not, as <c>host:port</c>.</summary>
    internal async Task<(string[] Allowed, string[] Forbidden)> ReadTargetsAsync()
    {
        var (here, there) = (Site.Site.Parts, stage.Sites.First(s => s != Site).Site.Parts);
        var gateway = here.PodCidr.Replace(".0/24", ".1", StringComparison.Ordinal);
        var chain = new Uri(stage.Federation.AnvilUrl);
        string[] allowed = [await AddressAsync("pod", Prisoner, ".status.podIP"), await AddressAsync("service", Prisoner, ".spec.clusterIP"), $"{Internet}:{Port}"];
        string[] forbidden =
        [
            // Another lease, its pod and its service; what is of the cluster; the node, by each of its addresses and its services.
            await AddressAsync("pod", Neighbour, ".status.podIP"), await AddressAsync("service", Neighbour, ".spec.clusterIP"),
            await Admin.RunAsync("get", "pod", Free, "-o", "jsonpath={.status.podIP}") + ":8080",
            "10.96.0.1:443", $"{here.Address}:6443", $"{here.Address}:10250", $"{here.Address}:9090", $"{here.Address}:{Port}", $"{gateway}:{Port}",
            $"{PublicNode}:6443", $"{PublicNode}:10250", $"{PublicNode}:{Port}",
            // The machine, another datacenter, the cloud's metadata, private ranges.
            $"{chain.Host}:{chain.Port}", $"{there.Address}:6443", $"{Metadata}:{Port}", $"{NameCache}:{Port}", $"{NameCache}:10250", .. Private.Select(a => $"{a}:{Port}"),
        ];
        return (allowed, forbidden);
    }

    /// <summary>Those of the targets that a connection from the pod gets through to.</summary>
    internal async Task<string[]> ReachAsync(TenantLease? from, IEnumerable<string> targets)
    {
        var script = $$"""
            try() { timeout 25 nc -w 15 ${1%:*} ${1#*:} </dev/null >/dev/null 2>&1 && echo $1; }
            for target in {{string.Join(' ', targets)}}; do try $target & done; wait
            """;
        return Lines((await ExecAsync(from, script)).Output);
    }

    /// <summary>Runs a shell's script in the lease's pod, or in the free one.</summary>
    internal async Task<Command.Result> ExecAsync(TenantLease? from, string script)
    {
        string[] pod = from is null ? [Free] : [await Admin.RunAsync("get", "pods", "-n", from.Namespace, "-o", "jsonpath={.items[0].metadata.name}"), "-n", from.Namespace];
        return await Admin.TryAsync(["exec", .. pod, "--", "/bin/sh", "-c", script]);
    }

    internal static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>An Offer of this datacenter, whatever others ask; and why there is none.</summary>
    internal Task<PricedStory> AskAsync(DemoStory story) => stage.AskAsync(Site, story);

    internal async Task<TenantLease> MatchAsync(DemoStory story)
    {
        PricedStory priced = null!;
        await Eventually.HoldsAsync($"{story.Name}: an answer", async () => (priced = await AskAsync(story)).Quote is { Offer: null } no && FederationStage.Passes(no.Reason) ? no.Message : null);
        Assert.True(priced.Quote.Offer is not null, $"{story.Name}: {priced.Quote.Reason}: {priced.Quote.Message}");
        var lease = await stage.MatchAsync(priced);
        await lease.WaitForPhaseAsync(Domain.Leases.LeasePhase.WaitingForWorkload);
        return lease;
    }

    // Its Secret says what its manifest may not: the variables by which a runtime hands out devices, and a library for its hooks.
    private async Task<TenantLease> OpenAsync(string name)
    {
        var lease = await MatchAsync(FederationStage.Story(name, Workloads.Service("localhost/federation/web:1", more: """, "envFrom":["sly"], "ports":[{"name":"http","port":8080}]""")));
        await AsTenant.RunAsync("create", "secret", "generic", "sly", "-n", lease.Namespace, "--from-literal=NVIDIA_VISIBLE_DEVICES=all", "--from-literal=LD_PRELOAD=/tmp/sly.so");
        await lease.DeliverAsync();
        await lease.WaitForPhaseAsync(Domain.Leases.LeasePhase.Running);
        return lease;
    }

    private async Task<string> AddressAsync(string kind, TenantLease lease, string field) =>
        await Admin.RunAsync("get", kind, "-n", lease.Namespace, "-o", $"jsonpath={{.items[0]{field}}}") + ":8080";

    private Task<string> IpAsync(params string[] arguments) => Command.RunAsync("ip", ["-n", Site.Site.Parts.NetworkNamespace, .. arguments], Cancellation);

    // As a cloud tells the addresses of its machines: the one that pods see is private, the other one leads to the same node.
    private static string NodeOnTheInternet { get; } = $$"""
        apiVersion: v1
        kind: Node
        metadata: {name: public}
        spec: {unschedulable: true}
        status:
          addresses: [{type: InternalIP, address: 198.18.255.9}, {type: ExternalIP, address: {{PublicNode}}}]
        """;

    private static string FreePod { get; } = $$"""
        apiVersion: v1
        kind: Pod
        metadata: {name: {{Free}} }
        spec:
          hostPID: true
          terminationGracePeriodSeconds: 1
          containers:
          - name: {{Free}}
            image: {{BusyboxImages.Web}}
            env: [{name: NVIDIA_VISIBLE_DEVICES, value: all}, {name: LD_PRELOAD, value: /tmp/sly.so}]
            securityContext: {privileged: true, runAsUser: 0}
            volumeMounts: [{name: node, mountPath: /node}]
          volumes: [{name: node, hostPath: {path: /} }]
        """;
}
