using Federation.Application.Ports;
using Federation.Cluster.Mapping;
using Federation.Cluster.Watching;
using Federation.Domain.Isolation;

namespace Federation.Cluster;

/// <summary>What the cluster has of what confines pods: RuntimeClasses, and user namespaces.</summary>
internal sealed class PodConfinement(ClusterCache cache, ServerFeatures features)
{
    /// <summary>By RuntimeClass, of those that the spec names for some pods.</summary>
    public async Task<IReadOnlyDictionary<string, RuntimeProblem>> ProblemsAsync(DatacenterSpec spec, CancellationToken cancellation)
    {
        var problems = new Dictionary<string, RuntimeProblem>(StringComparer.Ordinal);
        foreach (var name in spec.GpuClasses.Values.Select(c => c.RuntimeClass).Where(r => r.Length > 0).Append(spec.RuntimeClass).Distinct(StringComparer.Ordinal))
            if (await ProblemAsync(name, spec.UserNamespaces, cancellation) is { } problem) problems[name] = problem;
        return problems;
    }

    /// <returns>Null when pods of the RuntimeClass are as they should be.</returns>
    public async Task<RuntimeProblem?> ProblemAsync(string runtimeClass, UserNamespaces wanted, CancellationToken cancellation)
    {
        if (runtimeClass.Length > 0 && cache.RuntimeClasses.Get(runtimeClass) is null) return RuntimeRules.NoClass(runtimeClass);
        return wanted == UserNamespaces.Require && await WhyNoUserNamespacesAsync(runtimeClass, cancellation) is { } cause ? RuntimeRules.NoUserNamespaces(runtimeClass, cause) : null;
    }

    /// <returns>Null when pods of the RuntimeClass have users of their own on each node that they may come to.</returns>
    public async Task<string?> WhyNoUserNamespacesAsync(string runtimeClass, CancellationToken cancellation)
    {
        if (!await features.HasUserNamespacesAsync(cancellation)) return $"the server is older than Kubernetes 1.{ServerFeatures.UserNamespaces}";
        var handler = runtimeClass.Length == 0 ? "" : (string?)cache.RuntimeClasses.Get(runtimeClass)?["handler"] ?? "";
        var nodes = cache.Nodes.List().Where(n => NodeHealth.Blocked(n) is null).ToArray();
        if (nodes.Length == 0) return "no node takes pods";
        return nodes.FirstOrDefault(n => !NodeHealth.HasUserNamespaces(n, handler)) is { } node ? $"the runtime of node {node.Metadata.Name} does not say that it can" : null;
    }
}
