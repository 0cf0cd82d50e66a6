using System.Globalization;

namespace Federation.Cluster.Mapping;

/// <summary>Labels of NVIDIA's GPU feature discovery: whole devices, MIG slices of the strategies single and mixed.</summary>
internal static class NvidiaLabels
{
    private const string Gpu = "nvidia.com/gpu";
    private const string Mig = "nvidia.com/mig-";
    private const string MigState = "nvidia.com/mig.config.state";

    /// <summary>What the labels about a resource begin with; null for one of another vendor, or one that is shared by its very name.</summary>
    public static string? Prefix(string resource) =>
        resource == Gpu || (resource.StartsWith(Mig, StringComparison.Ordinal) && !resource.EndsWith(".shared", StringComparison.Ordinal)) ? resource : null;

    /// <returns>Null for a resource of others. Under the strategy single the labels of the whole device describe its slices.</returns>
    public static (string? Product, long MiB)? Model(string resource, IReadOnlyDictionary<string, string> labels)
    {
        if (Prefix(resource) is not { } prefix) return null;
        // While devices are being cut anew, labels and resources do not belong together.
        if (labels.TryGetValue(MigState, out var state) && state is not ("success" or "")) return (null, 0);
        if (IsShared(prefix, labels)) return (null, 0);
        var product = labels.GetValueOrDefault(prefix + ".product");
        if (product?.EndsWith("-MIG-INVALID", StringComparison.Ordinal) == true) return (null, 0);
        return (product, long.TryParse(labels.GetValueOrDefault(prefix + ".memory"), NumberStyles.None, CultureInfo.InvariantCulture, out var mib) ? mib : 0);
    }

    public static bool IsShared(string prefix, IReadOnlyDictionary<string, string> labels) =>
        labels.GetValueOrDefault(prefix + ".product")?.EndsWith("-SHARED", StringComparison.Ordinal) == true
        || labels.GetValueOrDefault(prefix + ".sharing-strategy") is { } strategy && strategy is not ("none" or "")
        || (int.TryParse(labels.GetValueOrDefault(prefix + ".replicas"), NumberStyles.None, CultureInfo.InvariantCulture, out var replicas) && replicas > 1);

    public static Dictionary<string, string>? Selector(string resource, string product, long mib) => Prefix(resource) is { } prefix
        ? new() { [prefix + ".product"] = product, [prefix + ".memory"] = mib.ToString(CultureInfo.InvariantCulture) }
        : null;
}
