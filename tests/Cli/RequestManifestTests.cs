using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Federation.Chain.Tests.Support;
using Federation.Cli.Buying;
using Federation.Cluster.Entities;
using Federation.Cluster.Requests;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Models;

namespace Federation.Cli.Tests;

/// <summary>A ComputeRequest on the command line means what it means in a cluster: what it says is read, refused, or said not to be done.</summary>
public sealed class RequestManifestTests
{
    private const string Workload = "{services: [{name: web, image: a.example/b@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08, resources: {cpu: 1, memory: 1Gi}}]}";

    private const string Least = $$"""
        apiVersion: compute.federation/v1alpha1
        kind: ComputeRequest
        metadata: {name: web, labels: {team: acme}, whatever: 1}
        spec: {durationSeconds: 3600, maxPrices: {cpu: "1", memory: "1", storage: "1", egress: "1", gpuA: "1", gpuB: "1"}, placement: {capabilities: "0x1"}, escrow: {deposit: "5"}, workload: {{Workload}} }
        status: {whatever: 1}
        """;

    private const string Whole = $$"""
        apiVersion: compute.federation/v1alpha1
        kind: ComputeRequest
        metadata: {name: web, namespace: default}
        spec:
          replicas: 1
          durationSeconds: 7200
          token: "0x1111111111111111111111111111111111111111"
          maxPrices: {cpu: "1", memory: "2", storage: "3", egress: "4", gpuA: "5", gpuB: "6"}
          maxFees: {start: "7", minCharge: "8", reservation: "9"}
          minDowntimeBps: 4050
          placement:
            spread: Region
            regions: [eu-north-1, eu-central-1]
            allow: ["0x2222222222222222222222222222222222222222"]
            deny: ["0x3333333333333333333333333333333333333333"]
            capabilities: "0xf5"
            auditor: "0x4444444444444444444444444444444444444444"
            minStake: "1000000"
          escrow: {deposit: "5000000", topUp: {belowSeconds: 3600, amount: "2000000", max: "50000000"} }
          renew: {beforeSeconds: 3600}
          failover: {notReadySeconds: 600, silentSeconds: 600, maxReplacements: 3}
          arbiter: "0x5555555555555555555555555555555555555555"
          maxNoticeSeconds: 600
          workload: {{Workload}}
        """;

    private static readonly string Crd = File.ReadAllText(Path.Combine(Repository.Root, "crds", "compute.federation_computerequests.yaml"));

