using Federation.Host.Options;
using Federation.Host.Tests.Support;

namespace Federation.Host.Tests.Options;

public sealed class OptionsCheckTests
{
    private static readonly Dictionary<string, Action<OperatorOptions>> Mistakes = new()
    {
        ["Federation:Datacenter"] = o => o.Datacenter = "",
        ["Federation:Kubeconfig"] = o => o.Kubeconfig = "/nowhere/kubeconfig",
        ["Federation:Listen"] = o => o.Listen = "tcp://127.0.0.1:80",
        ["Federation:Listen 'ftp"] = o => o.Listen = "http://127.0.0.1:80;ftp://127.0.0.1:81",
        ["Federation:Listen is empty"] = o => o.Listen = ";",
        ["Federation:Tls:Certificate and Tls:Key are missing"] = o => o.Listen = "http://127.0.0.1:80;HTTPS://127.0.0.1:81",
        ["Federation:Tls:Certificate and Key are set"] = o => o.Tls.Certificate = "/nowhere/tls.crt",
        ["Federation:TrustedProxies: '10.0.0.1'"] = o => o.TrustedProxies = ["192.0.2.0/24", "2001:db8::1/128", "10.0.0.1"],
        ["Federation:Connections:PerAddress must be at least"] = o => o.Connections.PerAddress = 63,
        ["Federation:Connections:PerAddress must be at most"] = o => o.Connections.Most = 255,
        ["Federation:Quotes:Total"] = o => o.Quotes.Total = 1001,
        ["Federation:Quotes:PerCaller"] = o => o.Quotes.PerCaller = 129,
        ["Federation:Quotes:PerPayer"] = o => o.Quotes.PerPayer = 33,
        ["Federation:Quotes:PerPayer must be at least 1"] = o => o.Quotes.PerPayer = 0,
        ["Federation:Quotes:PerMinute"] = o => o.Quotes.PerMinute = 0,
        ["Federation:Times:LongestLag"] = o => o.Times.LongestLag = TimeSpan.FromTicks(-1),
        ["Federation:Resolvers: 'ns.example'"] = o => o.Resolvers = ["192.0.2.53", "192.0.2.53:5353", "[2001:db8::53]:53", "ns.example"],
        ["Federation:Prometheus:Url"] = o => o.Prometheus.Url = null,
        ["Federation:Spool:BearerTokenFile"] = o => o.Spool.Urls = [new Uri("http://spools.example:9105")],
        ["Federation:Spool:Urls: each must be"] = o => (o.Spool.Urls, o.Spool.BearerTokenFile) = ([new Uri("ftp://spools.example")], "/dev/null"),
        ["Federation:Chain:RpcUrl"] = o => o.Chain.RpcUrl = new Uri("/relative", UriKind.Relative),
        ["Federation:Chain:ChainId"] = o => o.Chain.ChainId = 0,
        ["Federation:Chain:Provider"] = o => o.Chain.Provider = "0x00",
        ["Federation:Webhook:Url or"] = o => o.Webhook = new WebhookSection { Enabled = true },
        ["Federation:Webhook:Url or Webhook:ServiceName must be set, and only one"] = o => o.Webhook = Webhook(w => w.ServiceName = "operator"),
        ["Federation:Webhook:Url 'http"] = o => o.Webhook = Webhook(w => w.Url = "http://198.18.0.1:9443"),
        ["Federation:Webhook:Address"] = o => o.Webhook = Webhook(w => w.Address = "here"),
        ["Federation:Webhook:Port"] = o => o.Webhook = Webhook(w => w.Port = 0),
        ["Federation:Webhook:ServicePort"] = o => o.Webhook = Webhook(w => w.ServicePort = 65536),
        ["Federation:Webhook:CertificateLifetime"] = o => o.Webhook = Webhook(w => w.CertificateLifetime = TimeSpan.FromSeconds(29)),
        ["Federation:Isolation:ProbeNamespace"] = o => o.Isolation.ProbeNamespace = "",
        ["Federation:Isolation:ProbeInterval"] = o => o.Isolation.ProbeInterval = TimeSpan.FromSeconds(9),
        ["Federation:Evidence:MinFreeMiB"] = o => o.Evidence.MinFreeMiB = 0,
        ["Federation:Evidence:Patience"] = o => o.Evidence.Patience = TimeSpan.FromTicks(-1),
        ["Federation:Evidence:Folder '/dev/null/evidence' cannot be written"] = o => o.Evidence.Folder = "/dev/null/evidence",
        ["Federation:Times:Epoch"] = o => o.Times.Epoch = TimeSpan.FromMilliseconds(999),
        ["Federation:Times:SettleEvery"] = o => o.Times.SettleEvery = o.Times.Epoch - TimeSpan.FromTicks(1),
        ["Federation:Times:Poll"] = o => o.Times.Poll = TimeSpan.FromMilliseconds(99),
        ["Federation:Times:ScrapeDelay"] = o => o.Times.ScrapeDelay = TimeSpan.Zero,
        ["Federation:Times:ScrapeDelay and MaxGap"] = o => o.Times.MaxGap = TimeSpan.Zero,
        ["Federation:Times:MaxGap must be at most 5 minutes"] = o => o.Times.MaxGap = TimeSpan.FromSeconds(301),
        ["Federation:Times:Retention"] = o => o.Times.Retention = TimeSpan.FromTicks(-1),
        ["Federation:Settling:Patience"] = o => o.Settling.Patience = TimeSpan.FromTicks(-1),
        ["Federation:Settling:UnitsPerEther"] = o => o.Settling.UnitsPerEther = -1,
        ["Federation:Settling:GasPercent"] = o => o.Settling.GasPercent = 0,
        ["Federation:Tracing:Endpoint must be an absolute"] = o => o.Tracing.Endpoint = new Uri("collector:4318"),
        ["Federation:Tracing:Endpoint must have no user"] = o => o.Tracing.Endpoint = new Uri("http://me:word@collector:4318"),
        ["Federation:Tracing:Protocol 'thrift'"] = o => o.Tracing.Protocol = "thrift",
        ["Federation:Tracing:Ratio"] = o => o.Tracing.Ratio = double.NaN,
        ["Federation:Tracing:Ratio must be above 0"] = o => o.Tracing.Ratio = 0,
        ["Federation:Log:Format 'xml'"] = o => o.Log.Format = "xml",
        ["Federation:Times:Coverage"] = o => o.Times.Coverage = 0,
        ["Federation:Times:Coverage must"] = o => o.Times.Coverage = 1.01,
    };

