using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Admission;
using Federation.Cluster.Entities;
using Federation.Cluster.Mapping;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Isolation;
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
        ["class twice"] = ("spec.gpuClasses[2].name", s => s["gpuClasses"]!.AsArray().Add(s["gpuClasses"]![0]!.DeepClone())),
        ["price twice"] = ("spec.prices.gpu[2].class", s => s["prices"]!["gpu"]!.AsArray().Add(s["prices"]!["gpu"]![0]!.DeepClone())),
        ["price that is none"] = ("spec.prices.cpu", s => s["prices"]!["cpu"] = "-1"),
        ["price as a fraction"] = ("spec.prices.memory", s => s["prices"]!["memory"] = "1.5"),
        ["price beyond the contract"] = ("spec.prices.gpu[0].price", s => s["prices"]!["gpu"]![0]!["price"] = "79228162514264337593543950336"),
        ["notice"] = ("spec.prices.noticeSeconds", s => s["prices"]!["noticeSeconds"] = -1),
        ["duration"] = ("spec.prices.maxDurationSeconds", s => s["prices"]!["maxDurationSeconds"] = 4294967296),
        ["bids without end"] = ("spec.bids.maxOpen", s => s["bids"]!["maxOpen"] = 65),
        ["bids for more than all"] = ("spec.bids.sharePercent", s => s["bids"]!["sharePercent"] = 101),
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
