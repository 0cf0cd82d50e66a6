using System.Text.RegularExpressions;

namespace Federation.Metrics;

/// <summary>
/// The pod that a cAdvisor row is about, read from the cgroup path in its <c>id</c> label. The kubelet alone names cgroups,
/// while namespace, pod and image labels pass through what tenants write.
/// </summary>
/// <param name="PodUid">As the API server gave it.</param>
/// <param name="Child">The cgroup below the pod's own: a container or the sandbox; empty for the pod itself.</param>
internal readonly partial record struct PodCgroup(string PodUid, string Child)
{
    public bool IsPod => Child.Length == 0;

    /// <param name="path">e.g. <c>/kubepods/burstable/pod…</c> (cgroupfs) or <c>/kubepods.slice/…-pod….slice</c> (systemd).</param>
    /// <param name="root">Prefix that the kubelet itself runs below; empty on an ordinary node.</param>
    public static PodCgroup? Parse(string path, string root = "")
    {
        if (!path.StartsWith(root + "/", StringComparison.Ordinal)) return null;
        var elements = path[(root.Length + 1)..].Split('/');

        // The first pod on the way down counts: what a tenant nests in its own cgroup may carry any name.
        for (var i = 0; i < elements.Length; i++)
        {
            var match = PodElement().Match(elements[i]);
            if (!match.Success) continue;
            var below = elements.Length - 1 - i;
            if (below > 1) return null;
            return new PodCgroup(match.Groups["uid"].Value.Replace('_', '-'), below == 0 ? "" : elements[^1]);
        }

        return null;
    }

    // Static pods have 32 digits without hyphens.
    [GeneratedRegex(@"^(?:pod(?<uid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})|(?:[A-Za-z0-9_.-]+-)?pod(?<uid>[0-9a-f]{8}(?:_[0-9a-f]{4}){3}_[0-9a-f]{12}|[0-9a-f]{32})\.slice)$", RegexOptions.ExplicitCapture)]
    private static partial Regex PodElement();
}
