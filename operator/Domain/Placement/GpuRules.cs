using Federation.Domain.Leases;

namespace Federation.Domain.Placement;

/// <summary>Whether each GPU class that has a price is on a node: one that is nowhere is refused in every quote, and nobody is told.</summary>
public static class GpuRules
{
    public const string Type = "GpuClassesFound";

    /// <param name="priced">Canonical texts of the classes with a price.</param>
    /// <returns>Null where none has one.</returns>
    public static LeaseCondition? Judge(IEnumerable<string> priced, IReadOnlyList<ClassCapacity> classes)
    {
        string[] sold = [.. priced.Order(StringComparer.Ordinal)], there = [.. classes.Where(c => c.IsDevices && c.Allocatable > 0).Select(c => c.Class)];
        string[] missing = [.. sold.Except(there, StringComparer.Ordinal)];
        if (sold.Length == 0) return null;
        return missing.Length == 0
            ? new LeaseCondition(Type, ConditionStatus.True, "Found", "A node that takes pods has each GPU class of spec.prices.gpu.")
            : new LeaseCondition(Type, ConditionStatus.False, PlacementReasons.NoMatchingGpu, $"No node that takes pods has {string.Join(", ", missing)} of spec.prices.gpu: Requests for it are refused. {There(there)}");
    }

    /// <summary>What classes the nodes have, for people.</summary>
    public static string There(IReadOnlyCollection<string> classes) => classes.Count == 0 ? "They have no GPU class at all." : $"They have {string.Join(", ", classes)}.";
}
