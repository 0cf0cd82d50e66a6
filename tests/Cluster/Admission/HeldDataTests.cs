using System.Text.Json.Nodes;
using Federation.Cluster.Admission;
using Federation.Cluster.Manifests;
using Federation.Kubernetes.Admission;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Tests.Admission;

public sealed class HeldDataTests
{
    private static readonly SecretAdmission Secrets = new(Reviews.Operator);
    private static readonly ConfigMapAdmission ConfigMaps = new(Reviews.Operator);

    [Theory]
    [InlineData("finalizers", "0xTenant", false)]
    [InlineData("ownerReferences", "0xTenant", false)]
    [InlineData("finalizers", "system:serviceaccount:lease-0123456789abcdef:federation-tenant", false)]
    [InlineData("finalizers", Reviews.Operator, true)]
    [InlineData("ownerReferences", Reviews.Operator, true)]
    [InlineData("finalizers", "system:kube-controller-manager", true)]
    public async Task WhatHoldsUpTheEnd_IsRefused_OfBothKinds_WhenItIsNew(string field, string user, bool allowed)
    {
        var held = Held("data", "x");
        held["metadata"]![field] = field == "finalizers" ? new JsonArray("example.com/hold") : new JsonArray(Json.Map(("apiVersion", "v1"), ("kind", "ConfigMap"), ("name", "x"), ("uid", "y")));
        foreach (var review in new[] { ReviewSecretAsync, (Review)ReviewConfigMapAsync })
        {
            foreach (var result in new[] { await review(null, held, user), await review(Held("data", "x"), held, user) })
            {
                Assert.Equal(allowed, result.Valid);
                if (!allowed) Assert.Equal(["metadata." + field], result.Fields());
            }

            // What stood there before is no reason to refuse another change, nor that it is taken away.
            Assert.True((await review(held, held, user)).Valid);
            Assert.True((await review(held, Held("data", "y"), user)).Valid);
        }
    }

    // The metadata of these are 52 bytes, the key 1.
    [Theory]
    [InlineData("data", HeldData.MostBytes - 53, true)]
    [InlineData("data", HeldData.MostBytes - 52, false)]
    [InlineData("binaryData", 87_308, true)]
    [InlineData("binaryData", 87_312, false)]
    public async Task ConfigMap_HasAMost(string field, int characters, bool allowed)
    {
        var held = Held(field, new string('A', characters));
        Assert.Equal(52, held["metadata"]!.ToJsonString().Length);
        Assert.Equal(allowed, (await ReviewConfigMapAsync(null, held, "0xTenant")).Valid);
        Assert.Equal(allowed, (await ReviewConfigMapAsync(Held("data", "x"), held, "0xTenant")).Valid);
        Assert.True((await ReviewConfigMapAsync(null, held, Reviews.Operator)).Valid);
    }

    [Theory]
    [InlineData(87_308, true)]
    [InlineData(87_312, false)]
    public async Task Secret_HasAMost_OfWhatIsStored(int characters, bool allowed) =>
        Assert.Equal(allowed, (await ReviewSecretAsync(null, Held("data", new string('A', characters)), "0xTenant")).Valid);

    [Theory]
    [InlineData("annotations")]
    [InlineData("labels")]
    [InlineData("managedFields")]
    public async Task Metadata_Count(string field)
    {
        var held = Held("data", "x");
        held["metadata"]![field] = field == "managedFields" ? new JsonArray(Json.Map(("manager", new string('A', HeldData.MostBytes)))) : Json.Map(("app", new string('A', HeldData.MostBytes)));
        Assert.Equal(["data"], (await ReviewConfigMapAsync(null, held, "0xTenant")).Fields());
        Assert.Equal(["data"], (await ReviewSecretAsync(Held("data", "x"), held, "0xTenant")).Fields());
    }

