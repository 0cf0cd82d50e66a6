namespace Federation.Metrics.Prometheus;

/// <summary>Where raw samples are read, and within which bounds.</summary>
public sealed class PrometheusOptions : StoreOptions
{
    /// <summary>
    /// Labels that the kubelets' series carry and no other job's, e.g. <c>job=kubelet</c>: where tenants' pods are scraped as well, their
    /// metrics could say anything of anybody's usage.
    /// </summary>
    public Dictionary<string, string> Matchers { get; init; } = [];

    /// <summary>Series of any job are believed: nothing that tenants run is scraped into this store.</summary>
    public bool AnyJob { get; set; }

    /// <summary>cgroup path that the kubelets run below (<c>--cgroup-root</c>, nested clusters). Empty on ordinary nodes.</summary>
    public string CgroupRoot { get; set; } = "";

    /// <summary>Longest window that one query asks for; it shrinks by itself while answers are too large. An hour and what may come late of the one before is one query.</summary>
    public TimeSpan Window { get; set; } = TimeSpan.FromMinutes(90);

    /// <summary>Pods named in one query.</summary>
    public int PodsPerQuery { get; set; } = 50;

    /// <summary>Leases whose windows are read with the same queries, where as many are to be closed at once. 1: each by itself.</summary>
    public int LeasesPerQuery { get; set; } = 32;

    /// <summary>The store may be away, or lack the kubelets' series, for so long before no new leases are taken; where the nodes spool, they are taken all the same.</summary>
    public TimeSpan PauseAfter { get; set; } = TimeSpan.FromMinutes(2);

    /// <inheritdoc/>
    public override IEnumerable<string> Faults()
    {
        foreach (var fault in base.Faults()) yield return fault;
        if (Matchers.Count == 0 && !AnyJob)
            yield return "Prometheus:Matchers must name what only the kubelets' series carry, e.g. Prometheus:Matchers:job=kubelet: a tenant whose pods are scraped could else write its own usage, or another's. Prometheus:AnyJob=true where nothing of tenants is scraped.";
        if (CgroupRoot.Length > 0 && (CgroupRoot[0] != '/' || CgroupRoot[^1] == '/')) yield return "Prometheus:CgroupRoot must start with / and not end with it.";
        if (PauseAfter < TimeSpan.Zero) yield return "Prometheus:PauseAfter must not be below 0.";
        if (Window < TimeSpan.FromSeconds(1) || Window > TimeSpan.FromDays(1)) yield return "Prometheus:Window must be between 1 second and 1 day.";
        if (PodsPerQuery is < 1 or > 500) yield return "Prometheus:PodsPerQuery must be between 1 and 500.";
        if (LeasesPerQuery is < 1 or > 200) yield return "Prometheus:LeasesPerQuery must be between 1 and 200.";
        foreach (var label in Matchers.Keys.Where(l => !PromQl.IsLabelName(l))) yield return $"Prometheus:Matchers: '{label}' is no label name.";
    }
}
