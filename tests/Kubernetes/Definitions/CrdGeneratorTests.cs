using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Definitions;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Kubernetes.Tests.Definitions;

public sealed class CrdGeneratorTests(ApiServerFixture fixture)
{
    private static JsonNode Schema => CrdGenerator.Generate<SampleEntity>()["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!;

    private static JsonNode Spec => Schema["properties"]!["spec"]!;

    [Fact]
    public async Task Generate_Sample_IsTakenByTheServerAndKeepsEveryField()
    {
        using var client = fixture.Server.Client();
        await InstallAsync(client);
        var space = await fixture.Server.NamespaceAsync();
        var samples = client.Resource<SampleEntity>();
        var entity = Full(space);
        var made = await samples.CreateAsync(entity);
        Assert.Equal(Json(entity.Spec), Json(made.Spec));
        var condition = new V1Condition { Type = "Ready", Status = "True", Reason = "Fine", Message = "All is well", LastTransitionTime = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero) };
        var status = await samples.ReplaceStatusAsync(made with { Status = new SampleStatus { Replicas = 2, Conditions = [condition] } });
        Assert.Equal(condition, Assert.Single(status.Status!.Conditions!));

        // Defaults, short names, printer columns and the scale subresource, as kubectl sees them.
        await samples.CreateAsync(new SampleEntity { Metadata = new() { Name = "small", Namespace = space }, Spec = new() { Low = 1, High = 2 } });
        Assert.Equal(1, (await samples.GetAsync("small", space))!.Spec.Replicas);
        var table = await Kubectl.RunAsync(fixture.Server, "-n", space, "get", "smp", "-o", "wide");
        Assert.Contains("MODE", table, StringComparison.Ordinal);
        Assert.Contains("very-slow", table, StringComparison.Ordinal);
        await Kubectl.RunAsync(fixture.Server, "-n", space, "scale", "smp/small", "--replicas=3");
        Assert.Equal(3, (await samples.GetAsync("small", space))!.Spec.Replicas);
        // The server publishes the schema for `explain` some time after it takes the definition.
        await Eventually.TrueAsync(async () => (await Kubectl.TryAsync(fixture.Server, "explain", "sample.spec.replicas")).Contains("How many.", StringComparison.Ordinal), seconds: 60);
    }

