using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Workloads;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;
using Federation.Testing.Pages;

namespace Federation.Cluster.Tests.Pages;

/// <summary>Every manifest that a page shows is one that a server takes, and whose workload the operator takes.</summary>
[Collection("one adapter")]
public sealed class PageManifestTests(AdapterFixture fixture)
{
    private static readonly IReadOnlyList<Fence> Manifests = [.. Page.All(Golden.Root()).SelectMany(p => p.Fences).Where(f => f.Language == "yaml" && f.Text.Contains("apiVersion:", StringComparison.Ordinal))];

    public static TheoryData<string> Places() => [.. Manifests.Select(m => m.Place)];

    [Theory]
    [MemberData(nameof(Places))]
    public async Task Manifest_IsTaken_WordForWord(string place)
    {
        foreach (var shown in YamlToJson.Read(Manifests.Single(m => m.Place == place).Text)) await AssertTakenAsync((JsonObject)shown!);
    }

    [Fact]
    public async Task ManifestWithAMistake_IsFound()
    {
        const string Text = """
            apiVersion: compute.federation/v1alpha1
            kind: ComputeRequest
            metadata: {name: wrong, namespace: default}
            spec:
              durationSeconds: 7200
              maxPrices: {cpu: "1", memory: "1", storage: "1", egress: "0", gpuA: "0", gpuB: "0"}
              escrow: {deposit: "2000000"}
              workload: {services: [{name: web, image: "registry.example/a:1", resources: {cpu: 100m, memory: 64Mi}, hostNetwork: true}]}
            """;
        await Assert.ThrowsAnyAsync<Exception>(() => AssertTakenAsync((JsonObject)YamlToJson.Read(Text).Single()!));
        await Assert.ThrowsAnyAsync<Exception>(() => AssertTakenAsync((JsonObject)YamlToJson.Read(Text.Replace(", hostNetwork: true", "", StringComparison.Ordinal).Replace("deposit: \"2000000\"", "deposit: much", StringComparison.Ordinal)).Single()!));
        await AssertTakenAsync((JsonObject)YamlToJson.Read(Text.Replace(", hostNetwork: true", "", StringComparison.Ordinal)).Single()!);
    }

    private async Task AssertTakenAsync(JsonObject shown)
    {
        var stored = await fixture.Admin.ApplyAsync((JsonObject)shown.DeepClone(), new ApplyOptions { DryRun = true, Force = true, FieldManager = "reader" });
        Assert.True(JsonNode.DeepEquals(shown["spec"], stored["spec"]), stored["spec"]!.ToJsonString());
        if (shown["spec"]?["workload"] is not { } workload) return;
        using var document = JsonDocument.Parse(workload.ToJsonString());
        var parsed = WorkloadParser.Parse(document.RootElement);
        Assert.True(parsed.Workload is not null, string.Join(" ", parsed.Faults));
        Assert.Empty(WorkloadBounds.Faults(parsed.Workload, document.RootElement.GetRawText().Length));
    }
}
