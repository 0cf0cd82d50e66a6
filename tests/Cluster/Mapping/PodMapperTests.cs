using System.Text.Json;
using Federation.Cluster.Manifests;
using Federation.Cluster.Mapping;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Results;
using Federation.Domain.Workloads;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Tests.Mapping;

public sealed class PodMapperTests
{
    public static TheoryData<string> Workloads => ["web", "batch", "stateful", "furnished"];

    // What is placed and what is made are of one size: else no pod would ever stay where it is.
    [Theory]
    [MemberData(nameof(Workloads))]
    public void PodThatWasMadeOfAWorkload_IsWhatTheWorkloadDemands(string name)
    {
        var workload = name switch { "web" => Cases.Web, "batch" => Cases.Batch, "stateful" => Cases.Stateful, _ => Cases.Furnished };
        var made = WorkloadManifests.Build(Cases.Context(Cases.NewId()), workload).Where(o => o.Text("kind") is "Deployment" or "StatefulSet" or "Job").ToArray();
        var demands = WorkloadDemand.Of(workload).Pods;
        Assert.Equal(demands.Count, made.Length);
        foreach (var one in made)
        {
            var demand = demands.Single(d => d.Name == one.Text("metadata", "name"));
            var shape = PodMapper.ToFact(one.At("spec", "template").Deserialize<V1Pod>(KubernetesJson.Options)!, null).Shape!;
            Assert.True(shape.Is(demand, demand.GpuClass is null ? null : Cases.Placement), $"{demand} is made as {shape}");
            Assert.False(shape.Is(demand with { MemoryBytes = demand.MemoryBytes + 1 }, demand.GpuClass is null ? null : Cases.Placement));
        }
    }

