using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Federation.Harness.Routing;
using Federation.Scenarios.Harness;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Federation.Scenarios.MainJob;

/// <summary>
/// What metrics-server is to a cluster, as long as a story needs it: metrics.k8s.io/v1beta1 by a server of its own behind the API server, which
/// asks who asks and whether they may, and passes on what it lets through. It tells what the kubelet counts at the moment.
/// </summary>
internal sealed class MetricsServer(MainJobFixture fixture) : IAsyncDisposable
{
    private const string Group = "metrics.k8s.io";
    private const string Version = $"{Group}/v1beta1";
    private const string Space = "kube-system";
    private const string Name = "metrics-server";

    private readonly KeyPair pair = KeyPair.Make($"{Name}.{Space}.svc");
    private WebApplication? app;

    /// <summary>Where it answers the API server, and nobody else.</summary>
    internal Uri Address { get; private set; } = null!;

    /// <summary>Serves, and has the API server know it.</summary>
    internal async Task StartAsync(CancellationToken cancellation)
    {
        await ServeAsync(cancellation);
        await fixture.Admin.ApplyAsync($$"""
            apiVersion: v1
            kind: Service
            metadata: {name: {{Name}}, namespace: {{Space}} }
            spec: {ports: [{name: https, port: 443, targetPort: {{Address.Port}} }]}
            ---
            apiVersion: v1
            kind: Endpoints
            metadata: {name: {{Name}}, namespace: {{Space}} }
            subsets: [{addresses: [{ip: {{Address.Host}} }], ports: [{name: https, port: {{Address.Port}} }]}]
            ---
            apiVersion: apiregistration.k8s.io/v1
            kind: APIService
            metadata: {name: v1beta1.{{Group}} }
            spec:
              group: {{Group}}
              version: v1beta1
              groupPriorityMinimum: 100
              versionPriority: 100
              service: {name: {{Name}}, namespace: {{Space}} }
              caBundle: {{Convert.ToBase64String(Encoding.ASCII.GetBytes(pair.Certificate))}}
            """);
        await Eventually.HoldsAsync($"{Version} by the API server", async () =>
            await fixture.Admin.TryAsync("get", "--raw", $"/apis/{Version}") is { ExitCode: not 0 } no ? no.Error : null);
    }

