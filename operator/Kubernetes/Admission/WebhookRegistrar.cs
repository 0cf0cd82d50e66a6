using System.Text.Json.Nodes;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Microsoft.Extensions.Logging;

namespace Federation.Kubernetes.Admission;

/// <summary>
/// Keeps the registration of webhooks as it should be. For one writer at a time: give it a client that is fenced by the
/// leader's term. Nothing is written while nothing differs.
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

    /// <summary>Takes the registration away: without a server behind it, it would refuse everything.</summary>
    /// <returns>False when there was none.</returns>
    public async Task<bool> RemoveAsync(CancellationToken cancellationToken)
    {
        if (await Configurations.GetAsync(name, cancellationToken: cancellationToken) is null)
        {
            return false;
        }

        await Configurations.DeleteAsync(name, cancellationToken: cancellationToken);
        log.LogInformation("ValidatingWebhookConfiguration {Name} removed: the webhook is not enabled", name);
        return true;
    }
}
