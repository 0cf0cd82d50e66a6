using System.Text.Json.Nodes;
using Federation.Cluster.Entities;
using Federation.Cluster.Manifests;
using Federation.Cluster.Tests.Support;
using Federation.Kubernetes.Configuration;

namespace Federation.Cluster.Tests.Entities;

public sealed class CrdFilesTests
{
    private static readonly string Folder = Path.Combine(Golden.Root(), "crds");

    [Fact]
    public void CommittedFiles_AreWhatTheClassesSay()
    {
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1") CrdFiles.WriteTo(Folder);

        foreach (var (name, text) in CrdFiles.Generate())
            Assert.True(File.Exists(Path.Combine(Folder, name)) && File.ReadAllText(Path.Combine(Folder, name)) == text, $"crds/{name} is stale: run `make generate`.");
        Assert.Equal(CrdFiles.Generate().Keys.Order(), Directory.GetFiles(Folder, "*.yaml").Select(f => Path.GetFileName(f)).Order());
    }

    [Fact]
    public void TenantOperatorsRights_AreWhatTheCodeSays()
    {
        var path = Path.Combine(Folder, "install", "tenant-operator.yaml");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, InstallManifests.TenantOperator());
        }

        Assert.True(File.Exists(path) && File.ReadAllText(path) == InstallManifests.TenantOperator(), "crds/install/tenant-operator.yaml is stale: run `make generate`.");
    }

    [Fact]
    public void Text_IsTheSameEachTime_AndReadsBack()
    {
        foreach (var (name, text) in CrdFiles.Generate())
        {
            Assert.Equal(text, CrdFiles.Generate()[name]);
            Assert.Contains(CrdFiles.Definitions(), d => JsonNode.DeepEquals(d, YamlToJson.Read(text).Single()));
        }
    }

    // What is stored must hash to what the tenant signed: no default, no pruning, anywhere below the workload.
    [Fact]
    public void WorkloadSchema_LeavesTheTenantsJsonAlone()
    {
        var lease = CrdFiles.Definitions().Single(d => d.Text("spec", "names", "kind") == "ComputeLease");
        var workload = lease.Items("spec", "versions").Single().At("schema", "openAPIV3Schema", "properties", "spec", "properties", "workload")!;

        foreach (var schema in Below(workload))
        {
            Assert.Null(schema["default"]);
            if (schema["properties"] is not null || schema["type"] is null)
                Assert.True((bool?)schema["x-kubernetes-preserve-unknown-fields"], $"prunes: {schema.ToJsonString()}");
        }
    }

    private static IEnumerable<JsonObject> Below(JsonNode? schema)
    {
        if (schema is not JsonObject map) yield break;
        yield return map;
        foreach (var inner in (map["properties"] as JsonObject)?.SelectMany(p => Below(p.Value)) ?? []) yield return inner;
        foreach (var inner in Below(map["items"])) yield return inner;
        foreach (var inner in Below(map["additionalProperties"])) yield return inner;
    }
}
