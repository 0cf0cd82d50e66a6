using Federation.Domain.Placement;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Mapping;

/// <summary>What the scheduler counts for a pod, as <c>k8s.io/component-helpers/resource.PodRequests</c> does.</summary>
internal static class PodRequests
{
    public static NodeResources Of(V1Pod pod) => Quantities.ToResources(Sum(pod), decimal.Ceiling);

    private static Dictionary<string, decimal> Sum(V1Pod pod)
    {
        var allocated = (pod.Status?.ContainerStatuses ?? []).Concat(pod.Status?.InitContainerStatuses ?? [])
            .Where(s => s is { Name: not null, AllocatedResources: not null })
            .DistinctBy(s => s.Name).ToDictionary(s => s.Name!, s => s.AllocatedResources);
        var running = new Dictionary<string, decimal>(StringComparer.Ordinal);
        foreach (var container in pod.Spec?.Containers ?? []) Add(running, RequestsOf(container));
        // Init containers run one after the other: the largest counts, with the sidecars that were started before it.
        var (sidecars, starting) = (new Dictionary<string, decimal>(StringComparer.Ordinal), new Dictionary<string, decimal>(StringComparer.Ordinal));
        foreach (var container in pod.Spec?.InitContainers ?? [])
        {
            var requests = RequestsOf(container);
            if (container.RestartPolicy == "Always")
            {
                Add(running, requests);
                Add(sidecars, requests);
                Raise(starting, sidecars);
                continue;
            }

            Add(requests, sidecars);
            Raise(starting, requests);
        }

        Raise(running, starting);
        foreach (var (name, amount) in Quantities.Read(pod.Spec?.Resources?.Requests)) running[name] = amount;
        Add(running, Quantities.Read(pod.Spec?.Overhead));
        return running;

        Dictionary<string, decimal> RequestsOf(V1Container container)
        {
            var requests = Quantities.Read(container.Resources?.Requests);
            if (container.Name is { } name && allocated.TryGetValue(name, out var amounts)) Raise(requests, Quantities.Read(amounts));
            return requests;
        }
    }

    private static void Add(Dictionary<string, decimal> sum, Dictionary<string, decimal> amounts)
    {
        foreach (var (name, amount) in amounts) sum[name] = sum.GetValueOrDefault(name) + amount;
    }

    private static void Raise(Dictionary<string, decimal> most, Dictionary<string, decimal> amounts)
    {
        foreach (var (name, amount) in amounts) most[name] = Math.Max(most.GetValueOrDefault(name), amount);
    }
}
