using Federation.Domain.Placement;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Mapping;

/// <summary>Quantities of the API to amounts.</summary>
internal static class Quantities
{
    /// <summary>Base units by resource name; a quantity that cannot be read counts as nothing.</summary>
    public static Dictionary<string, decimal> Read(IReadOnlyDictionary<string, string>? quantities)
    {
        var result = new Dictionary<string, decimal>(StringComparer.Ordinal);
        foreach (var (name, text) in quantities ?? new Dictionary<string, string>())
            if (ResourceQuantity.TryParse(text, out var quantity)) result[name] = quantity.Value;
        return result;
    }

    /// <param name="round">Up what is asked for, down what is there.</param>
    public static NodeResources ToResources(IReadOnlyDictionary<string, decimal> amounts, Func<decimal, decimal> round)
    {
        // Extended resources alone have a slash in their names.
        var extended = amounts.Keys.Any(IsExtended)
            ? amounts.Where(a => IsExtended(a.Key)).ToDictionary(a => a.Key, a => Whole(a.Value), StringComparer.Ordinal)
            : NodeResources.None.Extended;
        return new NodeResources(
            Whole(amounts.GetValueOrDefault("cpu"), 1000), Whole(amounts.GetValueOrDefault("memory")), Whole(amounts.GetValueOrDefault("ephemeral-storage")), extended);

        // No node has as much as a long holds; a pod may ask for more and will never run.
        long Whole(decimal value, long scale = 1) => value >= long.MaxValue / scale ? long.MaxValue : value <= 0 ? 0 : (long)round(value * scale);
    }

    private static bool IsExtended(string name) => name.Contains('/', StringComparison.Ordinal);
}
