using System.Net;
using Federation.Harness.Images;
using Federation.Harness.Routing;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>
/// A request by hostname reaches a lease's pod: its owner's proof is found by DNS, the datacenter's ingress routes it, and the
/// NetworkPolicy lets it in. A name that is proved for somebody else leads nowhere, whatever certificate a tenant has of it.
/// </summary>
[Collection(MainJobCollection.Name)]
public sealed class HostnameTests(MainJobFixture fixture)
{
    private const string Own = "shop.example.org";
    private const string Others = "bank.example.org";
    private const string Unproved = "club.example.org";
    private const string Somebody = "0x00000000000000000000000000000000000000b0";
    private const string Domain = "apps.example.net";
    private const string SecretName = "shop-cert";

    private const string ByClass = $$"""{"className":"{{PublicIngress.ClassName}}","domain":"{{Domain}}","tenantCertificates":true,"from":{{PublicIngress.From}} }""";

    [Fact]
    public async Task HostnameWithItsOwnersProof_IsServedThroughTheIngress_AndOneWithoutGetsNoRoute()
    {
        await using var ingress = await StartAsync("ingress-class");
        await ingress.FollowAsync(ByClass);
        var lease = await OpenAsync("hostnames", $$"""["{{Own}}","{{Others}}","{{Unproved}}"], "tls":"{{SecretName}}" """);

        // Asked for a certificate that is not there yet, the ingress shows its own.
        await ingress.UntilAsync($"http://{Own}/", a => a is { Code: HttpStatusCode.PermanentRedirect, Location: $"https://{Own}/" });
        await ingress.UntilAsync($"http://{Given(lease)}/", a => a.IsOfTheLease);
        var pair = KeyPair.Make(Own, Others);
        await ingress.UntilAsync($"https://{Own}/", a => a is { IsOfTheLease: true, IsTrusted: false }, pair);
        await ingress.KeepPairAsync(fixture.AsTenant, lease.Namespace, SecretName, pair);
        await ingress.UntilAsync($"https://{Own}/", a => a is { IsOfTheLease: true, IsTrusted: true }, pair);

        // The record of one names another tenant, the other has none: both are refused with what is to be done, and have no route.
        foreach (var name in new[] { Others, Unproved })
        {
            var message = "";
            await Eventually.HoldsAsync($"{name} has no proof", async () =>
            {
                (var reason, message) = await ClaimAsync(lease, name);
                Assert.NotEqual("Proven", reason);
                return reason == "ProofMissing" ? null : $"{reason}: {message}";
            });
            Assert.Contains($"_federation.{name}", message, StringComparison.Ordinal);
            Assert.Contains($"federation-tenant={fixture.Tenant.User}", message, StringComparison.OrdinalIgnoreCase);
            await ingress.UntilAsync($"http://{name}/", a => a is { IsNobodys: true });
            // That the tenant's certificate names it too makes it no more the tenant's.
            await ingress.UntilAsync($"https://{name}/", a => a is { IsNobodys: true, IsTrusted: false }, pair);
        }

        Assert.Equal(Sorted(Own, Given(lease)), Sorted(await RoutesAsync(lease, "ingress")));
        await lease.CloseAsync();
        await ingress.UntilAsync($"http://{Own}/", a => a.IsNobodys);
        await ingress.UntilAsync($"https://{Own}/", a => a is { IsNobodys: true, IsTrusted: false }, pair);
    }

