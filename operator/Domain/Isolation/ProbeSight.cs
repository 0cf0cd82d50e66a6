namespace Federation.Domain.Isolation;

/// <summary>Which ports of one pod another one reached, both under policies. Of the policies of leases, each kind of rule decides one.</summary>
/// <param name="Open">The port that all policies allow. Where it is closed the silence of the others says nothing.</param>
/// <param name="Egress">The port that only the policy of who connects forbids.</param>
/// <param name="Ingress">The port that only the policy of who listens forbids.</param>
/// <param name="Block">The port that is allowed to all addresses except the listener's.</param>
/// <param name="Stranger">The port that is allowed to the listener's labels, in namespaces that its own is none of.</param>
/// <param name="Namespace">The port that is allowed to the listener's labels, in namespaces that its own is one of: the only other one that is to be open.</param>
public sealed record ProbeSight(bool Open, bool Egress, bool Ingress, bool Block, bool Stranger, bool Namespace)
{
    /// <summary>As where everything is enforced.</summary>
    public static ProbeSight Isolated { get; } = new(true, false, false, false, false, true);
}
