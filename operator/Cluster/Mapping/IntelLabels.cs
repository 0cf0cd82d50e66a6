using System.Globalization;

namespace Federation.Cluster.Mapping;

/// <summary>Labels of Intel's rules for node feature discovery. They name the product of data center GPUs and say nothing of memory.</summary>
internal static class IntelLabels
{
    private const string Product = "gpu.intel.com/product";
    private const string Count = "gpu.intel.com/device.count";

    private static readonly string[] Resources = ["gpu.intel.com/i915", "gpu.intel.com/xe"];

    // All products that the rules know, by device; a Flex 140 has two on a card.
    private static readonly Dictionary<string, long> Memory = new(StringComparer.Ordinal)
    {
        ["Flex_140"] = 6_144,
        ["Flex_170"] = 16_384,
        ["Max_1100"] = 49_152,
        ["Max_1550"] = 131_072,
    };

    public static (string? Product, long MiB)? Model(string resource, IReadOnlyDictionary<string, string> labels, string quantity)
    {
        if (!Resources.Contains(resource)) return null;
        var product = labels.GetValueOrDefault(Product);
        // The plugin can hand one device to many pods: then it has more to give than there are.
        var devices = long.TryParse(labels.GetValueOrDefault(Count), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0;
        var isShared = !long.TryParse(quantity, NumberStyles.None, CultureInfo.InvariantCulture, out var offered) || offered > devices;
        return isShared || product is null ? (null, 0) : (product, Memory.GetValueOrDefault(product));
    }

    public static Dictionary<string, string>? Selector(string resource, string product) =>
        Resources.Contains(resource) ? new() { [Product] = product } : null;
}