    [Fact]
    public async Task Gateway_ServesTheTenantsNameByHttp_AndTheOneThatIsGivenOutWithItsOwnCertificate()
    {
        await using var ingress = await StartAsync("ingress-gateway");
        var pair = KeyPair.Make($"*.{Domain}");
        await ingress.KeepPairAsync(fixture.Admin, ingress.Space, "apps", pair);
        await fixture.Admin.ApplyAsync(Gate(ingress.Space));
        await ingress.FollowAsync(ByGateway(ingress.Space));
        var lease = await OpenAsync("gateway", $"""["{Own}","{Others}"]""");
        await ingress.UntilAsync($"https://{Given(lease)}/", a => a is { IsOfTheLease: true, IsTrusted: true }, pair);
        await ingress.UntilAsync($"http://{Own}/", a => a.IsOfTheLease);

        // The listener of HTTPS is for the domain alone.
        await ingress.UntilAsync($"https://{Own}/", a => a is { IsNobodys: true, IsTrusted: false }, pair);
        await ingress.UntilAsync($"http://{Others}/", a => a is { IsNobodys: true });
        Assert.Equal(Sorted(Own, Given(lease)), Sorted(await RoutesAsync(lease, "httproute")));
        Assert.Empty(await RoutesAsync(lease, "ingress"));
        await lease.CloseAsync();
        await ingress.UntilAsync($"http://{Own}/", a => a.IsNobodys);
    }

    private static string ByGateway(string space) => $$"""
        {"gateway":{"namespace":"{{space}}","name":"{{PublicIngress.GatewayName}}"},"domain":"{{Domain}}","https":true,"from":{{PublicIngress.From}} }
        """;

    // Routes of leases, and of nobody else who has an account in the cluster.
    private static string Gate(string space) => $$"""
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: {name: {{PublicIngress.GatewayName}}, namespace: {{space}} }
        spec:
          gatewayClassName: nginx
          listeners:
          - name: http
            port: 80
            protocol: HTTP
            allowedRoutes: &leases {namespaces: {from: Selector, selector: {matchLabels: {app.kubernetes.io/managed-by: federation-operator} } } }
          - name: https
            port: 443
            protocol: HTTPS
            hostname: "*.{{Domain}}"
            tls: {certificateRefs: [{name: apps}]}
            allowedRoutes: *leases
        """;

    private async Task<PublicIngress> StartAsync(string space)
    {
        var ingress = new PublicIngress(fixture, space);
        try
        {
            await ingress.StartAsync($"_federation.{Own},federation-tenant={fixture.Tenant.User}", $"_federation.{Others},federation-tenant={Somebody}");
            return ingress;
        }
        catch
        {
            await ingress.DisposeAsync();
            throw;
        }
    }

    private async Task<TenantLease> OpenAsync(string name, string hostnames)
    {
        var lease = await fixture.OpenAsync(name, Workloads.Service(BusyboxImages.Web, more: $$"""
            , "ports":[{"name":"http","port":8080,"hostnames":{{hostnames}} }], "readiness":{"port":8080,"httpPath":"/","periodSeconds":1}
            """));
        await lease.WaitForConditionAsync("Ready", "True", ["Running"]);
        await Eventually.HoldsAsync($"{Own} is the lease's", async () => await ClaimAsync(lease, Own) is ("Proven", _) ? null : $"{await ClaimAsync(lease, Own)}");
        return lease;
    }

    private static string Given(TenantLease lease) => $"work-{lease.Namespace["lease-".Length..]}.{Domain}";

    private async Task<string[]> RoutesAsync(TenantLease lease, string kind) =>
        (await fixture.Admin.RunAsync("get", kind, "-n", lease.Namespace, "-o", "jsonpath={.items[*].metadata.name}")).Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static string[] Sorted(params string[] names) => [.. names.Order(StringComparer.Ordinal)];

    private static async Task<(string? Reason, string Message)> ClaimAsync(TenantLease lease, string name)
    {
        var seen = (await lease.ReadAsync())!.Value.GetProperty("status");
        if (!seen.TryGetProperty("hostnames", out var all)) return (null, "no hostnames yet");
        var claim = all.EnumerateArray().Single(h => h.GetProperty("hostname").GetString() == name);
        return (claim.GetProperty("reason").GetString(), claim.TryGetProperty("message", out var message) ? message.GetString()! : "");
    }
}
