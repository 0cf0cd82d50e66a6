using System.Text.Json.Nodes;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Microsoft.Extensions.Logging;

namespace Federation.Kubernetes.Admission;

/// <summary>
/// Keeps the registration of webhooks as it should be. For one writer at a time: give it a client that is fenced by the
/// leader's term. Nothing is written while nothing differs. Where an administrator has made the (empty) object, the rights
/// to get and patch this one are enough.
/// </summary>
public sealed class WebhookRegistrar(KubernetesClient client, string name, ILogger log)
{
    private static readonly ResourceKind Kind = new("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", false);

    private ResourceClient<JsonObject> Configurations => client.Resource(Kind);

    /// <returns>False when nothing had to be written.</returns>
    /// <exception cref="KubernetesException">The server refuses it.</exception>
    public async Task<bool> EnsureAsync(IReadOnlyList<WebhookRule> rules, WebhookTarget target, string caBundle, CancellationToken cancellationToken)
    {
        var version = await client.Discovery.VersionAsync(cancellationToken);
        var wanted = WebhookManifest.Build(name, rules, target, caBundle, version.MinorNumber);
        var seen = await Configurations.GetAsync(name, cancellationToken: cancellationToken);
        if (seen is not null && JsonNode.DeepEquals(seen["webhooks"], wanted["webhooks"]))
        {
            return false;
        }

        if (seen is null)
        {
            await Configurations.CreateAsync(wanted, cancellationToken: cancellationToken);
        }
        else
        {
            var patch = V1Patch.Merge(new JsonObject { ["webhooks"] = wanted["webhooks"]!.DeepClone() });
            await Configurations.PatchAsync(name, null, patch, cancellationToken: cancellationToken);
        }

        log.LogInformation("ValidatingWebhookConfiguration {Name} {What}", name, seen is null ? "made" : "brought up to date");
        return true;
    }

    /// <summary>Empties the registration: without a server behind it, it would refuse everything. The object stays, for it may be the administrator's.</summary>
    /// <returns>False when there was nothing to empty.</returns>
    /// <exception cref="KubernetesException">The server refuses it.</exception>
    public async Task<bool> EmptyAsync(CancellationToken cancellationToken)
    {
        var seen = await Configurations.GetAsync(name, cancellationToken: cancellationToken);
        if (seen?["webhooks"] is not JsonArray { Count: > 0 })
        {
            return false;
        }

        await Configurations.PatchAsync(name, null, V1Patch.Merge(new JsonObject { ["webhooks"] = new JsonArray() }), cancellationToken: cancellationToken);
        log.LogInformation("ValidatingWebhookConfiguration {Name} emptied: no webhook is served", name);
        return true;
    }
}
