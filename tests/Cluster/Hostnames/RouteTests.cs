using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Entities;
using Federation.Cluster.Manifests;
using Federation.Cluster.Tests.Support;
using Federation.Cluster.Watching;
using Federation.Domain.Hostnames;
using Federation.Domain.Leases;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Cluster.Tests.Hostnames;

/// <summary>Routes of hostnames on a real API server: as Ingress objects, and as HTTPRoutes with the Gateway API's own definition.</summary>
[Collection("one adapter")]
public sealed class RouteTests(AdapterFixture fixture)
{
    private const string Host = "shop.example.org";
    private static readonly HostnameRoute Route = new(Host, "web", 8080);

    private ResourceClient<JsonObject> Ingresses => fixture.Admin.Resource(ResourceKinds.Ingress);

    private ResourceClient<JsonObject> Policies => fixture.Admin.Resource(ResourceKinds.NetworkPolicy);

    [Fact]
    public async Task Offer_IsWhatTheDatacenterSays()
    {
        var offer = (await fixture.Adapter.Workloads.ReadCapacityAsync(default)).Ingress!;
        Assert.Equal(("apps.north.example", true, true, null), (offer.Domain, offer.IsHttps, offer.IsOffered, offer.Problem));
        Assert.Equal(["gateway.north.example"], offer.Own);
        Assert.True(offer.TakesCertificates);
    }

    [Fact]
    public async Task Route_IsWrittenOnce_WithTheWayThroughTheIsolation()
    {
        var lease = await NewAsync(fixture.Adapter);
        Assert.Equal(2, await fixture.WritesOfAsync(() => EnsureAsync(fixture.Adapter, lease, Route)));
        Assert.Equal([new RouteFact(Route, true, null)], await RoutesAsync(fixture.Adapter, lease));
        Assert.Equal(0, await fixture.WritesOfAsync(() => EnsureAsync(fixture.Adapter, lease, Route)));
        // Each further name is one write.
        Assert.Equal(1, await fixture.WritesOfAsync(() => EnsureAsync(fixture.Adapter, lease, Route, Route with { Hostname = "web-0123456789abcdef.apps.north.example" })));

        var (own, given) = (await Ingresses.GetAsync(Host, lease.Id.Namespace), await Ingresses.GetAsync("web-0123456789abcdef.apps.north.example", lease.Id.Namespace));
        Assert.Equal("public", own.Text("spec", "ingressClassName"));
        Assert.Null(own.At("spec", "tls"));
        Assert.Equal("""[{"hosts":["web-0123456789abcdef.apps.north.example"]}]""", given.At("spec", "tls")!.ToJsonString());
        var way = Assert.Single((await Policies.GetAsync("route.web", lease.Id.Namespace)).Items("spec", "ingress"));
        Assert.Equal("""[{"protocol":"TCP","port":8080}]""", way["ports"]!.ToJsonString());
        Assert.Equal("ingress", Assert.Single(way.Items("from")).Text("podSelector", "matchLabels", "app"));
        // Nothing else of the cluster has a way in.
        var isolation = await Policies.GetAsync(Names.Isolation, lease.Id.Namespace);
        Assert.Equal("""[{"podSelector":{}}]""", Assert.Single(isolation.Items("spec", "ingress"))["from"]!.ToJsonString());

        await using var fresh = await StartAsync(AdapterFixture.Datacenter);
        Assert.All(await RoutesAsync(fresh, lease), r => Assert.True(r.IsTidy));
        Assert.Equal(2, (await RoutesAsync(fresh, lease)).Count);
        Assert.Equal(0, fresh.Writes);
    }

    [Fact]
    public async Task CertificateOfTheTenant_StandsInTheIngressOfItsName_AndGoesAgain()
    {
        var (lease, safe) = (await NewAsync(fixture.Adapter), Route with { TlsSecret = "shop-cert" });
        async Task<string?> TlsAsync() => (await Ingresses.GetAsync(Host, lease.Id.Namespace)).At("spec", "tls")?.ToJsonString();
        await EnsureAsync(fixture.Adapter, lease, Route);
        Assert.Equal(1, await fixture.WritesOfAsync(() => EnsureAsync(fixture.Adapter, lease, safe)));
        Assert.Equal("""[{"hosts":["shop.example.org"],"secretName":"shop-cert"}]""", await TlsAsync());
        Assert.Equal([new RouteFact(safe, true, null)], await RoutesAsync(fixture.Adapter, lease));
        Assert.Equal(0, await fixture.WritesOfAsync(() => EnsureAsync(fixture.Adapter, lease, safe)));

        await Ingresses.PatchAsync(Host, lease.Id.Namespace, V1Patch.Merge((JsonObject)JsonNode.Parse("""{"spec":{"tls":[{"hosts":["bank.example.org"],"secretName":"shop-cert"}]} }""")!));
        await Eventually.TrueAsync(async () => (await RoutesAsync(fixture.Adapter, lease)).Any(r => !r.IsTidy));
        await EnsureAsync(fixture.Adapter, lease, safe);
        Assert.Equal("""[{"hosts":["shop.example.org"],"secretName":"shop-cert"}]""", await TlsAsync());

        await EnsureAsync(fixture.Adapter, lease, Route);
        Assert.Null(await TlsAsync());
    }

