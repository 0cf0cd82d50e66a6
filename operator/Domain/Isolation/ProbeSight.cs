namespace Federation.Domain.Isolation;

/// <summary>Which ports of one pod another one reached, both under policies.</summary>
/// <param name="Open">The port that both policies allow. Where it is closed the silence of the others says nothing.</param>
/// <param name="Egress">The port that only the policy of who connects forbids.</param>
/// <param name="Ingress">The port that only the policy of who listens forbids.</param>
public sealed record ProbeSight(bool Open, bool Egress, bool Ingress);