    [Theory]
    [InlineData("""{"low":1}""", "spec.high")]
    [InlineData("""{"low":1,"high":2,"replicas":101}""", "spec.replicas")]
    [InlineData("""{"low":1,"high":2,"mode":"Slow"}""", "spec.mode")]
    [InlineData("""{"low":1,"high":2,"hash":"0x12"}""", "spec.hash")]
    [InlineData("""{"low":1,"high":2,"name":""}""", "spec.name")]
    [InlineData("""{"low":1,"high":2,"port":true}""", "spec.port")]
    [InlineData("""{"low":1,"high":2,"regions":["a","a"]}""", "spec.regions[1]")]
    [InlineData("""{"low":1,"high":2,"items":[{"count":1}]}""", "spec.items.name")]
    [InlineData("""{"low":1,"high":2,"items":[{"name":"a","count":-1}]}""", "spec.items.count")]
    [InlineData("""{"low":1,"high":2,"patience":"soon"}""", "spec.patience")]
    public async Task Create_ValueAgainstTheSchema_RefusedWithTheField(string spec, string field)
    {
        using var client = fixture.Server.Client();
        await InstallAsync(client);
        var body = new JsonObject { ["metadata"] = new JsonObject { ["name"] = "bad", ["namespace"] = "default" }, ["spec"] = JsonNode.Parse(spec) };
        var failure = await Assert.ThrowsAsync<KubernetesException>(() => client.Resource(ResourceKind.Of<SampleEntity>()).CreateAsync(body));
        Assert.True(failure.IsInvalid, failure.Message);
        Assert.Contains(field, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Generate_PropertiesThatAreNotStored_StayOut()
    {
        var names = Spec["properties"]!.AsObject().Select(entry => entry.Key).ToArray();
        Assert.DoesNotContain("hidden", names);
        Assert.DoesNotContain("unwritten", names);
        Assert.DoesNotContain("computed", names);
        Assert.Contains("URI_x", names);
        Assert.Equal(names.Order(StringComparer.Ordinal), names);
        Assert.Equal(["high", "low"], Spec["required"]!.AsArray().Select(name => (string)name!));
        Assert.Null(Spec["properties"]!["name"]!["nullable"]);
        Assert.True((bool)Spec["properties"]!["cleared"]!["nullable"]!);
    }

    [Fact]
    public void Generate_Rules_AreWritten()
    {
        Assert.Equal("self.low <= self.high", (string?)Spec["x-kubernetes-validations"]![0]!["rule"]);
        Assert.Equal("immutable", (string?)Spec["properties"]!["hash"]!["x-kubernetes-validations"]![0]!["message"]);
    }

    [Fact]
    public void ForServer_OldServer_LeavesOutTheRulesAndNothingElse()
    {
        var crd = CrdGenerator.Generate<SampleEntity>();
        Assert.Equal(crd.ToJsonString(), CrdInstaller.ForServer(crd, 25).ToJsonString());
        var old = CrdInstaller.ForServer(crd, 20).ToJsonString();
        Assert.DoesNotContain("x-kubernetes-validations", old, StringComparison.Ordinal);
        Assert.Contains("x-kubernetes-list-map-keys", old, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_Twice_SameTextAndReadsBackAsItWas()
    {
        var crd = CrdGenerator.Generate<SampleEntity>();
        var text = YamlWriter.Write(crd);
        Assert.Equal(text, YamlWriter.Write(CrdGenerator.Generate<SampleEntity>()));
        Assert.DoesNotContain('\r', text);
        Assert.Equal(crd.ToJsonString(), Assert.Single(YamlToJson.Read(text)).ToJsonString());
    }

    [Theory]
    [InlineData("yes")]
    [InlineData("1.20")]
    [InlineData("null")]
    [InlineData(" padded ")]
    [InlineData("a: b # c")]
    [InlineData("first\nsecond\n")]
    [InlineData("^0x[0-9a-f]{64}$")]
    [InlineData("")]
    public void Write_AwkwardText_StaysText(string text)
    {
        var tree = new JsonObject { ["key"] = text, ["list"] = new JsonArray(text) };
        Assert.Equal(tree.ToJsonString(), Assert.Single(YamlToJson.Read(YamlWriter.Write(tree))).ToJsonString());
    }

    [Fact]
    public void Generate_TypesWithoutAPlace_SayWhichAndWhatInstead()
    {
        var failure = Assert.Throws<InvalidOperationException>(() => CrdGenerator.Generate<Impossible>());
        Assert.Contains("Amount", failure.Message, StringComparison.Ordinal);
        Assert.Contains("string with [Pattern]", failure.Message, StringComparison.Ordinal);
        Assert.Contains("contains itself", Assert.Throws<InvalidOperationException>(() => CrdGenerator.Generate<Endless>()).Message, StringComparison.Ordinal);
    }

    private static SampleEntity Full(string space) => new()
    {
        Metadata = new() { Name = "full", Namespace = space },
        Spec = new()
        {
            Replicas = 2, Low = long.MinValue / 4, High = long.MaxValue / 4, Mode = SampleMode.Slow, Hash = "0x" + new string('a', 64), Name = "n",
            Address = new Uri("https://example.org/x"), Patience = TimeSpan.FromSeconds(90.5), Until = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
            Port = 80, Limits = new Dictionary<string, IntOrString> { ["cpu"] = 2, ["memory"] = "1Gi" }, Regions = ["eu", "us"],
            Items = [new SampleItem { Name = "a", Count = uint.MaxValue, Ratio = 0.5, Flag = false }],
            Template = JsonNode.Parse("""{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"x":1}}""")!.AsObject(),
            Anything = JsonNode.Parse("""{"deep":[{"er":null}]}""")!.AsObject(),
        },
    };

    private static async Task InstallAsync(KubernetesClient client)
    {
        var crd = Assert.Single(YamlToJson.Read(YamlWriter.Write(CrdGenerator.Generate<SampleEntity>()))).AsObject();
        await CrdInstaller.InstallAsync(client, crd);
        var stored = await client.Resource(ResourceKinds.CustomResourceDefinition).GetAsync((string)crd["metadata"]!["name"]!);
        Assert.DoesNotContain(stored!["status"]!["conditions"]!.AsArray(), condition =>
            (string?)condition!["type"] == "NonStructuralSchema" && (string?)condition["status"] == "True");
        await Eventually.TrueAsync(async () => await client.Discovery.ServesAsync(ResourceKind.Of<SampleEntity>()));
    }

    private static string Json(SampleSpec spec) => JsonSerializer.Serialize(spec, KubernetesJson.Options);

    [KubernetesEntity(Group = "test.federation")]
    private sealed record Impossible : CustomKubernetesEntity<ImpossibleSpec>;

    private sealed record ImpossibleSpec
    {
        public ulong? Amount { get; init; }
    }

    [KubernetesEntity(Group = "test.federation")]
    private sealed record Endless : CustomKubernetesEntity<EndlessSpec>;

    private sealed record EndlessSpec
    {
        public EndlessSpec? Inner { get; init; }
    }
}
