using System.Globalization;
using System.Text.RegularExpressions;
using Federation.Domain.Leases;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Mapping;

/// <summary>
/// GPU classes of a node from the labels of the vendors' feature discovery. A class text is <c>resource/product/MiB</c>; the
/// product is the vendor's own word and has the interface (SXM, PCIe, OAM) and the MIG profile in it.
/// </summary>
internal static partial class GpuLabels
{
    private static readonly IReadOnlyDictionary<string, GpuPlacement> None = new Dictionary<string, GpuPlacement>();

    /// <summary>Placement by class text; nothing for a resource whose labels do not say exactly what a pod would get.</summary>
    public static IReadOnlyDictionary<string, GpuPlacement> Find(V1Node node)
    {
        if (node.Metadata.Labels is not { Count: > 0 } labels || node.Status?.Allocatable is not { } allocatable) return None;
        var found = new Dictionary<string, GpuPlacement>(StringComparer.Ordinal);
        foreach (var (resource, quantity) in allocatable)
        {
            if (Model(resource, labels, quantity) is not { Product: { Length: > 0 } product, MiB: > 0 } model) continue;
            var text = string.Create(CultureInfo.InvariantCulture, $"{resource}/{product}/{model.MiB}");
            if (PlacementOf(text) is { } placement) found[text] = placement;
        }

        return found;
    }

    /// <summary>Several pods get the same device under this resource: none of them gets what a class promises.</summary>
    public static bool IsShared(V1Node node, string resource) =>
        NvidiaLabels.Prefix(resource) is { } prefix && node.Metadata.Labels is { } labels && NvidiaLabels.IsShared(prefix, labels);

    /// <summary>
    /// What a class text means wherever a vendor's labels are: so a class is still known when its nodes are away. Null for a
    /// text that no labels would give.
    /// </summary>
    public static GpuPlacement? PlacementOf(string text)
    {
        if (ClassText().Match(text) is not { Success: true } match) return null;
        var (resource, product, mib) = (match.Groups["resource"].Value, match.Groups["product"].Value, long.Parse(match.Groups["mib"].Value, CultureInfo.InvariantCulture));
        var labels = NvidiaLabels.Selector(resource, product, mib) ?? AmdLabels.Selector(resource, product, mib) ?? IntelLabels.Selector(resource, product);
        return labels is null ? null : new GpuPlacement(resource, labels, "");
    }

    private static (string? Product, long MiB) Model(string resource, IReadOnlyDictionary<string, string> labels, string quantity) =>
        NvidiaLabels.Model(resource, labels) ?? AmdLabels.Model(resource, labels) ?? IntelLabels.Model(resource, labels, quantity) ?? (null, 0);

    [GeneratedRegex("^(?<resource>[a-z0-9.-]+/[A-Za-z0-9._-]+)/(?<product>[A-Za-z0-9._-]+)/(?<mib>[1-9][0-9]{0,11})$", RegexOptions.CultureInvariant)]
    private static partial Regex ClassText();
}
