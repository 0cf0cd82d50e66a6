using Federation.Kubernetes.Models;
using Federation.Kubernetes.Watching;

namespace Federation.Kubernetes.Controllers;

/// <summary>Which changes are worth a reconciliation. Additions, deletions and resyncs always are.</summary>
public static class Predicates
{
    /// <summary>The spec changed, or a deletion was asked for; status writes do not count.</summary>
    public static bool GenerationChanged<T>(InformerEvent<T> change)
        where T : class => Differs(change, metadata => metadata.Generation);

    /// <summary>Spec, labels, annotations or finalizers changed.</summary>
    public static bool SpecOrMetadataChanged<T>(InformerEvent<T> change)
        where T : class => Differs(change, metadata =>
            (metadata.Generation, Flat(metadata.Labels), Flat(metadata.Annotations), string.Join(',', metadata.Finalizers ?? [])));

    private static bool Differs<T, TPart>(InformerEvent<T> change, Func<V1ObjectMeta, TPart> part)
        where T : class => change is not { Type: InformerEventType.Updated, Old: { } old }
            || !EqualityComparer<TPart>.Default.Equals(part(ObjectView.Metadata(old)), part(ObjectView.Metadata(change.Object)));

    private static string Flat(IReadOnlyDictionary<string, string>? map) => map is null
        ? ""
        : string.Join('\n', map.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{entry.Key}={entry.Value}"));
}
