using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Admission;
using Federation.Cluster.Entities;
using Federation.Cluster.Mapping;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Isolation;
using Federation.Domain.Leases;
using Federation.Kubernetes.Admission;

namespace Federation.Cluster.Tests.Admission;

/// <summary>The admission and the operator's own reading say the same of a Datacenter.</summary>
public sealed class DatacenterAdmissionTests
{
    private static readonly Dictionary<string, (string Field, Action<JsonNode> Change)> Wrong = new()
    {
        ["provider"] = ("spec.provider", s => s["provider"] = "0x1"),
        ["line end"] = ("spec.provider", s => s["provider"] = (string)s["provider"]! + "\n"),
        ["no URL"] = ("spec.endpoint", s => s["endpoint"] = "https://"),
        ["URL with a user"] = ("spec.endpoint", s => s["endpoint"] = "https://me:secret@north.example"),
        ["another scheme"] = ("spec.endpoint", s => s["endpoint"] = "ftp://north.example"),
        ["payout that is none"] = ("spec.payout", s => s["payout"] = "0x1"),
        ["capabilities in decimal"] = ("spec.capabilities", s => s["capabilities"] = "5"),
        ["capabilities beyond the contract"] = ("spec.capabilities", s => s["capabilities"] = "0x1" + new string('0', 64)),
        ["auditor that is none"] = ("spec.auditors[0]", s => s["auditors"] = new JsonArray("0x1")),
        ["auditor twice"] = ("spec.auditors[1]", s => s["auditors"] = new JsonArray((string)s["provider"]!, ((string)s["provider"]!).ToUpperInvariant().Replace("0X", "0x", StringComparison.Ordinal))),
        ["class twice"] = ("spec.gpuClasses[2].name", s => s["gpuClasses"]!.AsArray().Add(s["gpuClasses"]![0]!.DeepClone())),
        ["price twice"] = ("spec.prices.gpu[2].class", s => s["prices"]!["gpu"]!.AsArray().Add(s["prices"]!["gpu"]![0]!.DeepClone())),
        ["price that is none"] = ("spec.prices.cpu", s => s["prices"]!["cpu"] = "-1"),
        ["price as a fraction"] = ("spec.prices.memory", s => s["prices"]!["memory"] = "1.5"),
        ["price beyond the contract"] = ("spec.prices.gpu[0].price", s => s["prices"]!["gpu"]![0]!["price"] = "79228162514264337593543950336"),
        ["stake that is none"] = ("spec.stake", s => s["stake"] = "1e18"),
        ["stake as nothing"] = ("spec.stake", s => s["stake"] = ""),
        ["notice"] = ("spec.prices.noticeSeconds", s => s["prices"]!["noticeSeconds"] = -1),
        ["duration"] = ("spec.prices.maxDurationSeconds", s => s["prices"]!["maxDurationSeconds"] = 4294967296),
        ["bids without end"] = ("spec.bids.maxOpen", s => s["bids"]!["maxOpen"] = 65),
        ["bids for more than all"] = ("spec.bids.sharePercent", s => s["bids"]!["sharePercent"] = 101),
        ["curve that falls"] = ("spec.pricing.curve", s => s["pricing"]!["curve"]![0]!["factorBps"] = 40_000),
        ["curve below the book"] = ("spec.pricing.curve", s => s["pricing"]!["curve"]![0]!["factorBps"] = 9_999),
        ["curve beyond all"] = ("spec.pricing.curve", s => s["pricing"]!["curve"]![1]!["utilisationBps"] = 10_001),
        ["curve of no points"] = ("spec.pricing.curve", s => s["pricing"]!["curve"] = new JsonArray()),
        ["point twice"] = ("spec.pricing.curve", s => s["pricing"]!["curve"]![0]!["utilisationBps"] = 10_000),
        ["number beyond all"] = ("spec.pricing.curve", s => s["pricing"]!["curve"]![1]!["utilisationBps"] = long.MaxValue),
        ["price that the curve raises beyond the contract"] = ("spec.prices.gpu[1].price", s => s["prices"]!["gpu"]![1]!["price"] = "39614081257132168796771975168"),
        ["hook of another scheme"] = ("spec.pricing.hook.url", s => s["pricing"]!["hook"]!["url"] = "ftp://prices.example"),
        ["hook with a user"] = ("spec.pricing.hook.url", s => s["pricing"]!["hook"]!["url"] = "http://me:secret@prices.example"),
        ["hook without a limit"] = ("spec.pricing.hook.timeoutMilliseconds", s => s["pricing"]!["hook"]!["timeoutMilliseconds"] = 5001),
        ["grace without end"] = ("spec.keep.graceSeconds", s => s["keep"]!["graceSeconds"] = 2_592_001),
        ["start without end"] = ("spec.keep.startSeconds", s => s["keep"]!["startSeconds"] = 2_592_001),
        ["retention without end"] = ("spec.keep.retentionSeconds", s => s["keep"]!["retentionSeconds"] = 2_592_001),
        ["preloaded path that is none"] = ("spec.images.preloaded[0]", s => s["images"]!["preloaded"]![0] = "*"),
        ["registry that no image can name"] = ("spec.images.registries[0].name", s => s["images"]!["registries"]![0]!["name"] = "10.0.0.5:5000"),
        ["registry twice"] = ("spec.images.registries[2].name", s => s["images"]!["registries"]!.AsArray().Add(s["images"]!["registries"]![0]!.DeepClone())),
        ["registry with a path"] = ("spec.images.registries[0].endpoint", s => s["images"]!["registries"]![0]!["endpoint"] = "http://10.20.0.5:5000/v2"),
        ["allowed path that is none"] = ("spec.images.allowed[0]", s => s["images"]!["allowed"] = new JsonArray("https://registry.example")),
        ["signer of nothing"] = ("spec.images.signatures[0].prefix", s => s["images"]!["signatures"]![0]!["prefix"] = "*"),
        ["signer of a tag"] = ("spec.images.signatures[0].prefix", s => s["images"]!["signatures"]![0]!["prefix"] = "registry.north.example/base:1"),
        ["signer of images that need none"] = ("spec.images.signatures[0].prefix", s => s["images"]!["signatures"]![0]!["prefix"] = "localhost/base"),
        ["signer twice in other words"] = ("spec.images.signatures[1].prefix", s =>
        {
            var twin = s["images"]!["signatures"]![0]!.DeepClone();
            twin["prefix"] = "Registry.north.example:443/";
            s["images"]!["signatures"]!.AsArray().Add(twin);
        }),
        ["registry twice in other words"] = ("spec.images.registries[1].name", s => s["images"]!["registries"]![1]!["name"] = "registry.NORTH.example:0443"),
        ["registry that is a path"] = ("spec.images.registries[0].name", s => s["images"]!["registries"]![0]!["name"] = "registry.north.example/base"),
        ["signer twice"] = ("spec.images.signatures[1].prefix", s => s["images"]!["signatures"]!.AsArray().Add(s["images"]!["signatures"]![0]!.DeepClone())),
        ["signer without a key"] = ("spec.images.signatures[0].keys", s => s["images"]!["signatures"]![0]!["keys"] = new JsonArray()),
        ["key that is none"] = ("spec.images.signatures[0].keys[1]", s => s["images"]!["signatures"]![0]!["keys"]!.AsArray().Add("x")),
        ["no ports"] = ("spec.ports.maxPerLease", s => s["ports"]!["maxPerLease"] = 0),
        ["ports without end"] = ("spec.ports.maxPerLease", s => s["ports"]!["maxPerLease"] = 65),
        ["ports of all leases without end"] = ("spec.ports.maxTotal", s => s["ports"]!["maxTotal"] = 65_536),
        ["range that is none"] = ("spec.ports.range", s => (s["ports"]!["type"], s["ports"]!["range"]) = ("LoadBalancer", "30099-30000")),
        ["range from nothing"] = ("spec.ports.range", s => (s["ports"]!["type"], s["ports"]!["range"]) = ("LoadBalancer", "0-99")),
        ["range of nodes' ports"] = ("spec.ports.range", s => s["ports"]!["range"] = "30000-30099"),
        ["host with a port"] = ("spec.ports.address", s => s["ports"]!["address"] = "ports.north.example:80"),
        ["runtime class that is none"] = ("spec.runtimeClass", s => s["runtimeClass"] = "gVisor"),
        ["ingress by two ways"] = ("spec.ingress", s => s["ingress"]!["gateway"] = JsonNode.Parse("""{"namespace":"a","name":"b"}""")),
        ["ingress by no way"] = ("spec.ingress", s => s["ingress"]!.AsObject().Remove("className")),
        ["certificates of tenants at a gateway"] = ("spec.ingress.tenantCertificates", s => s["ingress"] = JsonNode.Parse("""{"gateway":{"namespace":"a","name":"b"},"tenantCertificates":true,"from":[{"cidr":"203.0.113.0/24"}]}""")),
        ["domain of an inner network"] = ("spec.ingress.domain", s => s["ingress"]!["domain"] = "apps.svc.cluster.local"),
        ["domain without room"] = ("spec.ingress.domain", s => s["ingress"]!["domain"] = string.Concat(Enumerable.Repeat("abcdefgh.", 21)) + "ab"),
        ["certificate for no domain"] = ("spec.ingress.https", s => s["ingress"]!.AsObject().Remove("domain")),
        ["ingress from nowhere"] = ("spec.ingress.from", s => s["ingress"]!["from"] = new JsonArray()),
        ["ingress from all namespaces"] = ("spec.ingress.from[0]", s => s["ingress"]!["from"]![0] = JsonNode.Parse("""{"namespaceLabels":{} }""")),
        ["ingress from pods and addresses"] = ("spec.ingress.from[0]", s => s["ingress"]!["from"]![0]!["cidr"] = "10.0.0.0/8"),
        ["addresses that are none"] = ("spec.ingress.from[0].cidr", s => s["ingress"]!["from"]![0] = JsonNode.Parse("""{"cidr":"10.0.0.0/33"}""")),
        ["image without end"] = ("spec.images.maxSizeMiB", s => s["images"]!["maxSizeMiB"] = 1_048_577),
        ["names of all pods"] = ("spec.isolation.nameServers[0]", s => s["isolation"] = JsonNode.Parse("""{"nameServers":[{"podLabels":{},"port":53}]}""")),
        ["names of pods and addresses"] = ("spec.isolation.nameServers[1]", s => s["isolation"] = JsonNode.Parse("""{"nameServers":[{"cidr":"10.96.0.10/32"},{"podLabels":{"a":"b"},"cidr":"10.96.0.10/32"}]}""")),
        ["names of namespaces at addresses"] = ("spec.isolation.nameServers[0].namespaceLabels", s => s["isolation"] = JsonNode.Parse("""{"nameServers":[{"namespaceLabels":{"a":"b"},"cidr":"10.96.0.10/32"}]}""")),
        ["names at no address"] = ("spec.isolation.nameServers[0].cidr", s => s["isolation"] = JsonNode.Parse("""{"nameServers":[{"cidr":"10.96.0.10/33"}]}""")),
        ["names of a whole network"] = ("spec.isolation.nameServers[0].cidr", s => s["isolation"] = JsonNode.Parse("""{"nameServers":[{"cidr":"10.0.0.0/8"}]}""")),
        ["names of a whole network of IPv6"] = ("spec.isolation.nameServers[0].cidr", s => s["isolation"] = JsonNode.Parse("""{"nameServers":[{"cidr":"fd00::/64"}]}""")),
        ["names at no port"] = ("spec.isolation.nameServers[0].port", s => s["isolation"] = JsonNode.Parse("""{"nameServers":[{"cidr":"10.96.0.10/32","port":0}]}""")),
        ["reserve"] = ("spec.reserve.cpuMilli", s => s["reserve"]!["cpuMilli"] = -1),
    };

