using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Cluster.Manifests;
using Federation.Kubernetes.Admission;

namespace Federation.Cluster.Admission;

/// <summary>
/// What the API server asks about, and what goes on when the operator is down:
/// <code>
/// a tenant's update of its ComputeLease, writes of its
/// Secrets and ConfigMaps                                    refused until the operator is back
/// create and delete of a ComputeLease, its status           go on: tenants have no right to them, and namespaces must be able to end
/// the administrator's Datacenter                            goes on: the operator says in the conditions what is wrong with it
/// </code>
/// Only namespaces of leases are meant, and nothing that a node, a scheduler or the operator's own leases and cursor need.
/// </summary>
internal static class AdmissionRules
{
    public static IReadOnlyList<WebhookRule> Of(LeaseAdmission leases, DatacenterAdmission datacenters, SecretAdmission secrets, ConfigMapAdmission configMaps, string operatorUser)
    {
        // From 1.30 on these do not even ask; before, the operator answers itself and Kubernetes' controllers.
        var isStranger = $"request.userInfo.username != {JsonSerializer.Serialize(operatorUser)}";
        MatchCondition notOperator = new("not-the-operator", isStranger);
        MatchCondition notControllers = new("not-a-controller", "!('system:serviceaccounts:kube-system' in request.userInfo.groups)");
        MatchCondition tokens = new("not-the-operator-or-token", $"{isStranger} || has(object.type) && object.type == '{SecretKind.ServiceAccountToken}'");
        return
        [
            new WebhookRule
            {
                Name = $"workload.leases.{Names.Group}",
                Webhook = leases,
                Scopes = [new("", AdmissionOperation.Update)],
                NamespaceSelector = OfLeases(),
                MatchConditions = [notOperator, notControllers],
            },
            new WebhookRule
            {
                Name = $"owner.leases.{Names.Group}",
                Webhook = leases,
                Scopes = [new("", AdmissionOperation.Create, AdmissionOperation.Delete), new("status", AdmissionOperation.Update)],
                FailurePolicy = FailurePolicy.Ignore,
                NamespaceSelector = OfLeases(),
                MatchConditions = [notOperator, notControllers],
            },
            new WebhookRule
            {
                Name = $"secrets.leases.{Names.Group}",
                Webhook = secrets,
                Scopes = [new("", AdmissionOperation.Create, AdmissionOperation.Update)],
                NamespaceSelector = OfLeases(),
                MatchConditions = [tokens, notControllers],
            },
            new WebhookRule
            {
                Name = $"configmaps.leases.{Names.Group}",
                Webhook = configMaps,
                Scopes = [new("", AdmissionOperation.Create, AdmissionOperation.Update)],
                NamespaceSelector = OfLeases(),
                MatchConditions = [notOperator, notControllers],
            },
            new WebhookRule
            {
                Name = $"datacenters.{Names.Group}",
                Webhook = datacenters,
                Scopes = [new("", AdmissionOperation.Create, AdmissionOperation.Update)],
                FailurePolicy = FailurePolicy.Ignore,
            },
        ];
    }

    // The operator alone labels namespaces so.
    private static JsonObject OfLeases() => new()
    {
        ["matchExpressions"] = new JsonArray(Json.Map(("key", Names.LeaseLabel), ("operator", "Exists"))),
    };
}