    /// <summary>A client that goes around the API server: it knows the server, which does not know it.</summary>
    internal HttpClient NewStranger() => new(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, shown, _, _) => IsThis(shown) } })
    {
        BaseAddress = Address, Timeout = TimeSpan.FromSeconds(10),
    };

    // A group whose server is away keeps namespaces from ending: it goes first, and for good.
    public async ValueTask DisposeAsync()
    {
        await fixture.Admin.RunAsync("delete", "apiservice", $"v1beta1.{Group}", "--ignore-not-found");
        await fixture.Admin.RunAsync("delete", "service,endpoints", Name, "-n", Space, "--ignore-not-found");
        if (app is not null) await app.DisposeAsync();
    }

    private async Task ServeAsync(CancellationToken cancellation)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Parse(fixture.Federation.HostAddress!), 0, listen => listen.UseHttps(new HttpsConnectionAdapterOptions
        {
            ServerCertificate = X509Certificate2.CreateFromPem(pair.Certificate, pair.Key),
            ClientCertificateMode = ClientCertificateMode.RequireCertificate,
            ClientCertificateValidation = (shown, _, _) => IsTheApiServer(shown),
        })));
        app = builder.Build();
        app.MapGet($"/apis/{Version}", () => Json(Resources));
        app.MapGet($"/apis/{Version}/nodes", async () => Json(List("NodeMetrics", [Node(await StatsAsync())])));
        app.MapGet($"/apis/{Version}/pods", async () => Json(List("PodMetrics", Pods(await StatsAsync()))));
        app.MapGet($"/apis/{Version}/namespaces/{{space}}/pods", async (string space) => Json(List("PodMetrics", Pods(await StatsAsync()).Where(p => Of(p, "namespace") == space))));
        app.MapGet($"/apis/{Version}/namespaces/{{space}}/pods/{{name}}", async (string space, string name) =>
            Pods(await StatsAsync()).FirstOrDefault(p => Of(p, "namespace") == space && Of(p, "name") == name) is { } found ? Json(found) : Results.NotFound());
        await app.StartAsync(cancellation);
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }

    private bool IsThis(X509Certificate? shown)
    {
        using var own = X509Certificate2.CreateFromPem(pair.Certificate);
        return own.Equals(shown);
    }

    // It has judged who asks and what they may: only from it is that believed.
    private bool IsTheApiServer(X509Certificate2 shown)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificateFromFile(Path.Combine(fixture.Datacenter.Parts.Folder, "keys", "front-ca.crt")));
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(shown) && shown.GetNameInfo(X509NameType.SimpleName, forIssuer: false) == "front-proxy-client";
    }

    private async Task<JsonNode> StatsAsync() => JsonNode.Parse(await fixture.Admin.RunAsync("get", "--raw", $"/api/v1/nodes/{fixture.Datacenter.NodeName}/proxy/stats/summary"))!;

    private static IEnumerable<JsonObject> Pods(JsonNode stats) => stats["pods"]!.AsArray().Where(p => p!["containers"] is JsonArray { Count: > 0 } all && all.All(IsMeasured)).Select(p => Metrics(
        "PodMetrics", (string)p!["podRef"]!["name"]!, (string)p["podRef"]!["namespace"]!,
        ("containers", new JsonArray([.. p["containers"]!.AsArray().Select(c => new JsonObject { ["name"] = (string)c!["name"]!, ["usage"] = Usage(c) })]))));

    private static JsonObject Node(JsonNode stats) => Metrics("NodeMetrics", (string)stats["node"]!["nodeName"]!, null, ("usage", Usage(stats["node"]!)));

    // A container that has just begun has no rate yet.
    private static bool IsMeasured(JsonNode? one) => one?["cpu"]?["usageNanoCores"] is not null && one["memory"]?["workingSetBytes"] is not null;

    private static JsonObject Usage(JsonNode of) => new() { ["cpu"] = $"{of["cpu"]?["usageNanoCores"] ?? 0}n", ["memory"] = $"{of["memory"]?["workingSetBytes"] ?? 0}" };

    private static JsonObject Metrics(string kind, string name, string? space, (string Name, JsonNode Value) measured)
    {
        var now = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", null);
        var metadata = new JsonObject { ["name"] = name, ["creationTimestamp"] = now };
        if (space is not null) metadata["namespace"] = space;
        return new JsonObject { ["kind"] = kind, ["apiVersion"] = Version, ["metadata"] = metadata, ["timestamp"] = now, ["window"] = "10s", [measured.Name] = measured.Value };
    }

    private static JsonObject List(string kind, IEnumerable<JsonObject> items) =>
        new() { ["kind"] = $"{kind}List", ["apiVersion"] = Version, ["metadata"] = new JsonObject(), ["items"] = new JsonArray([.. items]) };

    private static string? Of(JsonObject item, string field) => (string?)item["metadata"]![field];

    private static IResult Json(JsonNode body) => Results.Text(body.ToJsonString(), "application/json");

    private static JsonObject Resources => new()
    {
        ["kind"] = "APIResourceList", ["apiVersion"] = "v1", ["groupVersion"] = Version,
        ["resources"] = new JsonArray(Resource("nodes", "NodeMetrics", namespaced: false), Resource("pods", "PodMetrics", namespaced: true)),
    };

    private static JsonObject Resource(string name, string kind, bool namespaced) =>
        new() { ["name"] = name, ["singularName"] = "", ["namespaced"] = namespaced, ["kind"] = kind, ["verbs"] = new JsonArray("get", "list") };
}
