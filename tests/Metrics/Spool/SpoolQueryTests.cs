using Federation.Metrics.Prometheus;
using Federation.Metrics.Spool;

namespace Federation.Metrics.Tests.Spool;

public class SpoolQueryTests
{
    private const string Uid = "0b5f6f3e-2a5f-4b63-9d60-1c9f4f9a1c11";
    private static readonly Dictionary<string, string> None = [];
    private static readonly SpooledPod Plain = new($"/kubepods/burstable/pod{Uid}", "lease-a", "web-1");
    private static readonly SpooledPod Systemd = new($"/kubepods.slice/kubepods-pod{Uid.Replace('-', '_')}.slice", "lease-a", "web-1");
    private static readonly SpooledPod Other = new("/kubepods/pod99999999-2a5f-4b63-9d60-1c9f4f9a1c99", "lease-b", "web-1");
    private static readonly SpooledPod Sender = Other with { Namespace = "lease-a", Name = "export.volume-x7k2p" };

    [Fact]
    public void CgroupsOfANamespace_AreItsPods_WithoutThoseThatSendVolumes()
    {
        var query = SpoolQuery.Parse(PromQl.CgroupsOf([new("lease-a", 3_600_000)], None))!;
        Assert.Equal((true, 3_600_000L), (query.IsCount, query.RangeMs));
        Assert.Equal([true, true, false, false], new[] { Plain, Systemd, Other, Sender }.Select(query.Takes));
    }

    [Fact]
    public void RowsByCgroup_ThatAreKnownOrNot()
    {
        var exactly = SpoolQuery.Parse(PromQl.PodRows(PromQl.Cpu, PromQl.Exactly([Plain.Path, Systemd.Path]), 1234, None))!;
        Assert.Equal((false, PromQl.Cpu, 1234L), (exactly.IsCount, exactly.Metric, exactly.RangeMs));
        Assert.Equal([true, true, false], new[] { Plain, Systemd, Other }.Select(exactly.Takes));
        Assert.False(exactly.Takes(Systemd with { Path = Systemd.Path.Replace('.', 'x') }));

        var anywhere = SpoolQuery.Parse(PromQl.PodRows(PromQl.Memory, PromQl.Anywhere([Uid]), 1, None))!;
        Assert.Equal([true, true, false], new[] { Plain, Systemd, Other }.Select(anywhere.Takes));
    }

    // A spool does not see it: another name for the same sandbox would be billed beside the store's.
    [Fact]
    public void Network_IsNobodys()
    {
        var query = SpoolQuery.Parse(PromQl.NetworkRows(PromQl.AnywhereBelow([Uid]), 1, None))!;
        Assert.False(query.Takes(Plain));
    }

    [Theory]
    [InlineData("")]
    [InlineData("up")]
    [InlineData("container_cpu_usage_seconds_total")]
    [InlineData("rate(container_cpu_usage_seconds_total{id=\"/\"}[5000ms])")]
    [InlineData("container_cpu_usage_seconds_total{id=\"/\"}[5m]")]
    [InlineData("container_cpu_usage_seconds_total{id=\"/\" or 1}[5000ms]")]
    [InlineData("container_cpu_usage_seconds_total{id=\"/\"}[5000ms] offset 1h")]
    [InlineData("count by (id) (count_over_time(up))")]
    public void OtherQueries_AreRefused(string text) => Assert.Null(SpoolQuery.Parse(text));

    [Fact]
    public void QuotedText_IsItself()
    {
        var query = SpoolQuery.Parse("container_cpu_usage_seconds_total{namespace=\"a\\\"}\\\\\",pod!=\"\"}[1ms]")!;
        Assert.True(query.Takes(Plain with { Namespace = "a\"}\\" }));
        Assert.False(query.Takes(Plain));
    }
}
