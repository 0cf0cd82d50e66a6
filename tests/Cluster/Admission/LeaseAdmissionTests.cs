using System.Text.Json.Nodes;
using Federation.Application.Reconciling;
using Federation.Cluster.Admission;
using Federation.Cluster.Entities;
using Federation.Cluster.Manifests;
using Federation.Cluster.Mapping;
using Federation.Cluster.Tests.Support;
using Federation.Kubernetes.Admission;

namespace Federation.Cluster.Tests.Admission;

public sealed class LeaseAdmissionTests
{
    private static readonly LeaseAdmission Webhook = new(Reviews.Operator, new DeliveryReader(new TestHasher()));

    private static readonly Dictionary<string, (string Field, Action<JsonObject> Change)> Forbidden = new()
    {
        ["own label"] = ("metadata.labels[compute.federation/lease]", l => l["metadata"]!["labels"]![Names.LeaseLabel] = "0"),
        ["own label removed"] = ("metadata.labels[app.kubernetes.io/managed-by]", l => l["metadata"]!["labels"]!.AsObject().Remove(Names.ManagedByLabel)),
        ["all labels removed"] = ("metadata.labels[compute.federation/lease]", l => l["metadata"]!.AsObject().Remove("labels")),
        ["another of our labels"] = ("metadata.labels[compute.federation/item]", l => l["metadata"]!["labels"]![Names.ItemLabel] = "x"),
        ["annotation"] = ("metadata.annotations[compute.federation/lease-id]", l => l["metadata"]!["annotations"]![Names.LeaseIdAnnotation] = "0x0"),
        ["label that others obey"] = ("metadata.labels[grafana_dashboard]", l => l["metadata"]!["labels"]!["grafana_dashboard"] = "1"),
        ["annotation that others obey"] = ("metadata.annotations[reflector.v1.k8s.emberstack.com/reflection-allowed]", l => l["metadata"]!["annotations"]!["reflector.v1.k8s.emberstack.com/reflection-allowed"] = "true"),
        ["crowded labels"] = ("metadata", l => l["metadata"]!["labels"]![TenantKeys.Own + "x"] = new string('x', 64 * 1024)),
        ["crowded managers"] = ("metadata", l => l["metadata"]!["managedFields"] = new JsonArray(Json.Map(("manager", new string('x', 64 * 1024))))),
        ["crowded export"] = ("metadata", l => l["spec"]!["export"] = new JsonObject { ["volumes"] = new JsonArray(new string('x', 64 * 1024)) }),
        ["long texts"] = ("spec.workload.services[0]", l => Deliver(l, w => w["services"]![0]!["args"] = new JsonArray(new string('x', 20_000), new string('y', 20_000)))),
        ["owner"] = ("metadata.ownerReferences", l => l["metadata"]!["ownerReferences"] = new JsonArray(Json.Map(("apiVersion", "v1"), ("kind", "ConfigMap"), ("name", "x"), ("uid", "y")))),
        ["finalizer"] = ("metadata.finalizers", l => l["metadata"]!["finalizers"] = new JsonArray("example.com/hold")),
        ["price"] = ("spec.chain", l => l["spec"]!["chain"]!["prices"]!["cpu"] = "1"),
        ["chain removed"] = ("spec.chain", l => l["spec"]!.AsObject().Remove("chain")),
        ["hash"] = ("spec.chain", l => l["spec"]!["chain"]!["specHash"] = Cases.Hash("mine")),
        ["status"] = ("status", l => l["status"] = Json.Map(("phase", "Closed"))),
        ["host network"] = ("spec.workload.services[0].hostNetwork", l => Deliver(l, w => w["services"]![0]!["hostNetwork"] = true)),
        ["privileged"] = ("spec.workload.services[0].securityContext", l => Deliver(l, w => w["services"]![0]!["securityContext"] = new JsonObject())),
        ["toleration"] = ("spec.workload.tolerations", l => Deliver(l, w => w["tolerations"] = new JsonArray())),
        ["device by variable"] = ("spec.workload.services[0].env[0].name", l => Deliver(l, w => w["services"]![0]!["env"] = new JsonArray(Json.Map(("name", "NVIDIA_VISIBLE_DEVICES"), ("value", "all"))))),
        ["more than reserved"] = ("spec.workload.resources.cpu", l => Deliver(l, w => w["services"]![0]!["resources"]!["cpu"] = "64")),
        ["another workload"] = ("spec.workload", l => Deliver(l, w => w["services"]![0]!["image"] = "registry.example/other:1")),
        ["nothing in it"] = ("spec.workload", l => l["spec"]!["workload"] = new JsonObject()),
        ["no object"] = ("spec.workload", l => l["spec"]!["workload"] = new JsonArray()),
    };

    public static TheoryData<string> Names_ => new(Forbidden.Keys);

