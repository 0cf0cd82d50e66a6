using System.Text.Json.Nodes;
using Federation.Cluster.Manifests;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Leases;

namespace Federation.Cluster.Tests.Manifests;

public sealed class ManifestComparerTests
{
    private static readonly LeaseId Id = LeaseId.Parse("0x" + string.Concat(Enumerable.Repeat("0123456789abcdef", 4)));

    [Theory]
    [InlineData("""{"a":1}""", """{"a":1,"b":2}""", "")] // Somebody else's field.
    [InlineData("""{"a":1}""", """{"a":2}""", "spec.a")]
    [InlineData("""{"a":1}""", """{}""", "spec.a")]
    [InlineData("""{"a":{"b":1}}""", """{"a":{"b":2}}""", "spec.a.b")]
    [InlineData("""{"a":{"b":1}}""", """{"a":3}""", "spec.a")]
    [InlineData("""{"a":[1]}""", """{"a":[1,2]}""", "spec.a")] // Something slipped in.
    [InlineData("""{"a":[{"x":1}]}""", """{"a":[{"x":1,"y":2}]}""", "")]
    [InlineData("""{"a":[{"x":1}]}""", """{"a":[{"x":2,"y":2}]}""", "spec.a")]
    [InlineData("""{"a":{}}""", """{}""", "")] // What is empty is left out.
    [InlineData("""{"a":false,"b":"","c":0,"d":[]}""", """{}""", "")]
    [InlineData("""{"a":true}""", """{}""", "spec.a")]
    [InlineData("""{"a":false}""", """{"a":true}""", "spec.a")]
    public void FieldsOfTheManifest_AreCompared(string wanted, string actual, string different) => Check("ComputeLease", wanted, actual, different);

    [Theory]
    [InlineData("NetworkPolicy", """{"podSelector":{}}""", """{"podSelector":{"matchLabels":{"x":"y"}}}""", "spec.podSelector.matchLabels")]
    [InlineData("NetworkPolicy", """{"podSelector":{}}""", """{}""", "")]
    [InlineData("NetworkPolicy", """{"ingress":[{"from":[{"podSelector":{}}]}]}""", """{"ingress":[{"from":[{"podSelector":{},"namespaceSelector":{}}]}]}""", "spec.ingress")]
    [InlineData("NetworkPolicy", """{"ingress":[]}""", """{}""", "")]
    [InlineData("NetworkPolicy", """{"policyTypes":["Ingress"]}""", """{"policyTypes":["Ingress"],"egress":[{}]}""", "spec.egress")]
    [InlineData("NetworkPolicy", """{"egress":[{"ports":[{"port":53,"protocol":"UDP"}]}]}""", """{"egress":[{"ports":[{"port":53,"protocol":"UDP","endPort":65535}]}]}""", "spec.egress")]
    [InlineData("ResourceQuota", """{"hard":{"pods":"1"}}""", """{"hard":{"pods":"1"},"scopes":["BestEffort"]}""", "spec.scopes")]
    [InlineData("ResourceQuota", """{"hard":{"pods":"1"}}""", """{"hard":{"pods":"1","secrets":"9"}}""", "spec.hard.secrets")]
    [InlineData("LimitRange", """{"limits":[{"type":"Pod"}]}""", """{"limits":[{"type":"Pod","min":{"cpu":"1"}}]}""", "spec.limits")]
    [InlineData("Service", """{"type":"ClusterIP"}""", """{"type":"ClusterIP","externalIPs":["203.0.113.1"]}""", "spec.externalIPs")]
    [InlineData("Deployment", """{"replicas":1}""", """{"replicas":1,"paused":true}""", "spec.paused")]
    [InlineData("Deployment", """{"replicas":1}""", """{"replicas":1,"progressDeadlineSeconds":60}""", "spec.progressDeadlineSeconds")]
    [InlineData("StatefulSet", """{"replicas":1}""", """{"persistentVolumeClaimRetentionPolicy":{"whenDeleted":"Delete","whenScaled":"Retain"},"replicas":1}""", "spec.persistentVolumeClaimRetentionPolicy")]
    [InlineData("StatefulSet", """{"replicas":1}""", """{"replicas":1,"updateStrategy":{}}""", "spec.updateStrategy")] // Not what the server writes.
    [InlineData("Job", """{"backoffLimit":1}""", """{"backoffLimit":1,"suspend":true}""", "spec.suspend")]
    [InlineData("Job", """{"backoffLimit":1}""", """{"backoffLimit":1,"ttlSecondsAfterFinished":0}""", "spec.ttlSecondsAfterFinished")]
    public void WhatIsolatesAndWhatRuns_HasNothingBesides(string kind, string wanted, string actual, string different) => Check(kind, wanted, actual, different);

