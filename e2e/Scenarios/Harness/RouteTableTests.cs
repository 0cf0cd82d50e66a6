using System.Text;
using System.Text.Json.Nodes;
using Federation.Harness.Routing;

namespace Federation.Scenarios.Harness;

/// <summary>What the ingress of the stories serves, and with which certificate: by objects alone.</summary>
public sealed class RouteTableTests
{
    private const string Host = "shop.example.org";
    private const string Space = "lease-1";

    private static readonly KeyPair Pair = KeyPair.Make(Host, "bank.example.org");

    [Fact]
    public void TenantsPair_IsShownForTheHostOfItsIngress_AndHttpIsSentOn()
    {
        var names = Ingresses(Secret(Pair));
        Assert.Equal([new Served(Host, false, null), new Served(Host, true, "10.96.0.9:8080", Pair)], names);
        var own = KeyPair.Make("ingress.invalid");
        var text = RouteTable.Render(names, own);
        Assert.Contains($"ssl_certificate pairs/{Pair.FileName}; ssl_certificate_key pairs/{Pair.FileName}; server_name {Host};", text, StringComparison.Ordinal);
        Assert.Contains($"ssl default_server; ssl_certificate pairs/{own.FileName};", text, StringComparison.Ordinal);
        Assert.DoesNotContain("bank.example.org", text, StringComparison.Ordinal);
    }

    public static TheoryData<string, JsonObject[]> Unfit => new()
    {
        { "there is none", [] },
        { "another namespace's", [Secret(Pair, space: "lease-2")] },
        { "another type", [Secret(Pair, type: "Opaque")] },
        { "for another name", [Secret(KeyPair.Make("bank.example.org"))] },
        { "no certificate", [Secret("nothing", "nothing")] },
        { "without a key", [Secret(Pair.Certificate, "")] },
        { "a key of another", [Secret(Pair.Certificate, KeyPair.Make(Host).Key)] },
    };

    [Theory]
    [MemberData(nameof(Unfit), DisableDiscoveryEnumeration = true)]
    public void SecretThatWillNotDo_LeavesTheNameToTheIngressesOwn(string why, JsonObject[] secrets) =>
        Assert.True(Ingresses(secrets) is [_, { Host: Host, IsSafe: true, Pair: null }], why);

    [Theory]
    [InlineData("shop.example.org", "lease-1", null, "http")]
    [InlineData("work.apps.example.net", "lease-1", null, "http https")]
    [InlineData("work.apps.example.net", "lease-1", "https", "https")]
    [InlineData("shop.example.org", "lease-1", "https", "")]
    [InlineData("apps.example.net", "lease-1", "https", "")]
    [InlineData("work.apps.example.net", "stranger", null, "")]
    [InlineData("work.apps.example.net", "lease-1", "none", "")]
    public void GatewaysListeners_ServeWhatTheyLetIn(string host, string space, string? section, string doors)
    {
        var gateway = Read("""
            {"metadata":{"namespace":"infra","name":"gate"},"spec":{"listeners":[
              {"name":"http","protocol":"HTTP","allowedRoutes":{"namespaces":{"from":"Selector","selector":{"matchLabels":{"is":"lease"} } } } },
              {"name":"https","protocol":"HTTPS","hostname":"*.apps.example.net","tls":{"certificateRefs":[{"name":"cert"}]},"allowedRoutes":{"namespaces":{"from":"Selector","selector":{"matchLabels":{"is":"lease"} } } } }]} }
            """);
        var route = Read($$"""
            {"metadata":{"namespace":"{{space}}","name":"{{host}}"},"spec":{"parentRefs":[{"namespace":"infra","name":"gate"}],"hostnames":["{{host}}"],"rules":[{"backendRefs":[{"name":"web","port":8080}]}]} }
            """);
        if (section is not null) route["spec"]!["parentRefs"]![0]!["sectionName"] = section;
        var pair = KeyPair.Make("*.apps.example.net");
        var cluster = Cluster(space, Secret(pair, "infra", "kubernetes.io/tls", "cert"));
        var names = GatewayTable.Read([gateway], [route], "infra/gate", cluster).ToArray();
        Assert.Equal(doors, string.Join(' ', names.Select(n => n.IsSafe ? "https" : "http")));
        Assert.All(names, n => Assert.Equal((host, "10.96.0.9:8080", n.IsSafe ? pair : null), (n.Host, n.Target, n.Pair)));
        Assert.Empty(GatewayTable.Read([gateway], [route], "infra/other", cluster));
    }

    private static Served[] Ingresses(params JsonObject[] secrets) => [.. IngressTable.Read(
        [Read($$"""
            {"metadata":{"namespace":"{{Space}}","name":"{{Host}}"},"spec":{"ingressClassName":"public","tls":[{"hosts":["{{Host}}"],"secretName":"cert"}],
              "rules":[{"host":"{{Host}}","http":{"paths":[{"path":"/","backend":{"service":{"name":"web","port":{"number":8080} } } }]} }]} }
            """)],
        "public", Cluster(Space, secrets))];

    private static ClusterView Cluster(string space, params JsonObject[] secrets) => new(
        [Read($$"""{"metadata":{"namespace":"{{space}}","name":"web"},"spec":{"clusterIP":"10.96.0.9"} }""")], secrets,
        [Read("""{"metadata":{"name":"lease-1","labels":{"is":"lease"} } }"""), Read("""{"metadata":{"name":"stranger"} }""")]);

    private static JsonObject Secret(KeyPair pair, string space = Space, string type = "kubernetes.io/tls", string name = "cert") => Secret(pair.Certificate, pair.Key, space, type, name);

    private static JsonObject Secret(string certificate, string key, string space = Space, string type = "kubernetes.io/tls", string name = "cert") =>
        Read($$"""{"type":"{{type}}","metadata":{"namespace":"{{space}}","name":"{{name}}"},"data":{"tls.crt":"{{Encoded(certificate)}}","tls.key":"{{Encoded(key)}}"} }""");

    private static string Encoded(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static JsonObject Read(string json) => (JsonObject)JsonNode.Parse(json)!;
}