    // Sidecars, replicators and certificate controllers look into every namespace, and do as these say.
    [Theory]
    [InlineData("labels", "grafana_dashboard", false)]
    [InlineData("labels", "grafana_datasource", false)]
    [InlineData("labels", "argocd.argoproj.io/secret-type", false)]
    [InlineData("labels", "mine", false)]
    [InlineData("labels", "apps", false)]
    [InlineData("labels", "compute.federation/lease", false)]
    [InlineData("annotations", "k8s-sidecar-target-directory", false)]
    [InlineData("annotations", "reflector.v1.k8s.emberstack.com/reflects", false)]
    [InlineData("annotations", "kubernetes.io/service-account.name", false)]
    [InlineData("annotations", "app.kubernetes.io.evil/x", false)]
    [InlineData("labels", "app", true)]
    [InlineData("labels", "app.kubernetes.io/managed-by", true)]
    [InlineData("labels", "helm.sh/chart", true)]
    [InlineData("labels", "tenant.compute.federation/stage", true)]
    [InlineData("annotations", "meta.helm.sh/release-name", true)]
    [InlineData("annotations", "kubectl.kubernetes.io/last-applied-configuration", true)]
    [InlineData("annotations", "kubernetes.io/description", true)]
    public async Task KeysThatOthersObey_AreRefused_OfBothKinds_WhenTheyAreNew(string path, string key, bool allowed)
    {
        var (plain, held, other) = (Held("data", "x"), Held("data", "x"), Held("data", "x"));
        held["metadata"]![path] = Json.Map((key, "1"));
        other["metadata"]![path] = Json.Map((key, "2"));
        foreach (var review in new[] { ReviewSecretAsync, (Review)ReviewConfigMapAsync })
        {
            string[] expected = allowed ? [] : [$"metadata.{path}[{key}]"];
            Assert.Equal(expected, (await review(null, held, "0xTenant")).Fields());
            Assert.Equal(expected, (await review(plain, held, "0xTenant")).Fields());
            Assert.Equal(expected, (await review(other, held, "0xTenant")).Fields());
            // What stood there before may stay, and go; and the datacenter's own programs write what they like.
            Assert.True((await review(held, held, "0xTenant")).Valid);
            Assert.True((await review(held, plain, "0xTenant")).Valid);
            Assert.True((await review(null, held, Reviews.Operator)).Valid);
        }
    }

    [Fact]
    public async Task WhatIsTooLarge_MayBecomeSmaller_AndNotBeWrittenAgain()
    {
        var (larger, large) = (Held("data", new string('A', 300_000)), Held("data", new string('A', 200_000)));
        Assert.True((await ReviewConfigMapAsync(larger, large, "0xTenant")).Valid);
        Assert.False((await ReviewConfigMapAsync(large, large, "0xTenant")).Valid);
        Assert.False((await ReviewConfigMapAsync(large, larger, "0xTenant")).Valid);
    }

    private delegate Task<ValidationResult> Review(JsonObject? before, JsonObject after, string user);

    private static JsonObject Held(string field, string value) => new()
    {
        ["metadata"] = Json.Map(("name", "held"), ("namespace", "lease-0123456789abcdef")),
        [field] = Json.Map(("a", value)),
    };

    private static Task<ValidationResult> ReviewSecretAsync(JsonObject? before, JsonObject after, string user) =>
        Secrets.ReviewAsync(Reviews.Request<SecretKind>(Operation(before), before, after, user), default).AsTask();

    private static Task<ValidationResult> ReviewConfigMapAsync(JsonObject? before, JsonObject after, string user)
    {
        var request = Reviews.Request<SecretKind>(Operation(before), before, after, user);
        return ConfigMaps.ReviewAsync(request with { Kind = new GroupVersionKind("", "v1", "ConfigMap") }, default).AsTask();
    }

    private static AdmissionOperation Operation(JsonObject? before) => before is null ? AdmissionOperation.Create : AdmissionOperation.Update;
}
