namespace Federation.Kubernetes.Models;

/// <summary>Short names for the command line.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class KubernetesEntityShortNamesAttribute(params string[] shortNames) : Attribute
{
    public IReadOnlyList<string> ShortNames { get; } = shortNames;
}

/// <summary>Groups of resources that <c>kubectl get CATEGORY</c> lists, such as <c>all</c>.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class KubernetesEntityCategoriesAttribute(params string[] categories) : Attribute
{
    public IReadOnlyList<string> Categories { get; } = categories;
}

/// <summary>When a column is shown.</summary>
public enum PrinterColumnPriority
{
    Default = 0,

    /// <summary>Only with <c>-o wide</c>.</summary>
    WideView = 1,
}

/// <summary>Shows the property as a column of <c>kubectl get</c>. Columns keep the order of the declaration.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class AdditionalPrinterColumnAttribute(PrinterColumnPriority priority = PrinterColumnPriority.Default, string? name = null) : Attribute
{
    public PrinterColumnPriority Priority { get; } = priority;
    public string? Name { get; } = name;
}

/// <summary>A column by its JSON path; these come after the columns of properties, in the order of declaration.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
public sealed class GenericAdditionalPrinterColumnAttribute(string jsonPath, string name, string type) : Attribute
{
    public string JsonPath { get; } = jsonPath;
    public string Name { get; } = name;
    public string Type { get; } = type;
    public string? Format { get; init; }
    public string? Description { get; init; }
    public PrinterColumnPriority Priority { get; init; }
}

/// <summary>Adds the scale subresource, so that <c>kubectl scale</c> and autoscalers work.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ScaleSubresourceAttribute(string specReplicas, string statusReplicas, string? labelSelector = null) : Attribute
{
    public string SpecReplicas { get; } = specReplicas;
    public string StatusReplicas { get; } = statusReplicas;
    public string? LabelSelector { get; } = labelSelector;
}

/// <summary>Which of several versions of one kind is stored.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class StorageVersionAttribute : Attribute;

/// <summary>The version is known but no longer served.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class NotServedAttribute : Attribute;
