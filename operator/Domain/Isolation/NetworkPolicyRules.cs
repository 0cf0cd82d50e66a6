using Federation.Domain.Leases;

namespace Federation.Domain.Isolation;

/// <summary>What a probe of the cluster's network means, as a condition of the datacenter. Pure.</summary>
public static class NetworkPolicyRules
{
    /// <summary>Type of the condition. It is durable: a new term goes on from what stands in the status.</summary>
    public const string Type = "NetworkPolicyEnforced";

    private const string Until =
        "No new leases are taken until a probe shows that it is, or spec.isolation.unenforcedNetworkPolicy is Allow.";

    public static LeaseCondition NotConfigured { get; } = Unknown(
        "ProbeNotConfigured", "Whether the network enforces NetworkPolicy is not known: the operator's Federation:Isolation:ProbeImage names no image to probe it with.");

    public static LeaseCondition NotProbedYet { get; } = Unknown(
        "NotProbedYet", "Whether the network enforces NetworkPolicy is not known yet: a probe is under way.");

    public static LeaseCondition Judge(ProbeSight sight)
    {
        if (!sight.Open) return Failed("a pod did not reach a port of another one that every policy allows: the pods' network is down, or too slow.");
        (bool Is, string What)[] through =
        [
            (sight.Egress, "an egress policy"), (sight.Ingress, "an ingress policy"),
            (sight.Block, "a rule by ipBlock with an exception"), (sight.Stranger, "a rule by namespaceSelector for other namespaces"),
        ];
        string[] open = [.. through.Where(t => t.Is).Select(t => t.What)];
        if (open.Length > 0)
            return new LeaseCondition(
                Type, ConditionStatus.False, "NotEnforced",
                $"A pod got through {string.Join(" and ", open)}: tenants could reach each other, the nodes or the API server. Give the cluster a network that enforces NetworkPolicy, all of it. {Until}");
        return sight.Namespace
            ? new LeaseCondition(Type, ConditionStatus.True, "Enforced", "A pod reached the ports that its policies allow, and none that one of them forbids.")
            : new LeaseCondition(
                Type, ConditionStatus.False, "SelectorNotUnderstood",
                $"A rule by namespaceSelector let nothing through: leases could not resolve names. Give the cluster a network that enforces NetworkPolicy, all of it. {Until}");
    }

    /// <param name="problem">Why there was no answer; a sentence without its capital.</param>
    public static LeaseCondition Failed(string problem) => Unknown("ProbeFailed", $"Whether the network enforces NetworkPolicy could not be found out: {problem}");

    /// <summary>What stands: an answer holds until there is another one. That none could be had is no answer; that nobody asks any more is.</summary>
    /// <param name="before">What stood in the datacenter's status; null when nothing did.</param>
    /// <param name="now">What was found since; null when nothing was.</param>
    public static LeaseCondition Standing(LeaseCondition? before, LeaseCondition? now)
    {
        if (now == NotConfigured || now is { Status: not ConditionStatus.Unknown }) return now;
        return before is { Status: not ConditionStatus.Unknown } ? before : now ?? NotProbedYet;
    }

    /// <summary>Whether new leases are refused for it.</summary>
    /// <param name="standing">The condition; null when there is none.</param>
    public static bool Refuses(LeaseCondition? standing, UnenforcedNetworkPolicy unenforced) =>
        unenforced == UnenforcedNetworkPolicy.Refuse && standing is not { Status: ConditionStatus.True };

    private static LeaseCondition Unknown(string reason, string message) => new(Type, ConditionStatus.Unknown, reason, $"{message} {Until}");
}
