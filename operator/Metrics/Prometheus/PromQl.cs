using System.Globalization;

namespace Federation.Metrics.Prometheus;

/// <summary>The few query texts that metering needs: raw samples, no function that extrapolates.</summary>
internal static class PromQl
{
    public const string Cpu = "container_cpu_usage_seconds_total";
    public const string Memory = "container_memory_working_set_bytes";
    public const string Egress = "container_network_transmit_bytes_total";

    // Pods that send a lease's volumes: nobody pays for them. No pod of a workload has a dot in its name.
    private const string Exports = "export[.]volume-.*";

    /// <summary>
    /// Cgroups of workloads' pods that the kubelet reported for namespaces, each in its own time, one row per <c>id</c> (and namespace, where
    /// there are more); sandboxes by the network that is counted there.
    /// </summary>
    public static string CgroupsOf(IReadOnlyCollection<NamespaceTime> asked, IReadOnlyDictionary<string, string> matchers)
    {
        var counts = from one in asked
                     group one.Namespace by (one.RangeMs, one.BackMs) into same
                     let names = same.ToArray()
                     let spaces = names.Length == 1 ? $"namespace={Quote(names[0])}" : $"namespace=~{Quote(Exactly(names))}"
                     let selector = $"{Braces([spaces, $"pod!~{Quote(Exports)}", .. Equal(matchers)])}{Range(same.Key.RangeMs)}{Back(same.Key.BackMs)}"
                     from metric in new[] { Cpu, Egress }
                     select $"count_over_time({metric}{selector})";
        return $"count by ({(asked.Count == 1 ? "id" : "namespace,id")}) ({string.Join(" or ", counts)})";
    }

    /// <summary>Rows of the pods' own cgroups: they outlive container restarts and never reset in a pod's life.</summary>
    public static string PodRows(string metric, string ids, long windowMs, IReadOnlyDictionary<string, string> matchers) =>
        Rows(metric, $"id=~{Quote(ids)}", windowMs, matchers);

    /// <summary>Rows of the pods' sandboxes, where the network is counted; the loopback is nobody's egress.</summary>
    public static string NetworkRows(string ids, long windowMs, IReadOnlyDictionary<string, string> matchers) =>
        Rows(Egress, $"interface!=\"lo\",id=~{Quote(ids)}", windowMs, matchers);

    /// <summary>Exactly these. A store looks plain texts up in its index; any other pattern it tries on every cgroup that it knows.</summary>
    public static string Exactly(IEnumerable<string> texts) =>
        string.Join('|', texts.Select(c => string.Concat(c.Select(x => ".+*?()|[]{}^$\\".Contains(x, StringComparison.Ordinal) ? $"\\{x}" : $"{x}"))));

    /// <summary>The pods' own cgroups, wherever they are.</summary>
    public static string Anywhere(IEnumerable<string> podUids)
    {
        var uids = podUids.ToArray();
        return $".*/pod({string.Join('|', uids)})|.*-pod({string.Join('|', uids.Select(u => u.Replace('-', '_')))})[.]slice";
    }

    /// <summary>Those and what is right below them.</summary>
    public static string AnywhereBelow(IEnumerable<string> podUids) => $"({Anywhere(podUids)})(/[^/]+)?";

    public static bool IsLabelName(string text) =>
        text.Length > 0 && !char.IsAsciiDigit(text[0]) && text.All(c => c == '_' || char.IsAsciiLetterOrDigit(c));

    /// <summary>How many series there are now; no row when there is none.</summary>
    public static string CountOf(string metric, IReadOnlyDictionary<string, string> matchers) => $"count({metric}{Braces(Equal(matchers))})";

    /// <summary>Whose series there are now: a row for each kubelet, by what labels jobs of Kubernetes' nodes usually have.</summary>
    public static string KubeletsOf(string metric, IReadOnlyDictionary<string, string> matchers) => $"count by (node,instance) ({metric}{Braces(Equal(matchers))})";

    /// <summary>A row when there are series of both now; else none.</summary>
    public static string Both(string one, string other, IReadOnlyDictionary<string, string> matchers) => $"{CountOf(one, matchers)} and {CountOf(other, matchers)}";

    /// <summary>Samples in the window of the series that has most.</summary>
    public static string MostSamplesOf(string metric, long windowMs, IReadOnlyDictionary<string, string> matchers) =>
        $"max(count_over_time({metric}{Braces(Equal(matchers))}{Range(windowMs)}))";

    private static string Rows(string metric, string selector, long windowMs, IReadOnlyDictionary<string, string> matchers) =>
        $"{metric}{Braces([selector, .. Equal(matchers)])}{Range(windowMs)}";

    private static IEnumerable<string> Equal(IReadOnlyDictionary<string, string> matchers) =>
        matchers.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => $"{m.Key}={Quote(m.Value)}");

    private static string Braces(IEnumerable<string> matchers) => $"{{{string.Join(',', matchers)}}}";

    private static string Range(long ms) => string.Create(CultureInfo.InvariantCulture, $"[{ms}ms]");

    private static string Back(long ms) => ms == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" offset {ms}ms");

    private static string Quote(string text) =>
        $"\"{text.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n")}\"";
}

/// <param name="RangeMs">How long the time is that is asked for.</param>
/// <param name="BackMs">How long before the query's own time it ends.</param>
internal sealed record NamespaceTime(string Namespace, long RangeMs, long BackMs = 0);
