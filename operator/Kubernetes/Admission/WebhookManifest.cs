using System.Text.Json.Nodes;

namespace Federation.Kubernetes.Admission;

/// <summary>The ValidatingWebhookConfiguration. Every field is written out, so that what the server adds by itself makes no difference.</summary>
public static class WebhookManifest
{
    private const int FirstWithConditions = 30;

    public static JsonObject Build(string name, IReadOnlyList<WebhookRule> rules, WebhookTarget target, string caBundle, int minorVersion) => new()
    {
        ["apiVersion"] = "admissionregistration.k8s.io/v1",
        ["kind"] = "ValidatingWebhookConfiguration",
        ["metadata"] = new JsonObject { ["name"] = name },
        ["webhooks"] = new JsonArray([.. rules.Select(r => Webhook(r, target, caBundle, minorVersion))]),
    };

    private static JsonObject Webhook(WebhookRule rule, WebhookTarget target, string caBundle, int minorVersion)
    {
        var webhook = new JsonObject
        {
            ["name"] = rule.Name,
            ["admissionReviewVersions"] = new JsonArray("v1"),
            ["clientConfig"] = target.ClientConfig(rule.Webhook.Path, caBundle),
            ["rules"] = new JsonArray([.. rule.Scopes.Select(s => Scope(rule, s))]),
            ["failurePolicy"] = rule.FailurePolicy.ToString(),
            // Another version of the same object is the same object.
            ["matchPolicy"] = "Equivalent",
            ["namespaceSelector"] = rule.NamespaceSelector?.DeepClone() ?? new JsonObject(),
            ["objectSelector"] = rule.ObjectSelector?.DeepClone() ?? new JsonObject(),
            ["sideEffects"] = "None",
            ["timeoutSeconds"] = rule.TimeoutSeconds,
        };
        if (minorVersion >= FirstWithConditions && rule.MatchConditions.Count > 0)
        {
            webhook["matchConditions"] = new JsonArray([.. rule.MatchConditions.Select(c => new JsonObject { ["name"] = c.Name, ["expression"] = c.Expression })]);
        }

        return webhook;
    }

    private static JsonObject Scope(WebhookRule rule, WebhookScope scope)
    {
        var kind = rule.Webhook.Kind;
        return new JsonObject
        {
            ["apiGroups"] = new JsonArray(kind.Group),
            ["apiVersions"] = new JsonArray(kind.Version),
            ["resources"] = new JsonArray(scope.Subresource.Length == 0 ? kind.Plural : $"{kind.Plural}/{scope.Subresource}"),
            ["operations"] = new JsonArray([.. scope.Operations.Select(o => o.ToString().ToUpperInvariant())]),
            ["scope"] = kind.Namespaced ? "Namespaced" : "Cluster",
        };
    }
}
