using Federation.Chain.Options;
using Federation.Metrics.Evidence;
using Federation.Metrics.Prometheus;
using Federation.Metrics.Spool;

namespace Federation.Host.Options;

/// <summary>Configuration of one operator: section <c>Federation</c> of appsettings, environment (<c>Federation__Chain__RpcUrl</c>) or command line.</summary>
public sealed class OperatorOptions
{
    /// <summary>
    /// A JSON file with further options, as an object per section or by their whole names, which count before those of the environment: a ConfigMap's,
    /// mounted as a folder. The reloadable ones among them are taken within ten seconds of its change, all or none; it must change no others.
    /// </summary>
    public string SettingsFile { get; set; } = "";

    /// <summary>Name of the Datacenter object that this operator serves.</summary>
    public string Datacenter { get; set; } = "";

    /// <summary>Path of a kubeconfig; empty: the pod's service account.</summary>
    public string Kubeconfig { get; set; } = "";

    /// <summary>Namespace of the operator's own objects: cursor, leader lease.</summary>
    public string Namespace { get; set; } = "federation-system";

    /// <summary>Install or update the CRDs at start; the chart does it otherwise.</summary>
    public bool InstallCrds { get; set; }

    /// <summary>CIDRs that tenants may not reach besides the private ranges and the addresses of nodes and API server, which the operator finds: services, routers, storage.</summary>
    public string[] DeniedCidrs { get; set; } = [];

    /// <summary>Name servers that are asked whether tenants proved their hostnames, such as 192.0.2.53 or 192.0.2.53:5353; empty: those of the pod's resolv.conf.</summary>
    public string[] Resolvers { get; set; } = [];

    /// <summary>The Prometheus-compatible store that usage is read from.</summary>
    public PrometheusOptions Prometheus { get; set; } = new();

    /// <summary>The nodes' own spools, which have what that store lacks.</summary>
    public SpoolSourceOptions Spool { get; set; } = new();

    /// <summary>Where what was measured is kept for as long as it can be disputed.</summary>
    public EvidenceOptions Evidence { get; set; } = new();

    /// <summary>Where the gateway, /healthz, /readyz, /leading and /metrics listen: one URL or several, by semicolons. https ones need <see cref="Tls"/>.</summary>
    public string Listen { get; set; } = "http://127.0.0.1:8080";

    /// <summary>Of the ports that are listened on the one for /healthz, /readyz, /leading and /metrics, which then answers nothing else, and the others none of that. 0: every port answers all.</summary>
    public int OwnPort { get; set; }

    public TlsSection Tls { get; set; } = new();

    /// <summary>CIDRs of the proxies whose X-Forwarded-For is believed; of all others the address that they come from counts.</summary>
    public string[] TrustedProxies { get; set; } = [];

    /// <summary>Of tenants and strangers, at the gateway.</summary>
    public ConnectionsSection Connections { get; set; } = new();

    public QuotesSection Quotes { get; set; } = new();

    /// <summary>Tenants' access with kubectl.</summary>
    public AccessSection Access { get; set; } = new();

    /// <summary>Refuses at once what the operator would refuse later.</summary>
    public WebhookSection Webhook { get; set; } = new();

    /// <summary>How it is found out whether the cluster's network keeps leases apart.</summary>
    public IsolationSection Isolation { get; set; } = new();

    /// <summary>With what tenants' volumes are read and sent where they ask for it.</summary>
    public ExportSection Export { get; set; } = new();

    public ChainOptions Chain { get; set; } = new();

    /// <summary>Any of the addresses that are listened on is https.</summary>
    public bool ListensTls => ListenUrls.Any(u => u.StartsWith("https:", StringComparison.OrdinalIgnoreCase));

    public string[] ListenUrls => Listen.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    public TimesSection Times { get; set; } = new();

    public SettlingSection Settling { get; set; } = new();

    public LogSection Log { get; set; } = new();

    public TracingSection Tracing { get; set; } = new();
}

public sealed class IsolationSection
{
    /// <summary>Image of the probe's pods: a shell with httpd, wget and timeout, such as BusyBox. Empty: nothing is probed.</summary>
    public string ProbeImage { get; set; } = "";

    /// <summary>Namespace of the probe's pods and of nothing else.</summary>
    public string ProbeNamespace { get; set; } = "federation-probe";

    /// <summary>Between two probes: each makes and removes two pods.</summary>
    public TimeSpan ProbeInterval { get; set; } = TimeSpan.FromHours(6);
}

public sealed class ExportSection
{
    /// <summary>Image of the pods that send volumes: a shell with tar, tee, wc, sha256sum, mkfifo and curl, such as docker.io/curlimages/curl. Empty: no volume is sent.</summary>
    public string Image { get; set; } = "";
}

public sealed class TimesSection
{
    /// <summary>Of a metering window: what is used in one is proven, and settled, together.</summary>
    public TimeSpan Epoch { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Between two settlements of a lease; at least an epoch.</summary>
    public TimeSpan SettleEvery { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long the namespace and what is in it stay after a lease is over.</summary>
    public TimeSpan Retention { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Samples of a moment are all in the store after this: at least two scrapes.</summary>
    public TimeSpan ScrapeDelay { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Samples further apart than this leave a gap: at least two scrapes.</summary>
    public TimeSpan MaxGap { get; set; } = TimeSpan.FromSeconds(90);

    /// <summary>How long a window waits for samples of pods that live, and how far back the next one reads, where a store lags. An epoch at most.</summary>
    public TimeSpan Lateness { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Between two reads of the chain.</summary>
    public TimeSpan Poll { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>A leader whose newest confirmed block is older is not ready; zero: never, for chains that make no blocks while nothing happens.</summary>
    public TimeSpan LongestLag { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>Below this measured share of time Metered is False.</summary>
    public double Coverage { get; set; } = 0.95;
}
