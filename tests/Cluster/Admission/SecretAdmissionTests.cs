using System.Text.Json.Nodes;
using Federation.Cluster.Admission;
using Federation.Kubernetes.Admission;

namespace Federation.Cluster.Tests.Admission;

public sealed class SecretAdmissionTests
{
    [Theory]
    [InlineData("kubernetes.io/service-account-token", "0xTenant", false)]
    [InlineData("kubernetes.io/service-account-token", "admin", false)]
    [InlineData("kubernetes.io/service-account-token", "system:kube-controller-manager", true)]
    [InlineData("Opaque", "0xTenant", true)]
    [InlineData("kubernetes.io/dockerconfigjson", "0xTenant", true)]
    [InlineData(null, "0xTenant", true)]
    public async Task TokenOfAServiceAccount_IsForKubernetesAlone(string? type, string user, bool allowed)
    {
        var secret = new JsonObject { ["metadata"] = new JsonObject { ["name"] = "s", ["namespace"] = "n" }, ["type"] = type, ["data"] = new JsonObject { ["token"] = "AAAA" } };
        foreach (var operation in new[] { AdmissionOperation.Create, AdmissionOperation.Update })
        {
            var result = await new SecretAdmission(Reviews.Operator).ReviewAsync(Reviews.Request<SecretKind>(operation, operation == AdmissionOperation.Create ? null : secret, secret, user), default);
            Assert.Equal(allowed, result.Valid);
            if (!allowed) Assert.Equal(["type"], result.Fields());
        }
    }
}
