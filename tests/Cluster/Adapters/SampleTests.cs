using System.Text.Json.Nodes;
using Federation.Cluster.Manifests;
using Federation.Cluster.Tests.Support;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Tests.Adapters;

[Collection("one adapter")]
public sealed class SampleTests(AdapterFixture fixture)
{
    public static TheoryData<string> Samples() =>
        [.. Directory.GetFiles(Path.Combine(Golden.Root(), "crds", "samples"), "*.yaml").Select(f => Path.GetFileNameWithoutExtension(f))];

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task Sample_IsAcceptedByTheServer_WordForWord(string name)
    {
        var sample = AdapterFixture.Sample(name);
        if (sample.Text("metadata", "namespace") is { } space) await EnsureNamespaceAsync(space);

        var stored = await fixture.Admin.ApplyAsync(sample, new ApplyOptions { DryRun = true, Force = true, FieldManager = "admin" });

        Assert.True(JsonNode.DeepEquals(sample["spec"], stored["spec"]), stored["spec"]!.ToJsonString());
    }

    [Theory]
    [InlineData("replicas", "0")]
    [InlineData("replicas", "-1")]
    [InlineData("replicas", "1e30")]
    [InlineData("replicas", "\"two\"")]
    [InlineData("ports", """[{"port":70000}]""")]
    [InlineData("name", "\"Not A Name\"")]
    public async Task AbsurdWorkload_IsRefusedByTheServer_WithItsPath(string field, string value)
    {
        var sample = AdapterFixture.Sample("web-service");
        await EnsureNamespaceAsync(sample.Text("metadata", "namespace")!);
        sample["spec"]!["workload"]!["services"]![0]![field] = JsonNode.Parse(value);

        var refusal = await Assert.ThrowsAsync<KubernetesException>(() => fixture.Admin.ApplyAsync(sample, new ApplyOptions { DryRun = true, Force = true }));

        Assert.True(refusal.IsInvalid || (int)refusal.Code is 400 or 500, $"{refusal.Code} {refusal.Message}");
        Assert.Contains(field, refusal.Message, StringComparison.Ordinal);
    }

    private async Task EnsureNamespaceAsync(string name)
    {
        try
        {
            await fixture.Admin.Resource<V1Namespace>().CreateAsync(new V1Namespace { Metadata = new() { Name = name } });
        }
        catch (KubernetesException e) when (e.IsAlreadyExists)
        {
            // Made by another case.
        }
    }
}