    [Theory]
    [MemberData(nameof(Names_))]
    public async Task WhatIsNotTheTenants_IsRefused_WithItsField(string name)
    {
        var result = await Reviews.UpdateLeaseAsync(Webhook, Reviews.Lease(), Forbidden[name].Change);

        Assert.False(result.Valid);
        Assert.Equal(422, result.Status!.Code);
        Assert.Contains(Forbidden[name].Field, result.Fields());
    }

    [Fact]
    public async Task EverythingWrong_IsToldAtOnce()
    {
        var result = await Reviews.UpdateLeaseAsync(Webhook, Reviews.Lease(), lease =>
        {
            Forbidden["owner"].Change(lease);
            Forbidden["price"].Change(lease);
            Deliver(lease, w =>
            {
                w["services"]![0]!["hostNetwork"] = true;
                w["services"]![0]!["resources"]!["cpu"] = "-1";
            });
        });

        string[] expected = ["metadata.ownerReferences", "spec.chain", "spec.workload.services[0].hostNetwork", "spec.workload.services[0].resources.cpu"];
        Assert.Empty(expected.Except(result.Fields()));
    }

    [Fact]
    public async Task OtherWorkload_IsRefused_WithBothHashes()
    {
        var other = (JsonObject)Reviews.Workload.DeepClone();
        other["services"]![0]!["args"] = new JsonArray("--fast");

        var result = await Reviews.UpdateLeaseAsync(Webhook, Reviews.Lease(), l => l["spec"]!["workload"] = other.DeepClone());

        var message = Assert.Single(result.Status!.Details!.Causes!).Message!;
        Assert.Contains(Reviews.HashOf(other), message, StringComparison.Ordinal);
        Assert.Contains(Reviews.HashOf(Reviews.Workload), message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheWorkloadItself_IsDelivered_HoweverItIsWritten_AndTakenAway()
    {
        var lease = Reviews.Lease();
        Assert.True((await Reviews.UpdateLeaseAsync(Webhook, lease, l => Deliver(l, _ => { }))).Valid);
        var turned = new JsonObject { ["services"] = new JsonArray(new JsonObject(Reviews.Workload["services"]![0]!.AsObject().Reverse().Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone())))) };
        Assert.True((await Reviews.UpdateLeaseAsync(Webhook, lease, l => l["spec"]!["workload"] = turned)).Valid);
        Deliver(lease, _ => { });
        Assert.True((await Reviews.UpdateLeaseAsync(Webhook, lease, l => l["spec"]!.AsObject().Remove("workload"))).Valid);
        Assert.True((await Reviews.UpdateLeaseAsync(Webhook, lease, l => l["metadata"]!["labels"]!["app"] = "mine")).Valid);
    }

    [Fact]
    public async Task WhatWasStoredBefore_DoesNotStandInTheWayOfOtherWrites()
    {
        var lease = Reviews.Lease();
        Forbidden["host network"].Change(lease);
        Forbidden["owner"].Change(lease);
        Forbidden["finalizer"].Change(lease);

        Assert.True((await Reviews.UpdateLeaseAsync(Webhook, lease, l => l["metadata"]!["labels"]!["app"] = "mine")).Valid);
        Assert.True((await Reviews.UpdateLeaseAsync(Webhook, lease, l => l["metadata"]!.AsObject().Remove("finalizers"))).Valid);
        Assert.True((await Reviews.UpdateLeaseAsync(Webhook, lease, l => l["metadata"]!.AsObject().Remove("ownerReferences"))).Valid);
    }

    // kubectl apply keeps the whole manifest in an annotation, in quotes: of the largest workload too.
    [Theory]
    [InlineData(1)]
    [InlineData(1_500)]
    public async Task Apply_OfALargeWorkload_HasRoomForItsCopy(int lines)
    {
        var workload = (JsonObject)Reviews.Workload.DeepClone();
        workload["services"] = new JsonArray([.. Enumerable.Range(0, 2).Select(i => (JsonNode)new JsonObject
        {
            ["name"] = $"web{i}", ["image"] = "registry.example/app:1", ["resources"] = Json.Map(("cpu", "100m"), ("memory", "64Mi")),
            ["args"] = Json.Texts(Enumerable.Repeat(string.Concat(Enumerable.Repeat("echo \"a\"; ", lines)), 1)),
        })]);
        var lease = LeaseMapper.ToManifest(Cases.Lease(Cases.Terms() with { SpecHash = Reviews.HashOf(workload) }), AdapterFixture.Options().Chain);
        var manifest = new JsonObject { ["apiVersion"] = "compute.federation/v1alpha1", ["kind"] = "ComputeLease", ["metadata"] = Json.Map(("name", "x")), ["spec"] = new JsonObject { ["workload"] = workload.DeepClone() } };
        var result = await Reviews.UpdateLeaseAsync(Webhook, lease, l =>
        {
            l["spec"]!["workload"] = workload.DeepClone();
            l["metadata"]!["annotations"]!["kubectl.kubernetes.io/last-applied-configuration"] = manifest.ToJsonString();
            l["metadata"]!["managedFields"] = new JsonArray(Json.Map(("manager", "kubectl"), ("fieldsV1", new string('f', 8_000))));
        });
        Assert.True(result.Valid, string.Join(" ", result.Status?.Details?.Causes?.Select(c => c.Message) ?? []));
    }

