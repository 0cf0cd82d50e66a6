using Federation.Kubernetes.Models;

namespace Federation.Cluster.Manifests;

/// <summary>A ConfigMap in which the operator keeps something of its own.</summary>
internal static class OperatorMap
{
    public static V1ConfigMap New(string name, string @namespace, IReadOnlyDictionary<string, string> data) => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = name,
            Namespace = @namespace,
            Labels = new Dictionary<string, string> { [Names.ManagedByLabel] = Names.Manager },
        },
        Data = data,
    };
}