    [Theory]
    [InlineData("Ingress", """{"spec":{"rules":[{"host":"shop.example.org","http":{"paths":[{"path":"/","pathType":"Prefix","backend":{"service":{"name":"other","port":{"number":1} } } }] } }] } }""")]
    [InlineData("Ingress", """{"spec":{"ingressClassName":"other"} }""")]
    [InlineData("Ingress", """{"spec":{"tls":[{"hosts":["bank.example.org"],"secretName":"mine"}]} }""")]
    [InlineData("Ingress", """{"metadata":{"annotations":{"compute.federation/route":"nonsense"} } }""")]
    [InlineData("NetworkPolicy", """{"spec":{"ingress":[{}]} }""")]
    public async Task EditByHand_IsNoticedAndSetBack(string kind, string edit)
    {
        var lease = await NewAsync(fixture.Adapter);
        await EnsureAsync(fixture.Adapter, lease, Route);
        var (resource, name) = kind == "Ingress" ? (Ingresses, Host) : (Policies, "route.web");
        await resource.PatchAsync(name, lease.Id.Namespace, V1Patch.Merge((JsonObject)JsonNode.Parse(edit)!));
        await Eventually.TrueAsync(async () => (await RoutesAsync(fixture.Adapter, lease)).Any(r => !r.IsTidy));

        Assert.Equal(1, await fixture.WritesOfAsync(() => EnsureAsync(fixture.Adapter, lease, Route)));

        Assert.Equal([new RouteFact(Route, true, null)], await RoutesAsync(fixture.Adapter, lease));
    }

    [Fact]
    public async Task DeletedByHand_IsMissed_AndMadeAgain()
    {
        var lease = await NewAsync(fixture.Adapter);
        await EnsureAsync(fixture.Adapter, lease, Route);
        await Ingresses.DeleteAsync(Host, lease.Id.Namespace);
        await Eventually.TrueAsync(async () => (await RoutesAsync(fixture.Adapter, lease)).All(r => !r.IsTidy));
        await EnsureAsync(fixture.Adapter, lease, Route);
        Assert.NotNull(await Ingresses.GetAsync(Host, lease.Id.Namespace));
        Assert.True(Assert.Single(await RoutesAsync(fixture.Adapter, lease)).IsTidy);
    }

    [Fact]
    public async Task RouteThatTheServerRefuses_IsSaid_AndHoldsUpNoOther()
    {
        var (lease, bad) = (await NewAsync(fixture.Adapter), Route with { Hostname = "not_a_host" });
        await EnsureAsync(fixture.Adapter, lease, bad, Route);
        var routes = await RoutesAsync(fixture.Adapter, lease);
        Assert.Equal(new RouteFact(Route, true, null), routes.Single(r => r.Route == Route));
        Assert.Contains("not_a_host", routes.Single(r => r.Route == bad).Refusal, StringComparison.Ordinal);
        await EnsureAsync(fixture.Adapter, lease, Route);
        Assert.Equal([new RouteFact(Route, true, null)], await RoutesAsync(fixture.Adapter, lease));
    }

    [Fact]
    public async Task WhatIsNotWishedForAnyMore_Goes_AndTheWayInIsClosed()
    {
        var lease = await NewAsync(fixture.Adapter);
        await EnsureAsync(fixture.Adapter, lease, Route, new HostnameRoute("api.example.org", "api", 80));
        await EnsureAsync(fixture.Adapter, lease, Route);
        Assert.Equal([Host], (await Ingresses.ListAsync(lease.Id.Namespace)).Items.Select(i => ObjectView.Key(i).Name));
        Assert.Empty((await Policies.GetAsync("route.api", lease.Id.Namespace)).Items("spec", "ingress"));
        Assert.Single((await Policies.GetAsync("route.web", lease.Id.Namespace)).Items("spec", "ingress"));
        Assert.Equal([new RouteFact(Route, true, null)], await RoutesAsync(fixture.Adapter, lease));

        await fixture.Adapter.Workloads.ApplyAsync(new StopWorkload(lease.Id), default);
        Assert.Empty((await Ingresses.ListAsync(lease.Id.Namespace)).Items);
        Assert.Empty(await RoutesAsync(fixture.Adapter, lease));
        Assert.Equal(0, await fixture.WritesOfAsync(() => fixture.Adapter.Workloads.ApplyAsync(new StopWorkload(lease.Id), default)));
    }

