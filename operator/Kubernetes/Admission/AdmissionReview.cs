using System.Text.Json;
using System.Text.Json.Serialization;
using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Admission;

/// <summary>The one envelope of question and answer (<c>admission.k8s.io/v1 AdmissionReview</c>).</summary>
public sealed record AdmissionReview
{
    public const string Version = "admission.k8s.io/v1";
    public const string KindName = "AdmissionReview";

    public string? ApiVersion { get; init; }
    public string? Kind { get; init; }
    public AdmissionRequest? Request { get; init; }
    public AdmissionResponse? Response { get; init; }

    internal static AdmissionReview Answer(string uid, ValidationResult result) => new()
    {
        ApiVersion = Version,
        Kind = KindName,
        Response = new AdmissionResponse
        {
            Uid = uid,
            Allowed = result.Valid,
            Status = result.Status,
            Warnings = result.Warnings.Count > 0 ? result.Warnings : null,
        },
    };
}

/// <summary>What somebody wants to do. Objects of other people: never log one.</summary>
public sealed record AdmissionRequest
{
    public string Uid { get; init; } = "";
    public GroupVersionKind Kind { get; init; } = new("", "", "");
    public string? SubResource { get; init; }
    public string? Name { get; init; }
    public string? Namespace { get; init; }
    public AdmissionOperation Operation { get; init; }
    public V1UserInfo UserInfo { get; init; } = new();

    /// <summary>Nothing will be stored: decide as always, and cause nothing.</summary>
    public bool? DryRun { get; init; }

    public JsonElement? Object { get; init; }
    public JsonElement? OldObject { get; init; }

    // A record prints its members.
    public override string ToString() => $"{Operation} {Kind.Kind} {new ObjectKey(Namespace ?? "", Name ?? "")} by {UserInfo.Username}";
}

public sealed record AdmissionResponse
{
    public required string Uid { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public bool Allowed { get; init; }

    public V1Status? Status { get; init; }
    public IReadOnlyList<string>? Warnings { get; init; }
}

public enum AdmissionOperation
{
    Create,
    Update,
    Delete,
    Connect,
}

public sealed record GroupVersionKind(string Group, string Version, string Kind);

/// <summary>Who asks, as the API server has authenticated it.</summary>
public sealed record V1UserInfo
{
    public string Username { get; init; } = "";
    public string? Uid { get; init; }
    public IReadOnlyList<string>? Groups { get; init; }

    public bool IsIn(string group) => Groups?.Contains(group, StringComparer.Ordinal) == true;
}