    [Theory]
    [InlineData("ImagePullBackOff", "registry")]
    [InlineData("ErrImagePull", "registry")]
    [InlineData("ErrImageNeverPull", "image")]
    [InlineData("InvalidImageName", "correct the image reference")]
    [InlineData("CreateContainerConfigError", "Secret")]
    [InlineData("RunContainerError", "command")]
    public void WaitingContainer_IsAProblemWithANextStep(string reason, string step)
    {
        var pod = Pod("""{"containerStatuses":[{"name":"a","state":{"waiting":{"reason":"REASON","message":"Back-off"}}}]}""".Replace("REASON", reason, StringComparison.Ordinal));

        var problem = PodMapper.ToFact(pod, null).Problem!;

        Assert.Equal(reason, problem.Reason);
        Assert.Contains("web-1: Back-off", problem.Message, StringComparison.Ordinal);
        Assert.Contains(step, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CrashLoop_SaysHowItEnded()
    {
        var pod = Pod("""
            {"containerStatuses":[{"name":"a","state":{"waiting":{"reason":"CrashLoopBackOff","message":"back-off 5m0s"}},
             "lastState":{"terminated":{"exitCode":137,"reason":"OOMKilled"}}}]}
            """);

        Assert.Contains("exit code 137 (OOMKilled)", PodMapper.ToFact(pod, null).Problem!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unschedulable_CarriesTheSchedulersWords()
    {
        var pod = Pod("""{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable","message":"0/3 nodes are available"}]}""");

        var problem = PodMapper.ToFact(pod, null).Problem!;

        Assert.Equal("Unschedulable", problem.Reason);
        Assert.Contains("0/3 nodes are available", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"phase":"Pending","containerStatuses":[{"name":"a","state":{"waiting":{"reason":"ContainerCreating"}}}]}""")]
    [InlineData("""{"phase":"Running","containerStatuses":[{"name":"a","state":{"running":{}}}]}""")]
    [InlineData("""{"phase":"Succeeded","containerStatuses":[{"name":"a","state":{"terminated":{"exitCode":0,"reason":"Completed"}}}]}""")]
    public void PodOnItsWayOrDone_HasNoProblem(string status) => Assert.Null(PodMapper.ToFact(Pod(status), null).Problem);

    // It has ended, and another one takes its place: nobody else would say why.
    [Fact]
    public void EvictedPod_SaysWhatItTook_AndAFailedOneIsOver()
    {
        var fact = PodMapper.ToFact(Pod("""{"phase":"Failed","reason":"Evicted","message":"Usage of EmptyDir volume \"work\" exceeds the limit \"64Mi\"."}"""), null);
        Assert.Equal(("Evicted", true), (fact.Problem?.Reason, fact.Ended));
        Assert.Contains("exceeds the limit", fact.Problem!.Message, StringComparison.Ordinal);
        Assert.Contains("raise resources.ephemeralStorage", fact.Problem.Message, StringComparison.Ordinal);
        Assert.Null(PodMapper.ToFact(Pod("""{"phase":"Failed","containerStatuses":[{"name":"a","state":{"terminated":{"exitCode":1}}}]}"""), null).Problem);
    }

    [Fact]
    public void Holding_IsWhatTheServerGranted()
    {
        var fact = PodMapper.ToFact(Pod("""{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}"""), null);

        Assert.True(fact.Ready);
        Assert.Equal((2u, 0u, 64u + 2048u), (fact.GpuA, fact.GpuB, fact.StorageMiB));
        Assert.Equal(("u-1", "web", "n1"), (fact.Uid, fact.Item, fact.Node));
    }

    // A whole second, cut off: it was not bound before, and may have been all of it later.
    [Fact]
    public void Binding_IsTheServersTime_AndNoTenantsWord()
    {
        PodFact Of(string status) => PodMapper.ToFact(Pod($$"""{"phase":"Running","conditions":[{"type":"PodScheduled","status":"{{status}}","lastTransitionTime":"2026-01-01T00:00:01Z"}]}"""), null);
        Assert.Equal((1_767_225_602_000, 0L), (Of("True").BoundAtMs, Of("False").BoundAtMs));
        Assert.Equal(0, PodMapper.ToFact(Pod("""{"phase":"Running"}"""), null).BoundAtMs);
    }

    // The kubelet's own time, cut off: not the controller's, which says later that it has heard nothing.
    [Fact]
    public void NodesWord_IsAsOldAsItsLastReport()
    {
        PodFact On(string conditions) => PodMapper.ToFact(Pod("""{"phase":"Running"}"""), new V1Node { Metadata = new V1ObjectMeta { Name = "n1" }, Status = JsonSerializer.Deserialize<V1NodeStatus>($$"""{"conditions":[{{conditions}}]}""", KubernetesJson.Options) });
        const string Pressure = """{"type":"MemoryPressure","status":"False","lastHeartbeatTime":"2026-01-01T00:00:01Z"}""";
        Assert.Equal(1_767_225_609_000, On(Pressure + """,{"type":"Ready","status":"Unknown","lastHeartbeatTime":"2026-01-01T00:00:09Z","lastTransitionTime":"2026-01-01T00:00:50Z"}""").HeardMs);
        Assert.Equal(long.MaxValue, On(Pressure).HeardMs);
        Assert.Equal(long.MaxValue, PodMapper.ToFact(Pod("""{"phase":"Running"}"""), null).HeardMs);
    }

    [Theory]
    [InlineData("Succeeded", "2026-01-01T00:00:09Z", "2026-01-01T00:00:05Z", 1_767_225_609_000)]
    [InlineData("Running", "2026-01-01T00:00:09Z", "2026-01-01T00:00:05Z", 0)]
    // Its other container was lost from sight.
    [InlineData("Failed", "2026-01-01T00:00:09Z", "", 0)]
    public void Life_IsFromTheKubeletsStart_ToTheLastContainersEnd(string phase, string first, string second, long endedAtMs)
    {
        static string Ended(string at) => at.Length == 0 ? """{"waiting":{}}""" : $$$"""{"terminated":{"exitCode":0,"finishedAt":"{{{at}}}"}}""";
        var fact = PodMapper.ToFact(Pod($$"""{"phase":"{{phase}}","startTime":"2026-01-01T00:00:01Z","containerStatuses":[{"name":"a","state":{{Ended(first)}}},{"name":"b","state":{{Ended(second)}}}]}"""), null);
        Assert.Equal((1_767_225_601_000, endedAtMs), (fact.StartedAtMs, fact.EndedAtMs));
    }

    [Theory]
    [InlineData("Succeeded", 0, "Completed", "42", "42")]
    [InlineData("Failed", 3, "Error", "bad input", "bad input")]
    [InlineData("Failed", 137, "OOMKilled", "half", "half")]
    // The kubelet's words, not the program's.
    [InlineData("Failed", 137, "ContainerStatusUnknown", "The container could not be located", "")]
    [InlineData("Failed", 128, "StartError", "failed to create containerd task", "")]
    public void EndOfAJobsPod_IsWhatItsProgramLeft(string phase, int code, string reason, string message, string expected)
    {
        var terminated = $$$"""{"exitCode":{{{code}}},"reason":"{{{reason}}}","message":"{{{message}}}","finishedAt":"2026-03-01T12:00:00Z"}""";
        var pod = OfJob(Pod($$$"""{"phase":"{{{phase}}}","containerStatuses":[{"name":"a","state":{"terminated":{{{terminated}}}}}]}"""));

        Assert.Equal(new PodEnd("job-1", phase == "Succeeded", (uint)code, expected, 1_772_366_400_000), PodMapper.ToFact(pod, null).End);
    }

    [Theory]
    [InlineData("""{"phase":"Running","containerStatuses":[{"name":"a","state":{"running":{}}}]}""")]
    [InlineData("""{"phase":"Failed","reason":"Evicted"}""")]
    public void PodThatRuns_OrWasLost_HasNoEnd(string status) => Assert.Null(PodMapper.ToFact(OfJob(Pod(status)), null).End);

    [Fact]
    public void PodOfAService_LeavesNoResult() =>
        Assert.Null(PodMapper.ToFact(Pod("""{"phase":"Succeeded","containerStatuses":[{"name":"a","state":{"terminated":{"exitCode":0,"reason":"Completed"}}}]}"""), null).End);

    private static V1Pod OfJob(V1Pod pod) => pod with
    {
        Metadata = pod.Metadata with { OwnerReferences = [new V1OwnerReference { ApiVersion = "batch/v1", Kind = "Job", Name = "web", Uid = "job-1", Controller = true }] },
    };

    private static V1Pod Pod(string status) => JsonSerializer.Deserialize<V1Pod>(
        $$$"""
        {"metadata":{"name":"web-1","uid":"u-1","labels":{"{{{Names.ItemLabel}}}":"web"},
          "annotations":{"{{{Names.GpuSlotAnnotation}}}":"a","{{{Names.VolumesAnnotation}}}":"2048"} },
         "spec":{"nodeName":"n1","containers":[{"name":"a","resources":{"limits":{"cpu":"1","nvidia.com/gpu":"2","ephemeral-storage":"64Mi"} } }]},
         "status":{{{status}}} }
        """, KubernetesJson.Options)!;
}