    [Fact]
    public async Task Gateway_WithoutItsDefinitionsIsSaid_AndWithThemItsRoutesAreWritten()
    {
        await fixture.Admin.ApplyAsync(Gatewayed("gatewayed"), new ApplyOptions { FieldManager = "admin" });
        await using (var early = await StartAsync("gatewayed"))
        {
            await Eventually.TrueAsync(async () => (await early.Workloads.ReadCapacityAsync(default)).Ingress?.Problem is not null);
            Assert.Contains("gateway.networking.k8s.io/v1", (await early.Workloads.ReadCapacityAsync(default)).Ingress!.Problem, StringComparison.Ordinal);
        }

        await InstallGatewayApiAsync();
        await using var adapter = await StartAsync("gatewayed");
        await Eventually.TrueAsync(async () => (await adapter.Workloads.ReadCapacityAsync(default)).Ingress is { Problem: null });
        var lease = await NewAsync(adapter);
        await EnsureAsync(adapter, lease, Route);
        Assert.Equal([new RouteFact(Route, true, null)], await RoutesAsync(adapter, lease));
        var before = adapter.Writes;
        await EnsureAsync(adapter, lease, Route);
        Assert.Equal(before, adapter.Writes);

        var routes = fixture.Admin.Resource(ClusterCache.HttpRoute);
        var stored = await routes.GetAsync(Host, lease.Id.Namespace);
        Assert.Equal(("infra", "public", "web-listener"), (Parent(stored).Text("namespace"), Parent(stored).Text("name"), Parent(stored).Text("sectionName")));
        Assert.Empty((await Ingresses.ListAsync(lease.Id.Namespace)).Items);

        await routes.PatchAsync(Host, lease.Id.Namespace, V1Patch.Merge((JsonObject)JsonNode.Parse("""{"spec":{"hostnames":["bank.example.org"]} }""")!));
        await Eventually.TrueAsync(async () => (await RoutesAsync(adapter, lease)).Any(r => !r.IsTidy));
        await EnsureAsync(adapter, lease, Route);
        Assert.Equal("""["shop.example.org"]""", (await routes.GetAsync(Host, lease.Id.Namespace)).At("spec", "hostnames")!.ToJsonString());

        await routes.PatchAsync(Host, lease.Id.Namespace, V1Patch.Merge(Refused()), new WriteOptions { Subresource = "status" });
        await Eventually.TrueAsync(async () => (await RoutesAsync(adapter, lease)).Single().Refusal == "NotAllowedByListeners: not from here");

        await adapter.Workloads.ApplyAsync(new StopWorkload(lease.Id), default);
        Assert.Empty((await routes.ListAsync(lease.Id.Namespace)).Items);
    }

    private async Task InstallGatewayApiAsync()
    {
        var definition = (JsonObject)YamlToJson.Read(await File.ReadAllTextAsync(Path.Combine(Golden.Root(), "tests", "Cluster", "Hostnames", "httproutes.yaml"))).Single()!;
        await fixture.Admin.Resource(ResourceKinds.CustomResourceDefinition).CreateAsync(definition);
        await Eventually.TrueAsync(() => fixture.Admin.Discovery.ServesAsync(ClusterCache.HttpRoute));
    }

    private static JsonObject Parent(JsonObject? route) => Assert.Single(route.Items("spec", "parentRefs"));

    private static JsonObject Refused() => (JsonObject)JsonNode.Parse("""
        {"status":{"parents":[{"controllerName":"example.org/gateway","parentRef":{"name":"public"},"conditions":[
          {"type":"Accepted","status":"False","reason":"NotAllowedByListeners","message":"not from here","lastTransitionTime":"2026-03-01T12:00:00Z"}] }] } }
        """)!;

    private static JsonObject Gatewayed(string name)
    {
        var datacenter = AdapterFixture.Sample("datacenter-cpu");
        datacenter["metadata"]!["name"] = name;
        datacenter["spec"]!["ingress"] = JsonNode.Parse("""{"gateway":{"namespace":"infra","name":"public","sectionName":"web-listener"},"from":[{"cidr":"203.0.113.0/24"}] }""");
        return datacenter;
    }

    private async Task<ClusterAdapter> StartAsync(string datacenter)
    {
        var adapter = new ClusterAdapter(AdapterFixture.Options() with { DatacenterName = datacenter }, fixture.Server.Configuration(), new TestHasher());
        await adapter.StartAsync(default);
        return adapter;
    }

    private static async Task<MatchedLease> NewAsync(ClusterAdapter adapter)
    {
        var lease = Cases.Lease();
        await adapter.Leases.EnsureAsync(lease, default);
        await adapter.Workloads.ApplyAsync(new EnsureIsolation(lease.Id, lease.Terms), default);
        return lease;
    }

    private static Task EnsureAsync(ClusterAdapter adapter, MatchedLease lease, params HostnameRoute[] routes) =>
        adapter.Workloads.ApplyAsync(new EnsureRoutes(lease.Id, routes), default);

    private static async Task<IReadOnlyList<RouteFact>> RoutesAsync(ClusterAdapter adapter, MatchedLease lease) =>
        (await adapter.Workloads.ObserveAsync(lease.Id, lease.Terms, default)).Routes;
}
