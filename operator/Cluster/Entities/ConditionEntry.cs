using Federation.Kubernetes.Models;

namespace Federation.Cluster.Entities;

/// <summary>
/// A condition as <c>meta/v1</c> has it, but with texts that may be left out: API servers of 1.20 that were built with
/// Go 1.18 or later take an empty text in a custom resource for null and refuse it.
/// </summary>
public sealed record ConditionEntry
{
    [Required, MaxLength(316)]
    public string Type { get; init; } = "";

    [Required, Pattern("^(True|False|Unknown)$")]
    public string Status { get; init; } = "Unknown";

    [Description("The metadata.generation that this was said about.")]
    public long? ObservedGeneration { get; init; }

    [Required, Description("When the status last turned.")]
    public DateTimeOffset LastTransitionTime { get; init; }

    [MaxLength(1024), Description("CamelCase word, stable.")]
    public string? Reason { get; init; }

    [MaxLength(32768), Description("For people: what, where, and the next step.")]
    public string? Message { get; init; }
}
