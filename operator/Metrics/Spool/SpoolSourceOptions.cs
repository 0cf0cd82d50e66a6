using Federation.Application.Settings;
using Federation.Metrics.Prometheus;

namespace Federation.Metrics.Spool;

/// <summary>Where the operator finds the nodes' spools.</summary>
public sealed class SpoolSourceOptions
{
    /// <summary>Base addresses. A name stands for every address that it resolves to: one of a headless Service is all nodes. Empty: there is no spool.</summary>
    public Uri[] Urls { get; set; } = [];

    /// <summary>File with the spools' bearer token; read for every query.</summary>
    [Followed]
    public string BearerTokenFile { get; set; } = "";

    /// <summary>Certificates (PEM) that the spools' own are to be signed by, instead of the system's. Empty: the system's.</summary>
    [Followed]
    public string CaFile { get; set; } = "";

    /// <summary>Longest that one query may take.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>All that is wrong, for people; empty when nothing is.</summary>
    public IEnumerable<string> Faults()
    {
        if (Urls.Length == 0) return [];
        return Urls.SelectMany(u => Of(u, "").Faults()).Distinct().Select(f => f.Replace("Prometheus", "Spool", StringComparison.Ordinal).Replace("Spool:Url ", "Spool:Urls: each ", StringComparison.Ordinal))
            .Concat(BearerTokenFile.Length == 0 ? ["Spool:BearerTokenFile is missing: spools answer nobody without their token."] : []);
    }

    /// <summary>How one of them is read: as a store that nobody but itself writes to, and that answers for one namespace at a time.</summary>
    internal PrometheusOptions Of(Uri url, string cgroupRoot) => new()
    {
        Url = url, BearerTokenFile = BearerTokenFile, CaFile = CaFile, Timeout = Timeout, CgroupRoot = cgroupRoot, AnyJob = true, LeasesPerQuery = 1,
    };
}