    // What was let in before there were these bounds is neither refused again, nor in the way of becoming smaller.
    [Fact]
    public async Task WhatIsLargerThanTheBounds_SinceBefore_IsAppliedAgain_AndMayBecomeSmaller()
    {
        var workload = (JsonObject)Reviews.Workload.DeepClone();
        workload["services"]![0]!["args"] = new JsonArray(new string('x', 30_000), new string('y', 30_000));
        var lease = LeaseMapper.ToManifest(Cases.Lease(Cases.Terms() with { SpecHash = Reviews.HashOf(workload) }), AdapterFixture.Options().Chain);
        Assert.Contains("spec.workload.services[0]", (await Reviews.UpdateLeaseAsync(Webhook, lease, l => l["spec"]!["workload"] = workload.DeepClone())).Fields());

        lease["spec"]!["workload"] = workload.DeepClone();
        var turned = new JsonObject { ["services"] = new JsonArray(new JsonObject(workload["services"]![0]!.AsObject().Reverse().Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone())))) };
        Assert.True((await Reviews.UpdateLeaseAsync(Webhook, lease, l => l["spec"]!["workload"] = turned)).Valid);

        lease["metadata"]!["labels"]!["grafana_dashboard"] = "1";
        lease["metadata"]!["labels"]!["mine"] = new string('x', 300_000);
        Assert.True((await Reviews.UpdateLeaseAsync(Webhook, lease, l => l["metadata"]!["labels"]!.AsObject().Remove("mine"))).Valid);
        Assert.Equal(["metadata"], (await Reviews.UpdateLeaseAsync(Webhook, lease, l => l["metadata"]!["labels"]!["app"] = "a")).Fields());
        Assert.Equal(["metadata.labels[mine]"], (await Reviews.UpdateLeaseAsync(Webhook, lease, l => l["metadata"]!["labels"]!["mine"] = new string('x', 200_000))).Fields());
    }

    [Fact]
    public async Task TheOperatorAndKubernetesItself_AreNotStopped()
    {
        var lease = Reviews.Lease();
        Assert.True((await Reviews.UpdateLeaseAsync(Webhook, lease, Forbidden["price"].Change, Reviews.Operator)).Valid);
        Assert.True((await Reviews.UpdateLeaseAsync(Webhook, lease, Forbidden["finalizer"].Change, "system:serviceaccount:kube-system:generic-garbage-collector", groups: ["system:serviceaccounts:kube-system"])).Valid);
        Assert.True((await Webhook.ReviewAsync(Reviews.Request<V1Alpha1ComputeLease>(AdmissionOperation.Create, null, lease, Reviews.Operator), default)).Valid);
        Assert.True((await Webhook.ReviewAsync(Reviews.Request<V1Alpha1ComputeLease>(AdmissionOperation.Delete, lease, null, "system:serviceaccount:kube-system:namespace-controller", groups: ["system:serviceaccounts:kube-system"]), default)).Valid);
        Assert.True((await Webhook.ReviewAsync(Reviews.Request<V1Alpha1ComputeLease>(AdmissionOperation.Delete, lease, null, "system:kube-controller-manager"), default)).Valid);
    }

    [Theory]
    [InlineData("0xTenant")]
    [InlineData("kubernetes-admin")]
    [InlineData("system:serviceaccount:default:kube-system")]
    [InlineData("FEDERATION-OPERATOR")]
    public async Task NobodyElse_MakesOrDeletesOne_OrWritesItsStatus(string user)
    {
        var lease = Reviews.Lease();
        Assert.Equal(403, (await Webhook.ReviewAsync(Reviews.Request<V1Alpha1ComputeLease>(AdmissionOperation.Create, null, lease, user), default)).Status!.Code);
        Assert.Equal(403, (await Webhook.ReviewAsync(Reviews.Request<V1Alpha1ComputeLease>(AdmissionOperation.Delete, lease, null, user), default)).Status!.Code);
        Assert.Equal(403, (await Reviews.UpdateLeaseAsync(Webhook, lease, Forbidden["status"].Change, user, "status")).Status!.Code);
    }

    private static void Deliver(JsonObject lease, Action<JsonObject> change)
    {
        var workload = (JsonObject)Reviews.Workload.DeepClone();
        change(workload);
        lease["spec"]!["workload"] = workload;
    }
}
