using System.Text.Json.Nodes;
using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Admission;

/// <summary>Which writes the API server asks about, and what it does when nobody answers.</summary>
public sealed record WebhookRule
{
    /// <summary>Shown to whoever is refused: a DNS name of at least three parts.</summary>
    public required string Name { get; init; }

    /// <summary>Who answers.</summary>
    public required IValidationWebhook Webhook { get; init; }

    /// <summary>What is asked about.</summary>
    public required IReadOnlyList<WebhookScope> Scopes { get; init; }

    /// <summary>What an unreachable webhook means. <see cref="FailurePolicy.Fail"/> stops these writes of everybody.</summary>
    public FailurePolicy FailurePolicy { get; init; } = FailurePolicy.Fail;

    /// <summary>Namespaces that it is about, as a label selector; all when null.</summary>
    public JsonObject? NamespaceSelector { get; init; }

    /// <summary>Objects that it is about, as a label selector; all when null. Whoever may write labels can step out of it.</summary>
    public JsonObject? ObjectSelector { get; init; }

    /// <summary>CEL conditions that must all hold. Servers before 1.30 do not get them: nothing may rest on them.</summary>
    public IReadOnlyList<MatchCondition> MatchConditions { get; init; } = [];

    /// <summary>Every write of these waits for so long when the webhook hangs; one that is gone refuses the connection at once. Ten is Kubernetes' own default.</summary>
    public int TimeoutSeconds { get; init; } = 10;
}

/// <param name="Subresource">The object itself when empty.</param>
public sealed record WebhookScope(string Subresource, params IReadOnlyList<AdmissionOperation> Operations);

public sealed record MatchCondition(string Name, string Expression);

public enum FailurePolicy
{
    Fail,
    Ignore,
}

/// <summary>How the API server reaches the webhook: a Service of the cluster, or an address outside of it.</summary>
public sealed record WebhookTarget
{
    private WebhookTarget(JsonObject clientConfig, string prefix, IReadOnlyList<string> names) =>
        (Client, Prefix, Names) = (clientConfig, prefix, names);

    /// <summary>Host names and addresses that the certificate must be for.</summary>
    public IReadOnlyList<string> Names { get; }

    private JsonObject Client { get; }

    private string Prefix { get; }

    /// <summary>For a program outside of the cluster. The API server must reach the address from where it runs.</summary>
    /// <exception cref="ArgumentException">The API server takes no such URL.</exception>
    public static WebhookTarget Url(Uri url)
    {
        if (url.Scheme != Uri.UriSchemeHttps || url.UserInfo.Length > 0 || url.Query.Length > 0 || url.Fragment.Length > 0)
        {
            throw new ArgumentException($"'{url}' is no URL of a webhook: https, without user, query and fragment.", nameof(url));
        }

        return new WebhookTarget([], url.AbsoluteUri.TrimEnd('/'), [url.IdnHost]);
    }

    /// <summary>For a program behind a Service; it must publish addresses that are not ready, or only the leader answers.</summary>
    public static WebhookTarget Service(string @namespace, string name, int port = 443) => new(
        new JsonObject { ["service"] = new JsonObject { ["namespace"] = @namespace, ["name"] = name, ["port"] = port } },
        "",
        [$"{name}.{@namespace}.svc"]);

    internal JsonObject ClientConfig(string path, string caBundle)
    {
        var config = (JsonObject)Client.DeepClone();
        if (config["service"] is JsonObject service)
        {
            service["path"] = path;
        }
        else
        {
            config["url"] = Prefix + path;
        }

        config["caBundle"] = caBundle;
        return config;
    }
}
