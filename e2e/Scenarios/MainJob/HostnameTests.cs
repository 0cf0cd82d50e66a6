using System.Net;
using System.Text.Json;
using Federation.Domain.Leases;
using Federation.Harness;
using Federation.Harness.Images;
using Federation.Harness.Machine;
using Federation.Harness.Routing;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>
/// A request by hostname reaches a lease's pod: its owner's proof is found by DNS, the datacenter's ingress routes it, and the
/// NetworkPolicy lets it in. A name that is proved for somebody else leads nowhere.
/// </summary>
[Collection(MainJobCollection.Name)]
public sealed class HostnameTests(MainJobFixture fixture)
{
    private const string Own = "shop.example.org";
    private const string Others = "bank.example.org";
    private const string Unproved = "club.example.org";
    private const string Somebody = "0x00000000000000000000000000000000000000b0";
    private const string ClassName = "public";
    private const int NodePort = 30080;
    private const string Zone = "zone";
    private const string Routes = "bravo/routes";
    private const string FollowTheClass = """{"spec":{"ingress":{"className":"public","from":[{"namespaceLabels":{"name":"ingress"},"podLabels":{"app":"ingress"}}]} } }""";

    private static readonly string Workload = Workloads.Service(BusyboxImages.Web, more: $$"""
        , "ports":[{"name":"http","port":8080,"hostnames":["{{Own}}","{{Others}}","{{Unproved}}"]}], "readiness":{"port":8080,"httpPath":"/","periodSeconds":1}
        """);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task HostnameWithItsOwnersProof_IsServedThroughTheIngress_AndOneWithoutGetsNoRoute()
    {
        StartZone();
        await StartIngressAsync();
        try
        {
            await TellAsync();
        }
        finally
        {
            await fixture.Admin.RunAsync("patch", "datacenter", fixture.Datacenter.Name, "--type=merge", "-p", """{"spec":{"ingress":null}}""");
            await fixture.Admin.RunAsync("delete", "namespace", "ingress", "--wait=false");
            await fixture.Faults.StopAsync(Routes);
            await fixture.Faults.StopAsync(Zone);
        }
    }

    private async Task TellAsync()
    {
        await fixture.Admin.RunAsync("patch", "datacenter", fixture.Datacenter.Name, "--type=merge", "-p", FollowTheClass);
        var lease = await fixture.OpenAsync("hostnames", Workload);
        await lease.WaitForConditionAsync("Ready", "True", ["Running"]);
        await Eventually.HoldsAsync($"{Own} is the lease's", async () => await ClaimAsync(lease, Own) is ("Proven", _) ? null : $"{await ClaimAsync(lease, Own)}");
        await Eventually.HoldsAsync($"an answer of {Own}", async () => await FetchAsync(Own) is (HttpStatusCode.OK, var page) && page.Contains("It runs.", StringComparison.Ordinal) ? null : $"{await FetchAsync(Own)}");

        // The record of one names another tenant, the other has none: both are refused with what is to be done, and have no route.
        foreach (var name in new[] { Others, Unproved })
        {
            var (reason, message) = await ClaimAsync(lease, name);
            Assert.Equal("ProofMissing", reason);
            Assert.Contains($"_federation.{name}", message, StringComparison.Ordinal);
            Assert.Contains($"federation-tenant={fixture.Tenant.User}", message, StringComparison.OrdinalIgnoreCase);
            Assert.Equal(HttpStatusCode.NotFound, (await FetchAsync(name)).Code);
        }

        Assert.Equal($"ingress.networking.k8s.io/{Own}", (await fixture.Admin.RunAsync("get", "ingress", "-n", lease.Namespace, "-o", "name")).Trim());
        await lease.CloseAsync();
        await Eventually.HoldsAsync($"{Own} leads nowhere", async () => await FetchAsync(Own) is (HttpStatusCode.NotFound, _) ? null : "it is routed");
    }

    private async Task<(string? Reason, string Message)> ClaimAsync(TenantLease lease, string name)
    {
        var seen = (await lease.ReadAsync())!.Value.GetProperty("status");
        if (!seen.TryGetProperty("hostnames", out var all)) return (null, "no hostnames yet");
        var claim = all.EnumerateArray().Single(h => h.GetProperty("hostname").GetString() == name);
        return (claim.GetProperty("reason").GetString(), claim.TryGetProperty("message", out var message) ? message.GetString()! : "");
    }

    // From the machine, as from anywhere outside of the datacenter.
    private async Task<(HttpStatusCode? Code, string Page)> FetchAsync(string host)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{fixture.Datacenter.Parts.Address}:{NodePort}/") { Headers = { Host = host } };
        try
        {
            using var answer = await http.SendAsync(request, Cancellation);
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return (null, e.Message);
        }
    }

    // The name server of the internet: the datacenter's own asks it for all that is no Service's.
    private void StartZone() => Parts.Launch(fixture.Federation, Zone, new Programs("", "").Of("dnsmasq"),
    [
        "--keep-in-foreground", "--user=root", "--group=root", "--pid-file", "--log-facility=-", "--no-hosts", "--no-resolv", "--bind-interfaces",
        $"--listen-address={fixture.Federation.HostAddress}", $"--port={LocalParts.OuterNamesPort}", "--local=/example.org/",
        $"--txt-record=_federation.{Own},federation-tenant={fixture.Tenant.User}",
        $"--txt-record=_federation.{Others},federation-tenant={Somebody}",
    ]);

    private async Task StartIngressAsync()
    {
        var folder = Directory.CreateDirectory(Path.Combine(fixture.Federation.StateFolder, "routes")).FullName;
        await Parts.ImportImageAsync(fixture.Datacenter, await IngressImage.WriteAsync(new Programs("", "").Of("nginx"), folder, Cancellation), Cancellation);
        Parts.Launch(fixture.Federation, Routes, "dotnet",
            [typeof(Parts).Assembly.Location, "routes", "--kubeconfig", fixture.Datacenter.KubeconfigPath, "--class", ClassName, "--file", Path.Combine(folder, "nginx.conf")]);
        await fixture.Admin.ApplyAsync($$"""
            apiVersion: v1
            kind: Namespace
            metadata: {name: ingress, labels: {name: ingress} }
            """);
        await Eventually.HoldsAsync("an account for the ingress", async () => (await fixture.Admin.TryAsync("get", "serviceaccount", "default", "-n", "ingress")) is { ExitCode: not 0 } no ? no.Error : null);
        await fixture.Admin.ApplyAsync($$"""
            apiVersion: v1
            kind: Pod
            metadata: {name: ingress, namespace: ingress, labels: {app: ingress} }
            spec:
              automountServiceAccountToken: false
              terminationGracePeriodSeconds: 1
              containers:
              - name: nginx
                image: {{IngressImage.Reference}}
                args: [/routes/nginx.conf]
                readinessProbe: {tcpSocket: {port: {{RouteTable.Port}} }, periodSeconds: 1}
                volumeMounts: [{name: routes, mountPath: /routes, readOnly: true}]
              volumes: [{name: routes, hostPath: {path: {{folder}} } }]
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: ingress, namespace: ingress}
            spec: {type: NodePort, selector: {app: ingress}, ports: [{port: 80, targetPort: {{RouteTable.Port}}, nodePort: {{NodePort}} }]}
            """);
    }
}
