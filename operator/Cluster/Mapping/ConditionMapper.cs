using Federation.Cluster.Entities;
using Federation.Domain.Leases;

namespace Federation.Cluster.Mapping;

/// <summary>Conditions with the time at which they last turned.</summary>
internal static class ConditionMapper
{
    // The bound of the schema.
    private const int MaxMessage = 32768;

    public static IReadOnlyList<ConditionEntry> ToEntity(
        IReadOnlyList<LeaseCondition> conditions, IReadOnlyList<ConditionEntry> before, long generation, DateTimeOffset now) =>
        [.. conditions.Select(c => new ConditionEntry
        {
            Type = c.Type,
            Status = c.Status.ToString(),
            Reason = c.Reason.Length == 0 ? null : c.Reason,
            Message = c.Message.Length switch { 0 => null, > MaxMessage => c.Message[..MaxMessage], _ => c.Message },
            ObservedGeneration = generation,
            LastTransitionTime = Since(c, before, now),
        })];

    public static IReadOnlyList<LeaseCondition> FromEntity(IReadOnlyList<ConditionEntry> conditions) =>
        [.. conditions.Select(c => new LeaseCondition(
            c.Type, Enum.TryParse<ConditionStatus>(c.Status, out var status) ? status : ConditionStatus.Unknown, c.Reason ?? "", c.Message ?? ""))];

    // Whole seconds: the API keeps no more, and what is read back must equal what was written.
    private static DateTimeOffset Since(LeaseCondition condition, IReadOnlyList<ConditionEntry> before, DateTimeOffset now) =>
        before.FirstOrDefault(b => b.Type == condition.Type && b.Status == condition.Status.ToString())?.LastTransitionTime
        ?? now.AddTicks(-(now.Ticks % TimeSpan.TicksPerSecond));
}
