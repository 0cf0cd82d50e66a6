using System.Globalization;

namespace Federation.Cluster.Mapping;

/// <summary>Labels of AMD's node labeller. It writes memory as whole units: <c>192G</c>.</summary>
internal static class AmdLabels
{
    private const string Gpu = "amd.com/gpu";
    private const string Product = "amd.com/gpu.product-name";
    private const string Memory = "amd.com/gpu.vram";
    private const string Partition = "amd.com/gpu.compute-memory-partition";

    public static (string? Product, long MiB)? Model(string resource, IReadOnlyDictionary<string, string> labels)
    {
        if (resource != Gpu) return null;
        // A part of a device has less memory than the label says of the whole.
        var isWhole = labels.GetValueOrDefault(Partition) is not { Length: > 0 } partition || partition.StartsWith("spx", StringComparison.OrdinalIgnoreCase);
        return isWhole ? (labels.GetValueOrDefault(Product), MiB(labels.GetValueOrDefault(Memory))) : (null, 0);
    }

    public static Dictionary<string, string>? Selector(string resource, string product, long mib) => resource == Gpu
        ? new() { [Product] = product, [Memory] = mib % 1024 == 0 ? Text(mib / 1024, "G") : Text(mib, "M") }
        : null;

    private static long MiB(string? text)
    {
        if (text is not { Length: > 1 } || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var amount)) return 0;
        return text[^1] switch { 'G' when amount < 1 << 20 => amount * 1024, 'M' when amount % 1024 != 0 => amount, _ => 0 };
    }

    private static string Text(long amount, string unit) => amount.ToString(CultureInfo.InvariantCulture) + unit;
}