    public static TheoryData<string> Cases_ => new(Wrong.Keys);

    [Theory]
    [MemberData(nameof(Cases_))]
    public async Task Fault_IsNamed_ByTheAdmission_AndByTheOperator(string name)
    {
        var datacenter = AdapterFixture.Sample("datacenter-gpu");
        Wrong[name].Change(datacenter["spec"]!);

        var result = await ReviewAsync(datacenter);
        var unread = Assert.Throws<ClusterException>(() => DatacenterMapper.ToRecord(datacenter));

        Assert.Equal(Wrong[name].Field, Assert.Single(result.Fields()));
        Assert.Contains(Wrong[name].Field, unread.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("datacenter-gpu")]
    [InlineData("datacenter-cpu")]
    [InlineData("datacenter-small")]
    public async Task Samples_Pass(string sample) => Assert.True((await ReviewAsync(AdapterFixture.Sample(sample))).Valid);

    [Theory]
    [InlineData(null, null)]
    [InlineData("""{"enabled":false,"maxOpen":3}""", null)]
    [InlineData("""{"enabled":true}""", "16 50")]
    [InlineData("""{"enabled":true,"maxOpen":3,"sharePercent":7}""", "3 7")]
    public void Bids_AreMadeOnlyWhereTheyAreEnabled(string? bids, string? limits)
    {
        var datacenter = AdapterFixture.Sample("datacenter-gpu");
        datacenter["spec"]!["bids"] = bids is null ? null : JsonNode.Parse(bids);
        var policy = DatacenterMapper.ToRecord(datacenter).Spec.Bids;
        Assert.Equal(limits, policy is null ? null : $"{policy.MaxOpen} {policy.SharePercent}");
    }

    [Theory]
    [InlineData(null, 3_600_000, 0, 900_000)]
    [InlineData("""{"graceSeconds":0,"startSeconds":0}""", 0, 0, 0)]
    [InlineData("""{"graceSeconds":60,"retentionSeconds":7,"startSeconds":30}""", 60_000, 7000, 30_000)]
    public void Keep_HasItsDefaults(string? keep, long grace, long retention, long start)
    {
        var datacenter = AdapterFixture.Sample("datacenter-gpu");
        datacenter["spec"]!["keep"] = keep is null ? null : JsonNode.Parse(keep);
        Assert.Equal(new KeepPolicy(grace, retention) { StartMs = start }, DatacenterMapper.ToRecord(datacenter).Spec.Keep);
    }

    [Theory]
    [InlineData(null, 0, false, "")]
    [InlineData("""{"type":"NodePort"}""", 4, false, "")]
    [InlineData("""{"type":"LoadBalancer","maxPerLease":1,"address":"203.0.113.7"}""", 1, true, "203.0.113.7")]
    public void Ports_AreExposedOnlyWhereThatIsSaid(string? ports, int most, bool isLoadBalanced, string address)
    {
        var datacenter = AdapterFixture.Sample("datacenter-gpu");
        datacenter["spec"]!["ports"] = ports is null ? null : JsonNode.Parse(ports);
        Assert.Equal(new PortPolicy(most, isLoadBalanced, address), DatacenterMapper.ToRecord(datacenter).Spec.Ports);
    }

    [Fact]
    public void PortsOfAllLeases_HaveARangeAndABound()
    {
        var datacenter = AdapterFixture.Sample("datacenter-gpu");
        datacenter["spec"]!["ports"] = JsonNode.Parse("""{"type":"LoadBalancer","range":"30000-30099","maxTotal":50}""");
        var ports = DatacenterMapper.ToRecord(datacenter).Spec.Ports;
        Assert.Equal((new PortRange(30_000, 30_099), 50, 50), (ports.Range, ports.MaxTotal, ports.Numbers));
        datacenter["spec"]!["ports"]!["maxTotal"] = 1_000;
        Assert.Equal(100, DatacenterMapper.ToRecord(datacenter).Spec.Ports.Numbers);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("0x0", "0x0")]
    [InlineData("0x05", "0x5")]
    [InlineData("0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    public void Capabilities_AreABitMap(string? text, string? read)
    {
        var datacenter = AdapterFixture.Sample("datacenter-gpu");
        datacenter["spec"]!["capabilities"] = text;
        Assert.Equal(read, DatacenterMapper.ToRecord(datacenter).Spec.Capabilities is { } bits ? BitMap.Text(bits) : null);
    }

    [Fact]
    public void Pricing_IsReadWhole()
    {
        var datacenter = AdapterFixture.Sample("datacenter-gpu");
        var policy = DatacenterMapper.ToRecord(datacenter).Spec.Pricing!;
        Assert.Equal([new(5000, 10_000), new(10_000, 20_000)], policy.Curve!.Points);
        Assert.Equal(new PriceHook(new Uri("http://prices.north-system.svc:8080/quote?key=a"), TimeSpan.FromMilliseconds(500), FallsBack: true), policy.Hook);
        datacenter["spec"]!["pricing"]!.AsObject().Remove("curve");
        datacenter["spec"]!["pricing"]!["hook"] = new JsonObject { ["url"] = "https://prices.example" };
        Assert.Equal(new PricingPolicy(null, new PriceHook(new Uri("https://prices.example"), TimeSpan.FromSeconds(1), FallsBack: false)), DatacenterMapper.ToRecord(datacenter).Spec.Pricing);
        datacenter["spec"]!["pricing"] = new JsonObject();
        Assert.Null(DatacenterMapper.ToRecord(datacenter).Spec.Pricing);
    }

    [Fact]
    public async Task ClassWithoutPrice_IsAllowed_WithAWarning()
    {
        var datacenter = AdapterFixture.Sample("datacenter-gpu");
        datacenter["spec"]!["prices"]!.AsObject().Remove("gpu");

        var result = await ReviewAsync(datacenter);

        Assert.True(result.Valid);
        Assert.Equal(2, result.Warnings.Count);
    }

    [Theory]
    [InlineData(null, UnenforcedNetworkPolicy.Refuse, 0)]
    [InlineData("{}", UnenforcedNetworkPolicy.Refuse, 0)]
    [InlineData("""{"unenforcedNetworkPolicy":"Refuse"}""", UnenforcedNetworkPolicy.Refuse, 0)]
    [InlineData("""{"unenforcedNetworkPolicy":"Allow"}""", UnenforcedNetworkPolicy.Allow, 1)]
    public async Task LeasesWithoutIsolation_AreTakenOnlyWhereThatIsSaid_AndWarnedOf(string? isolation, UnenforcedNetworkPolicy expected, int warnings)
    {
        var datacenter = AdapterFixture.Sample("datacenter-gpu");
        datacenter["spec"]!["isolation"] = isolation is null ? null : JsonNode.Parse(isolation);
        Assert.Equal(expected, DatacenterMapper.ToRecord(datacenter).Spec.UnenforcedNetworkPolicy);
        Assert.Equal(warnings, (await ReviewAsync(datacenter)).Warnings.Count);
    }

    [Fact]
    public async Task AllFaults_AreToldAtOnce()
    {
        var datacenter = AdapterFixture.Sample("datacenter-gpu");
        Wrong["provider"].Change(datacenter["spec"]!);
        Wrong["no URL"].Change(datacenter["spec"]!);
        Wrong["price twice"].Change(datacenter["spec"]!);

        Assert.Equal(["spec.provider", "spec.endpoint", "spec.prices.gpu[2].class"], (await ReviewAsync(datacenter)).Fields());
    }

    private static async Task<ValidationResult> ReviewAsync(JsonObject datacenter) =>
        await new DatacenterAdmission().ReviewAsync(Reviews.Request<V1Alpha1Datacenter>(AdmissionOperation.Create, null, datacenter, "admin"), default);
}