    private static JsonObject SpecSchema => YamlToJson.Read(Crd)[0]["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!["properties"]!["spec"]!.AsObject();

    public static TheoryData<string> Samples => [.. Directory.GetFiles(Path.Combine(Repository.Root, "crds", "samples"), "*.yaml").Select(f => Path.GetFileName(f)!).Where(f => !f.StartsWith("datacenter", StringComparison.Ordinal)).Order()];

    // What a template left empty, and what the API server would take out.
    [Theory]
    [InlineData("arbiter:")]
    [InlineData("failover:")]
    [InlineData("placement: {deny: null, capabilities: null}")]
    public void FieldThatIsEmpty_IsNotSaid(string line) => 
        Assert.Empty(new KindSchema("computerequests").Faults(YamlToJson.Read($"kind: ComputeRequest\nspec:\n  {line}\n")[0]!.AsObject()));

    [Theory]
    [MemberData(nameof(Samples))]
    public void Sample_IsRead(string name)
    {
        var wish = Manifest.Read(OneReplica(Sample(name)), name);
        Assert.StartsWith("0x", wish.SpecHash, StringComparison.Ordinal);
        Assert.Equal(Sample(name).Contains("\n  renew:", StringComparison.Ordinal), wish.Undone.Any(u => u.Contains("spec.renew", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("request-database.yaml")]
    [InlineData("request-gpu-batch.yaml")]
    [InlineData("request-two-datacenters.yaml")]
    public void PriceAndPlace_AreAnOperatorsOwn(string sample)
    {
        var text = sample.Length == 0 ? Whole : OneReplica(Sample(sample));
        var wish = Manifest.Read(text, "file.yaml");
        var demand = RequestMapper.ToDemand(YamlToJson.Read(text)[0].Deserialize<V1Alpha1ComputeRequest>(KubernetesJson.Options)!);
        Assert.Equal(demand.Most, wish.Most);
        Assert.Equal(sample.Length == 0 ? 4_050 : 0, wish.Most.MinDowntimeBps);
        Assert.Equal((demand.DurationSeconds, demand.Deposit, demand.Token, demand.Arbiter, demand.MaxNoticeSeconds), (wish.DurationSeconds!.Value, wish.Deposit!.Value, wish.Token, wish.Arbiter, wish.MaxNoticeSeconds));
        Assert.Equal(demand.Placement.Regions, wish.Placement.Regions);
        Assert.Equal(demand.Placement.Allow, wish.Placement.Allow);
        Assert.Equal(demand.Placement.Deny, wish.Placement.Deny);
        Assert.Equal((demand.Placement.Capabilities, demand.Placement.Auditor, demand.Placement.MinStake), (wish.Placement.Capabilities, wish.Placement.Auditor, wish.Placement.MinStake));
    }

    [Fact]
    public void EveryFieldOfTheDefinition_IsReadOrSaidNotToBeDone()
    {
        var before = Told(Manifest.Read(Least, "file.yaml"));
        var fields = Leaves(SpecSchema, []).Where(l => l.Path[0] != "workload").ToArray();
        Assert.True(fields.Length > 20, string.Join("\n", fields.Select(f => string.Join('.', f.Path))));
        foreach (var (path, schema) in fields)
        {
            var manifest = YamlToJson.Read(Least)[0].AsObject();
            JsonNode at = manifest["spec"]!;
            foreach (var name in path[..^1]) at = at[name] ??= new JsonObject();
            at[path[^1]] = Example(schema);
            var field = string.Join('.', path);
            // Between replicas, of which this is one; and one alone.
            if (field == "placement.spread") continue;
            if (field == "replicas") Assert.Contains("2 replicas", Assert.Throws<CliException>(() => Manifest.Read(manifest.ToJsonString(), "file.yaml")).Message, StringComparison.Ordinal);
            else Assert.True(Told(Manifest.Read(manifest.ToJsonString(), "file.yaml")) != before, $"spec.{field} is ignored in silence");
        }
    }

    // What no schema says, and the API server holds a request to all the same: one that changes, and a renewal, are not of this program.
    [Fact]
    public void RulesOfTheDefinition_AreThoseThatAreKept() => Assert.Equal(
        ["!has(self.auditor) || has(self.capabilities)", "!has(self.renew) || self.renew.beforeSeconds < self.durationSeconds", "self == oldSelf"],
        Rules(SpecSchema).Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("placement: {", "placement: {denny: [], ", "spec.placement.denny: unknown field; did you mean 'deny'?")]
    [InlineData("placement: {", "placement: {regoins: [], ", "spec.placement.regoins: unknown field; did you mean 'regions'?")]
    [InlineData("durationSeconds: 3600", "durationSeconds: 3600, regions: [a]", "spec.regions: unknown field; did you mean spec.placement.regions?")]
    [InlineData("durationSeconds: 3600", "durationSeconds: 3600, price: 1", "spec.price: unknown field; known here are arbiter, ")]
    [InlineData("escrow: {", "escrow: {topUp: {belowSecond: 1}, ", "spec.escrow.topUp.belowSecond: unknown field; did you mean 'belowSeconds'?")]
    [InlineData("kind: ComputeRequest", "kind: ComputeRequest\nspeck: {}", "speck: unknown field; did you mean 'spec'?")]
    [InlineData("v1alpha1", "v1", "apiVersion: 'compute.federation/v1' is not compute.federation/v1alpha1")]
    [InlineData("placement: {", "placement: {regions: eu-north-1, ", "spec.placement.regions must be a list, not the text 'eu-north-1'")]
    [InlineData("placement: {", "placement: {regions: [null], ", "spec.placement.regions[0] must be a text, not nothing")]
    [InlineData("placement: {", "placement: {deny: ['0x12'], ", "spec.placement.deny[0] '0x12' is no address")]
    [InlineData("placement: {", "placement: {deny: [\"0x3333333333333333333333333333333333333333\\n\"], ", "is no address")]
    [InlineData("capabilities: \"0x1\"", "capabilities: 5", "spec.placement.capabilities '5' is not of the form ^0x")]
    [InlineData("capabilities: \"0x1\"", "auditor: '0x3333333333333333333333333333333333333333'", "name those that are needed, in spec.placement.capabilities")]
    [InlineData("capabilities: \"0x1\"", "spread: Wide", "spec.placement.spread 'Wide' is none of Datacenter, Region, None")]
    [InlineData("capabilities: \"0x1\"", "minStake: 1.5", "spec.placement.minStake must be a text, not 1.5")]
    [InlineData("durationSeconds: 3600", "durationSeconds: 3600, replicas: 0", "spec.replicas is 0: it has to be 1 at least")]
    [InlineData("durationSeconds: 3600", "durationSeconds: 4294970000", "spec.durationSeconds is 4294970000: it has to be 31622400 at most")]
    [InlineData("durationSeconds: 3600", "durationSeconds: 3600, minDowntimeBps: 10001", "spec.minDowntimeBps is 10001: it has to be 10000 at most")]
    [InlineData("durationSeconds: 3600", "durationSeconds: 3600, minDowntimeBps: 50%", "spec.minDowntimeBps must be a whole number")]
    [InlineData("durationSeconds: 3600", "durationSeconds: 1h", "spec.durationSeconds must be a whole number, not the text '1h'")]
    public void WhatAnApiServerWouldRefuse_IsRefused(string written, string instead, string what)
    {
        Assert.Contains(written, Least, StringComparison.Ordinal);
        var refused = Assert.Throws<CliException>(() => Manifest.Read(Least.Replace(written, instead, StringComparison.Ordinal), "file.yaml"));
        Assert.Equal(ExitCodes.Usage, refused.Code);
        Assert.StartsWith("file.yaml", refused.Message, StringComparison.Ordinal);
        Assert.Contains(what, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ManyFaults_AreToldTogether_AndTheRestCounted()
    {
        var refused = Assert.Throws<CliException>(() => Manifest.Read(Least.Replace("placement: {", "placement: {a1: 1, b1: 1, c1: 1, d1: 1, e1: 1, f1: 1, g1: 1, ", StringComparison.Ordinal), "file.yaml"));
        foreach (var part in new[] { "spec.placement.a1:", "spec.placement.e1:", "and 2 more" }) Assert.Contains(part, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("f1", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatAnOperatorDoes_IsSaidInOneLine()
    {
        Assert.Empty(Manifest.Read(Least, "file.yaml").Undone);
        Assert.Equal(
            "file.yaml: spec.escrow.topUp, spec.renew, spec.failover are what a tenant's operator does: a lease of this command is neither topped up nor renewed nor replaced. "
            + "Apply the manifest to a cluster with one, or see to it yourself: kubectl compute extend --amount, kubectl compute extend --duration, kubectl compute create.",
            Assert.Single(Manifest.Read(Whole, "file.yaml").Undone));
        var renewed = Assert.Single(Manifest.Read(Least.Replace("escrow:", "renew: {beforeSeconds: 60}, escrow:", StringComparison.Ordinal), "file.yaml").Undone);
        Assert.StartsWith("file.yaml: spec.renew is what a tenant's operator does: a lease of this command is not renewed. ", renewed, StringComparison.Ordinal);
    }

    [Fact]
    public void Lease_IsItsWorkload_AndTheRestIsSaid()
    {
        var lease = $"kind: ComputeLease\nspec:\n  workload: {Workload}\n";
        Assert.Empty(Manifest.Read(lease, "file.yaml").Undone);
        var undone = Manifest.Read(lease + "  chain: {durationSeconds: 60}\n  export: {volumes: [data], to: {secret: urls}}\n", "file.yaml").Undone;
        Assert.Equal(2, undone.Count);
        Assert.Contains("spec.chain is what another lease was agreed to be", undone[0], StringComparison.Ordinal);
        Assert.Contains("spec.export is not delivered", undone[1], StringComparison.Ordinal);
        Assert.Contains("spec.exprot: unknown field; did you mean 'export'?", Assert.Throws<CliException>(() => Manifest.Read(lease + "  exprot: {}\n", "file.yaml")).Message, StringComparison.Ordinal);
        // Only an operator writes there: nobody is sent there.
        Assert.Contains("spec.durationSeconds: unknown field; known here are chain, export, workload", Assert.Throws<CliException>(() => Manifest.Read(lease + "  durationSeconds: 60\n", "file.yaml")).Message, StringComparison.Ordinal);
    }

    private static string Sample(string name) => File.ReadAllText(Path.Combine(Repository.Root, "crds", "samples", name));

    private static string OneReplica(string text) => Regex.Replace(text, "^  replicas: [0-9]+$", "  replicas: 1", RegexOptions.Multiline);

    private static string Told(Wish wish)
    {
        string[] told =
        [
            $"{wish.DurationSeconds} {wish.Deposit} {wish.Token} {wish.Arbiter} {wish.MaxNoticeSeconds} {wish.Most} {wish.Limits}",
            $"{wish.Placement.Capabilities} {wish.Placement.Auditor} {wish.Placement.MinStake}",
            string.Join(',', wish.Placement.Regions), string.Join(',', wish.Placement.Allow), string.Join(',', wish.Placement.Deny), .. wish.Undone,
        ];
        return string.Join('\n', told);
    }

    private static IEnumerable<(string[] Path, JsonObject Schema)> Leaves(JsonObject schema, string[] path) => schema["properties"] is JsonObject fields
        ? fields.SelectMany(f => Leaves(f.Value!.AsObject(), [.. path, f.Key]))
        : [(path, schema)];

    private static IEnumerable<string> Rules(JsonObject schema) =>
    [
        .. schema["x-kubernetes-validations"] is JsonArray rules ? rules.Select(r => (string)r!["rule"]!) : [],
        .. schema["properties"] is JsonObject fields ? fields.Where(f => f.Key != "workload").SelectMany(f => Rules(f.Value!.AsObject())) : [],
    ];

    // Of a field something that it may be, and is not when it is left out.
    private static JsonNode Example(JsonObject schema) => (string?)schema["type"] switch
    {
        "array" => new JsonArray(Example(schema["items"]!.AsObject())),
        "integer" => JsonValue.Create((long)schema["minimum"]! + 1),
        _ when schema["enum"] is JsonArray words => JsonValue.Create((string)words[^1]!),
        _ when (string?)schema["pattern"] is { } pattern => JsonValue.Create(new[] { "0x" + new string('1', 40), "7", "0x5" }.First(t => Regex.IsMatch(t, pattern))),
        _ => JsonValue.Create("x"),
    };
}
