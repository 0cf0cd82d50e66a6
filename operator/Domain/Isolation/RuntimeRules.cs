using Federation.Domain.Leases;

namespace Federation.Domain.Isolation;

/// <summary>Why pods of a RuntimeClass would not be confined as the datacenter wants.</summary>
/// <param name="Reason">One of <see cref="RuntimeRules"/>.</param>
public sealed record RuntimeProblem(string Reason, string Message);

/// <summary>Whether the cluster has what its datacenter confines pods with. Pure.</summary>
public static class RuntimeRules
{
    public const string Type = "PodsConfined";

    /// <summary>The cluster has no such RuntimeClass: it would refuse the pods.</summary>
    public const string RuntimeClassMissing = nameof(RuntimeClassMissing);

    /// <summary>User namespaces are required, and not everywhere to be had.</summary>
    public const string UserNamespacesMissing = nameof(UserNamespacesMissing);

    public static RuntimeProblem NoClass(string runtimeClass) => new(
        RuntimeClassMissing, $"The cluster has no RuntimeClass {runtimeClass}, which the Datacenter names: install it, or name another.");

    /// <param name="runtimeClass">Empty for the nodes' default.</param>
    /// <param name="cause">A sentence without its capital and its full stop.</param>
    public static RuntimeProblem NoUserNamespaces(string runtimeClass, string cause) => new(
        UserNamespacesMissing, $"spec.isolation.userNamespaces is Require, and pods of {(runtimeClass.Length == 0 ? "the default runtime" : $"RuntimeClass {runtimeClass}")} cannot have any: {cause}. Use Prefer, or a server, nodes and a runtime that can.");

    /// <param name="problems">By RuntimeClass; only of those that the datacenter names.</param>
    /// <returns>Null where nothing is wrong.</returns>
    public static LeaseCondition? Judge(IReadOnlyDictionary<string, RuntimeProblem> problems) => problems.Count == 0 ? null : new LeaseCondition(
        Type, ConditionStatus.False, problems.Values.First().Reason,
        $"{string.Join(" ", problems.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => p.Value.Message))} No new leases that need it are taken; what runs goes on.");
}
