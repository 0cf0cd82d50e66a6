using Federation.Domain.Leases;

namespace Federation.Cluster.Mapping;

/// <summary>Which conditions turned in a way that people must hear of.</summary>
internal static class Transitions
{
    // What goes well on the way there shows in the conditions; an Event for each would double the writes of a new lease.
    private static readonly HashSet<string> GoodNews = new(StringComparer.Ordinal) { "Ready", "Finished", "Posted", "Exported" };

    /// <summary>What broke, what was refused, and what got ready or finished; never what was said before.</summary>
    public static IEnumerable<LeaseCondition> Between(IReadOnlyList<LeaseCondition> before, IReadOnlyList<LeaseCondition> after)
    {
        foreach (var now in after)
        {
            var old = before.FirstOrDefault(c => c.Type == now.Type);
            var turned = old is not null && old.Status != now.Status;
            if (now.Status == ConditionStatus.True && GoodNews.Contains(now.Type) && old?.Status != ConditionStatus.True) yield return now;
            else if (now.Status == ConditionStatus.False && (turned || IsRefusal(old, now))) yield return now;
        }
    }

    // A lease or a wish of its tenant is refused at first sight or for a new reason, or it is suspended whether it was ready or
    // not: the tenant must hear why.
    private static bool IsRefusal(LeaseCondition? old, LeaseCondition now) => (now.Type is "Verified" or "Exported" || now is { Type: "Ready", Reason: "Suspended" }) && old?.Reason != now.Reason;
}
