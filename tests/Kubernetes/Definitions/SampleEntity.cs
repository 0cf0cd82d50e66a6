using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Tests.Definitions;

/// <summary>One of everything that a schema can say.</summary>
[KubernetesEntity(Group = "test.federation", ApiVersion = "v1alpha1", Kind = "Sample")]
[KubernetesEntityShortNames("smp")]
[KubernetesEntityCategories("testing")]
[ScaleSubresource(".spec.replicas", ".status.replicas")]
[GenericAdditionalPrinterColumn(".metadata.creationTimestamp", "Age", "date")]
[Description("One of everything.")]
public sealed record SampleEntity : CustomKubernetesEntity<SampleSpec, SampleStatus>;

public enum SampleMode
{
    Fast,

    [JsonStringEnumMemberName("very-slow")]
    Slow,
}

[ValidationRule("self.low <= self.high", Message = "low may not exceed high")]
public sealed record SampleSpec
{
    [Description("How many."), RangeMinimum(0), RangeMaximum(100), Default("1"), AdditionalPrinterColumn]
    public int? Replicas { get; init; }

    public required long Low { get; init; }

    [Required]
    public long High { get; init; }

    [AdditionalPrinterColumn(PrinterColumnPriority.WideView, "MODE")]
    public SampleMode? Mode { get; init; }

    [Pattern("^0x[0-9a-f]{64}$"), ValidationRule("self == oldSelf", Message = "immutable")]
    public string? Hash { get; init; }

    [Length(1, 63)]
    public string? Name { get; init; }

    [JsonPropertyName("URI_x")]
    public Uri? Address { get; init; }

    public TimeSpan? Patience { get; init; }

    public DateTimeOffset? Until { get; init; }

    public IntOrString? Port { get; init; }

    public IReadOnlyDictionary<string, IntOrString>? Limits { get; init; }

    [Items(0, 8), XListType(ListType.Set)]
    public IReadOnlyList<string>? Regions { get; init; }

    [XListMapKeys("name")]
    public IReadOnlyList<SampleItem>? Items { get; init; }

    [EmbeddedResource]
    public JsonObject? Template { get; init; }

    public JsonObject? Anything { get; init; }

    [AllowsNull]
    public string? Cleared { get; init; }

    [Ignore]
    public string? Hidden { get; init; }

    [JsonIgnore]
    public string? Unwritten { get; init; }

    public string Computed => $"{Low}-{High}";
}

public sealed record SampleItem
{
    public string? Name { get; init; }

    public uint? Count { get; init; }

    public double? Ratio { get; init; }

    public bool? Flag { get; init; }
}

public sealed record SampleStatus
{
    public int? Replicas { get; init; }

    [XListMapKeys("type")]
    public IReadOnlyList<V1Condition>? Conditions { get; init; }
}
