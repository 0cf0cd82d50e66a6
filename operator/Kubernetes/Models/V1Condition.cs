using System.Text.Json.Serialization;

namespace Federation.Kubernetes.Models;

/// <summary>One observation of an object's state (<c>meta/v1 Condition</c>); usable in generated CRDs.</summary>
public sealed record V1Condition
{
    [Required, MaxLength(316)]
    public required string Type { get; init; }

    /// <summary><c>True</c>, <c>False</c> or <c>Unknown</c>.</summary>
    [Required, Pattern("^(True|False|Unknown)$")]
    public required string Status { get; init; }

    /// <summary>The <c>metadata.generation</c> that this was said about.</summary>
    public long? ObservedGeneration { get; init; }

    [Required]
    public DateTimeOffset LastTransitionTime { get; init; }

    [Required, MaxLength(1024)]
    public string Reason { get; init; } = "";

    /// <summary>For people; say something: some builds of old API servers take empty text for null.</summary>
    [Required, MaxLength(32768)]
    public string Message { get; init; } = "";

    [JsonIgnore, Ignore]
    public bool IsTrue => Status == "True";
}