    [Theory]
    [InlineData("""{"nodeName":"node-a"}""", "nodeName")]
    [InlineData("""{"tolerations":[{"operator":"Exists"}]}""", "tolerations")]
    [InlineData("""{"hostNetwork":true}""", "hostNetwork")]
    [InlineData("""{"dnsPolicy":"Default"}""", "dnsPolicy")]
    [InlineData("""{"serviceAccountName":"default"}""", "serviceAccountName")]
    [InlineData("""{"initContainers":[{"name":"x"}]}""", "initContainers")]
    [InlineData("""{"securityContext":{"runAsUser":0}}""", "securityContext.runAsUser")]
    public void PodTemplate_HasNothingBesides(string added, string different)
    {
        var (manifest, stored) = (Deployment(), Stored(Deployment()));
        var pod = stored["spec"]!["template"]!["spec"]!.AsObject();
        foreach (var (name, value) in JsonNode.Parse(added)!.AsObject())
        {
            if (value is JsonObject fields && pod[name] is JsonObject there) foreach (var (inner, more) in fields) there[inner] = more!.DeepClone();
            else pod[name] = value!.DeepClone();
        }

        Assert.Equal("spec.template.spec." + different, Assert.Single(ManifestComparer.Differences(stored, manifest)).ToString());
    }

    [Theory]
    [InlineData("stdin", "true")]
    [InlineData("lifecycle", """{"postStart":{"exec":{"command":["sh"]}}}""")]
    [InlineData("terminationMessagePath", "\"/etc/passwd\"")]
    public void Container_HasNothingBesides(string name, string value)
    {
        var stored = Stored(Deployment());
        stored["spec"]!["template"]!["spec"]!["containers"]![0]![name] = JsonNode.Parse(value);
        Assert.Equal("spec.template.spec.containers", Assert.Single(ManifestComparer.Differences(stored, Deployment())).ToString());
    }

    [Fact]
    public void WhatTheServerAdds_IsNoDifference()
    {
        Assert.Empty(ManifestComparer.Differences(Stored(Deployment()), Deployment()));
        Check("StatefulSet", """{"volumeClaimTemplates":[{"metadata":{"name":"a"},"spec":{"accessModes":["ReadWriteOnce"]}}]}""", """
            {"volumeClaimTemplates":[{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"a","creationTimestamp":null},
              "spec":{"accessModes":["ReadWriteOnce"],"volumeMode":"Filesystem"},"status":{"phase":"Pending"}}],
             "updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":0,"maxUnavailable":1}},
             "persistentVolumeClaimRetentionPolicy":{"whenDeleted":"Retain","whenScaled":"Retain"}}
            """, "");
        Check("Job", """{"template":{"metadata":{"labels":{"a":"b"}}}}""", """
            {"completionMode":"NonIndexed","suspend":false,"podReplacementPolicy":"TerminatingOrFailed","selector":{"matchLabels":{"batch.kubernetes.io/controller-uid":"1"}},
             "template":{"metadata":{"creationTimestamp":null,"labels":{"a":"b","controller-uid":"1","job-name":"x","batch.kubernetes.io/controller-uid":"1","batch.kubernetes.io/job-name":"x"}}}}
            """, "");
        Check("Service", """{"ports":[{"port":1}],"type":"LoadBalancer"}""", """
            {"ports":[{"port":1,"nodePort":30001}],"type":"LoadBalancer","clusterIP":"10.96.0.9","clusterIPs":["10.96.0.9"],"ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack",
             "sessionAffinity":"None","internalTrafficPolicy":"Cluster","allocateLoadBalancerNodePorts":true,"healthCheckNodePort":30002,"loadBalancerClass":"example.net/lb"}
            """, "");
    }

    private static void Check(string kind, string wanted, string actual, string different) =>
        Assert.Equal(different, string.Join(' ', ManifestComparer.Differences(Of(kind, actual), Of(kind, wanted))));

    private static JsonObject Of(string kind, string spec) => new() { ["kind"] = kind, ["spec"] = JsonNode.Parse(spec) };

    private static JsonObject Deployment() => WorkloadManifests.Build(Cases.Context(Id), Cases.Web)[0];

    // As Kubernetes 1.36 gives it back.
    private static JsonObject Stored(JsonObject deployment)
    {
        deployment["status"] = new JsonObject { ["replicas"] = 2 };
        deployment["metadata"]!["annotations"]!["deployment.kubernetes.io/revision"] = "1";
        var spec = deployment["spec"]!;
        spec["progressDeadlineSeconds"] = 600;
        spec["template"]!["metadata"]!["creationTimestamp"] = null;
        spec["template"]!["spec"]!["dnsPolicy"] = "ClusterFirst";
        spec["template"]!["spec"]!["schedulerName"] = "default-scheduler";
        var container = spec["template"]!["spec"]!["containers"]![0]!;
        container["terminationMessagePath"] = "/dev/termination-log";
        container["terminationMessagePolicy"] = "File";
        container["readinessProbe"]!["successThreshold"] = 1;
        return deployment;
    }
}
