namespace Federation.Metrics.Prometheus;

/// <summary>Where raw samples are read, and within which bounds.</summary>
public sealed class PrometheusOptions
{
    /// <summary>Base address of a Prometheus-compatible HTTP API, with any path prefix; <c>/api/v1/query</c> is added to it.</summary>
    public Uri? Url { get; set; }

    /// <summary>File with a bearer token; read for every query, because tokens rotate. Empty: none.</summary>
    public string BearerTokenFile { get; set; } = "";

    /// <summary>Whole value of the Authorization header, where it is not a bearer token. Empty: none.</summary>
    public string Authorization { get; set; } = "";

    /// <summary>Further headers by name, e.g. <c>X-Scope-OrgID</c> of a store with tenants of its own.</summary>
    public Dictionary<string, string> Headers { get; init; } = [];

    /// <summary>Certificates (PEM) that the store's own is to be signed by, instead of the system's; read for every connection. Empty: the system's.</summary>
    public string CaFile { get; set; } = "";

    /// <summary>Certificate (PEM) that we show to the store, with <see cref="ClientKeyFile"/>; read for every connection. Empty: none.</summary>
    public string ClientCertificateFile { get; set; } = "";

    /// <summary>Its key (PEM).</summary>
    public string ClientKeyFile { get; set; } = "";

    /// <summary>
    /// Labels that the kubelets' series carry and no other job's, e.g. <c>job=kubelet</c>: where tenants' pods are scraped as well, their
    /// metrics could say anything of anybody's usage.
    /// </summary>
    public Dictionary<string, string> Matchers { get; init; } = [];

    /// <summary>Series of any job are believed: nothing that tenants run is scraped into this store.</summary>
    public bool AnyJob { get; set; }

    /// <summary>cgroup path that the kubelets run below (<c>--cgroup-root</c>, nested clusters). Empty on ordinary nodes.</summary>
    public string CgroupRoot { get; set; } = "";

    /// <summary>Longest that one query may take.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Longest window that one query asks for; it shrinks by itself while answers are too large. An hour and what may come late of the one before is one query.</summary>
    public TimeSpan Window { get; set; } = TimeSpan.FromMinutes(90);

    /// <summary>Answers above this many bytes are not read.</summary>
    public int MaxResponseBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>Pods named in one query.</summary>
    public int PodsPerQuery { get; set; } = 50;

    /// <summary>Leases whose windows are read with the same queries, where as many are to be closed at once. 1: each by itself.</summary>
    public int LeasesPerQuery { get; set; } = 32;

    /// <summary>Take an answer that the store itself calls incomplete. Off: the window stays open until it answers whole.</summary>
    public bool AcceptWarnings { get; set; }

    /// <summary>The store may be away, or lack the kubelets' series, for so long before no new leases are taken; where the nodes spool, they are taken all the same.</summary>
    public TimeSpan PauseAfter { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>All that is wrong, for people; empty when nothing is.</summary>
    public IEnumerable<string> Faults()
    {
        if (Url is not { IsAbsoluteUri: true, Scheme: "http" or "https" }) yield return "Prometheus:Url must be an absolute http or https address.";
        if (Authorization.Length > 0 && BearerTokenFile.Length > 0) yield return "Prometheus: set Authorization or BearerTokenFile, not both.";
        if (Authorization.AsSpan().ContainsAny('\r', '\n')) yield return "Prometheus:Authorization must be one line.";
        foreach (var (name, value) in Headers)
            if (!IsHeaderName(name) || value.AsSpan().ContainsAny('\r', '\n')) yield return $"Prometheus:Headers: '{name}' must be a header's name, and its value one line.";
        if (Headers.Keys.Contains("Authorization", StringComparer.OrdinalIgnoreCase)) yield return "Prometheus:Headers: Authorization has an option of its own.";
        foreach (var (name, file) in new[] { (nameof(CaFile), CaFile), (nameof(ClientCertificateFile), ClientCertificateFile), (nameof(ClientKeyFile), ClientKeyFile) })
            if (file.Length > 0 && !File.Exists(file)) yield return $"Prometheus:{name}: there is no file {file}.";
        if (ClientCertificateFile.Length > 0 != ClientKeyFile.Length > 0) yield return "Prometheus: give ClientCertificateFile and ClientKeyFile, or none of them.";
        if ((CaFile.Length > 0 || ClientCertificateFile.Length > 0) && Url is { Scheme: "http" }) yield return "Prometheus: CaFile and ClientCertificateFile are for an https address.";
        if (Matchers.Count == 0 && !AnyJob)
            yield return "Prometheus:Matchers must name what only the kubelets' series carry, e.g. Prometheus:Matchers:job=kubelet: a tenant whose pods are scraped could else write its own usage, or another's. Prometheus:AnyJob=true where nothing of tenants is scraped.";
        if (CgroupRoot.Length > 0 && (CgroupRoot[0] != '/' || CgroupRoot[^1] == '/')) yield return "Prometheus:CgroupRoot must start with / and not end with it.";
        if (Timeout <= TimeSpan.Zero || Timeout > TimeSpan.FromMinutes(5)) yield return "Prometheus:Timeout must be above 0 and at most 5 minutes.";
        if (PauseAfter < TimeSpan.Zero) yield return "Prometheus:PauseAfter must not be below 0.";
        if (Window < TimeSpan.FromSeconds(1) || Window > TimeSpan.FromDays(1)) yield return "Prometheus:Window must be between 1 second and 1 day.";
        if (MaxResponseBytes is < 64 * 1024 or > 256 * 1024 * 1024) yield return "Prometheus:MaxResponseBytes must be between 64 KiB and 256 MiB.";
        if (PodsPerQuery is < 1 or > 500) yield return "Prometheus:PodsPerQuery must be between 1 and 500.";
        if (LeasesPerQuery is < 1 or > 200) yield return "Prometheus:LeasesPerQuery must be between 1 and 200.";
        foreach (var label in Matchers.Keys.Where(l => !PromQl.IsLabelName(l))) yield return $"Prometheus:Matchers: '{label}' is no label name.";
    }

    private static bool IsHeaderName(string text) => text.Length > 0 && text.All(c => c == '-' || char.IsAsciiLetterOrDigit(c));
}