    public static TheoryData<string> Names => new(Mistakes.Keys);

    [Fact]
    public void Good_HasNoFault() => Assert.Empty(OptionsCheck.Faults(ValidOptions.Make()));

    [Theory]
    [MemberData(nameof(Names))]
    public void OneMistake_IsOneFault_ThatNamesIt(string name)
    {
        var options = ValidOptions.Make();
        Mistakes[name](options);

        Assert.StartsWith(name, Assert.Single(OptionsCheck.Faults(options)), StringComparison.Ordinal);
    }

    [Fact]
    public void Webhook_IsNotLookedAt_WhileItIsOff()
    {
        var options = ValidOptions.Make();
        options.Webhook = new WebhookSection { Port = 0, Url = "nonsense" };
        Assert.Empty(OptionsCheck.Faults(options));
        options.Webhook = Webhook(_ => { });
        Assert.Empty(OptionsCheck.Faults(options));
    }

    [Fact]
    public void NotANumber_IsNoCoverage()
    {
        var options = ValidOptions.Make();
        options.Times.Coverage = double.NaN;

        Assert.Single(OptionsCheck.Faults(options));
    }

    [Fact]
    public void Everything_IsToldAtOnce()
    {
        var faults = OptionsCheck.Faults(new OperatorOptions());

        Assert.Contains(faults, f => f.StartsWith("Federation:Datacenter", StringComparison.Ordinal));
        Assert.Contains(faults, f => f.StartsWith("Federation:Prometheus:Url", StringComparison.Ordinal));
        Assert.Contains(faults, f => f.StartsWith("Federation:Chain:RpcUrl", StringComparison.Ordinal));
        Assert.All(faults, f => Assert.StartsWith("Federation:", f, StringComparison.Ordinal));
    }

    private static WebhookSection Webhook(Action<WebhookSection> change)
    {
        var section = new WebhookSection { Enabled = true, Url = "https://198.18.0.1:9443" };
        change(section);
        return section;
    }
}
