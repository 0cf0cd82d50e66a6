using System.Text.Json.Nodes;
using Federation.Cluster.Manifests;
using Federation.Cluster.Mapping;
using Federation.Domain.Leases;

namespace Federation.Cluster.Tests.Mapping;

public sealed class ItemMapperTests
{
    [Theory]
    [InlineData("""{"succeeded":2,"completionTime":"2026-03-01T12:00:00Z"}""", true, false, 1_772_366_400_000)]
    [InlineData("""{"failed":1,"conditions":[{"type":"Failed","status":"True","reason":"BackoffLimitExceeded","lastTransitionTime":"2026-03-01T12:00:01Z"}]}""", false, true, 1_772_366_401_000)]
    [InlineData("""{"active":2}""", false, false, 0)]
    public void Job_TellsItsIdentity_AndWhenItWasOver(string status, bool isComplete, bool hasFailed, long endedAtMs)
    {
        var job = JsonNode.Parse("""{"kind":"Job","metadata":{"name":"sum","uid":"u-7"},"spec":{"completions":2}}""")!.AsObject();
        job["status"] = JsonNode.Parse(status);

        var fact = ItemMapper.ToFact(job);

        Assert.Equal(("sum", "u-7", isComplete, hasFailed, endedAtMs), (fact.Name, fact.Uid, fact.IsComplete, fact.Failed, fact.EndedAtMs));
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("false", false)]
    [InlineData("null", false)]
    public void Job_TellsThatItIsSuspended(string suspend, bool expected)
    {
        var job = JsonNode.Parse($$"""{"kind":"Job","metadata":{"name":"sum"},"spec":{"completions":2,"suspend":{{suspend}} } }""")!.AsObject();
        Assert.Equal(expected, ItemMapper.ToFact(job).IsSuspended);
    }

    // A rollout that is complete stays so, whatever becomes of its pods; one that is stuck is not.
    [Theory]
    [InlineData("Deployment", """{"conditions":[{"type":"Progressing","status":"True","reason":"NewReplicaSetAvailable"},{"type":"Available","status":"False","reason":"MinimumReplicasUnavailable"}]}""", false)]
    [InlineData("Deployment", """{"conditions":[{"type":"Progressing","status":"True","reason":"ReplicaSetUpdated"}]}""", true)]
    [InlineData("Deployment", """{"conditions":[{"type":"Progressing","status":"False","reason":"ProgressDeadlineExceeded"}]}""", true)]
    [InlineData("Deployment", "{}", false)]
    [InlineData("StatefulSet", """{"currentRevision":"db-1","updateRevision":"db-1"}""", false)]
    [InlineData("StatefulSet", """{"currentRevision":"db-1","updateRevision":"db-2"}""", true)]
    [InlineData("StatefulSet", "{}", false)]
    public void Service_TellsThatItsPodsAreBeingReplaced(string kind, string status, bool expected)
    {
        var service = JsonNode.Parse($$"""{"kind":"{{kind}}","metadata":{"name":"web"},"spec":{"replicas":2} }""")!.AsObject();
        service["status"] = JsonNode.Parse(status);
        Assert.Equal(expected, ItemMapper.ToFact(service).IsRolling);
    }

    [Theory]
    [InlineData("data-my-disk-db-0", "db", "my-disk")]
    [InlineData("data-db-1-db-1-12", "db-1", "db-1")]
    [InlineData("data-disk-db-0", "web", null)]
    [InlineData("other-db-0", "db", null)]
    [InlineData("mine", "", null)]
    public void Claim_IsTheVolumeOfItsService(string name, string item, string? volume)
    {
        var claim = JsonNode.Parse($$$"""{"kind":"PersistentVolumeClaim","metadata":{"name":"{{{name}}}","labels":{"{{{Names.ItemLabel}}}":"{{{item}}}"} },"spec":{"resources":{"requests":{"storage":"1Gi"} } } }""")!.AsObject();
        Assert.Equal(volume is null ? null : new ClaimFact(item, volume, 1024), ItemMapper.ToClaim(claim));
    }

    [Theory]
    [InlineData("10Gi", 10_240)]
    [InlineData("1500000", 2)]
    [InlineData("much", 0)]
    public void Volume_IsWhatWasAskedFor_InWholeMiB(string size, uint mib)
    {
        var claim = JsonNode.Parse($$"""{"kind":"PersistentVolumeClaim","metadata":{"uid":"u"},"spec":{"resources":{"requests":{"storage":"{{size}}"} } },"status":{"capacity":{"storage":"99Gi"} } }""")!.AsObject();
        Assert.Equal(new Federation.Domain.Usage.KeptVolume("u", mib), ItemMapper.ToVolume(claim));
    }
}
