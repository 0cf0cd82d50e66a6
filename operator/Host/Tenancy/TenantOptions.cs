using Federation.Application.Settings;
using Federation.Chain.Options;
using Federation.Gateway;
using Federation.Host.Options;

namespace Federation.Host.Tenancy;

/// <summary>Configuration of a tenant's operator: section <c>Tenant</c> of appsettings, environment (<c>Tenant__Chain__RpcUrl</c>) or command line.</summary>
public sealed class TenantOptions
{
    /// <summary>
    /// A JSON file with further options, as an object per section or by their whole names, which count before those of the environment: a ConfigMap's,
    /// mounted as a folder. The reloadable ones among them are taken within ten seconds of its change, all or none; it must change no others.
    /// </summary>
    public string SettingsFile { get; set; } = "";

    /// <summary>Path of a kubeconfig; empty: the pod's service account.</summary>
    public string Kubeconfig { get; set; } = "";

    /// <summary>Namespace of the operator's own objects: journal and leader lease. A datacenter's operator has another one.</summary>
    public string Namespace { get; set; } = "federation-tenant";

    /// <summary>Namespace whose ComputeRequests are served; <c>*</c>: all. Whoever may make one there spends the wallet.</summary>
    public string Watch { get; set; } = "";

    /// <summary>Install or update the CRD at start.</summary>
    public bool InstallCrds { get; set; }

    /// <summary>Where /healthz, /readyz and /metrics listen: this machine alone. A kubelet asks a pod by its own address: <c>http://0.0.0.0:8080</c> there.</summary>
    public string Listen { get; set; } = "http://127.0.0.1:8081";

    /// <summary>Chain, contracts, and the wallet: a keystore's file, mounted from a Secret, or a remote signer.</summary>
    public ChainOptions Chain { get; set; } = new();

    /// <summary>ERC-20 contract that is paid with where a request names none; empty: that of the deployment file.</summary>
    public string Token { get; set; } = "";

    public QuoteDeskOptions Gateways { get; set; } = new();

    public AccessSection Access { get; set; } = new();

    public RequestTimesSection Times { get; set; } = new();

    public LogSection Log { get; set; } = new();

    public TracingSection Tracing { get; set; } = new();

    internal bool ServesAll => Watch == "*";

    /// <summary>What is paid with where a request names nothing else.</summary>
    internal string PaidWith => Token.Length > 0 ? Token : Chain.Addresses().Token!.Value.ToString();

    /// <summary>All that is wrong, for people; empty when nothing is.</summary>
    public IReadOnlyList<string> Faults()
    {
        var faults = new List<string>();
        if (Kubeconfig.Length > 0 && !File.Exists(Kubeconfig)) faults.Add($"Tenant:Kubeconfig: there is no file '{Kubeconfig}'.");
        if (Namespace.Length == 0) faults.Add("Tenant:Namespace is empty: the namespace of the operator's journal.");
        if (Watch.Length == 0) faults.Add("Tenant:Watch is missing: the namespace whose ComputeRequests are served, or * for all. Whoever may make one there spends the wallet.");
        if (!Uri.TryCreate(Listen, UriKind.Absolute, out var url) || url.Scheme != Uri.UriSchemeHttp) faults.Add($"Tenant:Listen '{Listen}' is no http URL.");
        if (Token.Length > 0 && !Ethereum.Address.TryParse(Token, out _)) faults.Add("Tenant:Token must be an address.");
        if (Access.KubeconfigFolder.Length > 0 && !Directory.Exists(Access.KubeconfigFolder))
            faults.Add($"Tenant:Access:KubeconfigFolder: there is no folder '{Access.KubeconfigFolder}'. Leave it out where the wallet signs in at the datacenters' gateways.");
        if (Times.AskTimeout <= TimeSpan.Zero) faults.Add("Tenant:Times:AskTimeout must be above 0.");
        if (Times.Look < TimeSpan.FromMilliseconds(100) || Times.SteadyLook < Times.Look) faults.Add("Tenant:Times:Look must be at least 100 ms, and SteadyLook no shorter.");
        if (Times.OrderLife < TimeSpan.FromSeconds(30)) faults.Add("Tenant:Times:OrderLife must be at least 30 s: an order that is void before it is mined buys nothing.");
        faults.AddRange(Gateways.Faults().Concat(Chain.TenantFaults()).Concat(Log.Faults()).Concat(Tracing.Faults()).Select(f => "Tenant:" + f));
        if (Token.Length == 0 && faults.Count == 0 && Chain.Addresses().Token is null) faults.Add("Tenant:Token is missing: the deployment names no token to pay with.");
        return faults;
    }
}

/// <summary>How workloads reach the datacenters.</summary>
public sealed class AccessSection
{
    /// <summary>
    /// Folder with kubeconfigs of datacenters, each named as its on-chain identity: mounted from a Secret. Empty, or where there is none of a
    /// datacenter: the wallet signs in at its gateway.
    /// </summary>
    [Followed]
    public string KubeconfigFolder { get; set; } = "";
}

public sealed class RequestTimesSection
{
    /// <summary>For each gateway, from when it is asked; who has not answered then is not waited for.</summary>
    public TimeSpan AskTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Between two looks at a request that changes.</summary>
    public TimeSpan Look { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Between two looks at one that serves.</summary>
    public TimeSpan SteadyLook { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long an order may become a lease; a replica waits for the end of one that failed.</summary>
    public TimeSpan OrderLife { get; set; } = TimeSpan.FromSeconds(90);
}
