using System.Text;
using Federation.Domain.Usage;
using Federation.Metrics.Prometheus;

namespace Federation.Metrics.Tests.Prometheus;

public class QueryJsonTests
{
    [Fact]
    public void Parse_RecordedMatrix_GivesEverySampleAsItCame()
    {
        var answer = Parse("""
            {"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"container_cpu_usage_seconds_total",
            "cpu":"total","id":"/kubepods/burstable/pod0b5f6f3e-2a5f-4b63-9d60-1c9f4f9a1c11","instance":"127.0.0.1:10250","job":"cadvisor"},
            "values":[[1700000000.123,"0.062148"],[1700000000.623,"1.5e+00"],[1700000001,"NaN"],[1700000001.5,"+Inf"],[1700000002,"-Inf"],[1700000002.5,"-1"]]}]}}
            """);
        var series = Assert.Single(answer.Series);
        Assert.Equal("cadvisor", series.Label("job"));
        Assert.Equal(
            [new(1700000000123, 0.062148), new(1700000000623, 1.5), new(1700000001000, double.NaN), new(1700000001500, double.PositiveInfinity), new(1700000002000, double.NegativeInfinity), new(1700000002500, -1)],
            series.Samples.AsEnumerable());
        Assert.Empty(answer.Warnings);
    }

    [Fact]
    public void Parse_RecordedVector_GivesOneSampleEach()
    {
        var answer = Parse("""{"status":"success","data":{"resultType":"vector","result":[{"metric":{"id":"/a"},"value":[1700000000.5,"3"]},{"metric":{},"value":[1700000000.5,"0"]}]}}""");
        Assert.Equal([new UsageSample(1700000000500, 3), new UsageSample(1700000000500, 0)], answer.Series.SelectMany(s => s.Samples));
        Assert.Equal("", answer.Series[1].Label("id"));
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("1700000000", 1_700_000_000_000)]
    [InlineData("1700000000.1", 1_700_000_000_100)]
    [InlineData("1700000000.12", 1_700_000_000_120)]
    [InlineData("1700000000.123", 1_700_000_000_123)]
    [InlineData("1700000000.12349", 1_700_000_000_123)]
    [InlineData("1700000000.1236", 1_700_000_000_124)]
    [InlineData("1.7000000001e9", 1_700_000_000_100)]
    [InlineData("-1.5", -1500)]
    [InlineData("9000000000000000", 9_000_000_000_000_000_000)]
    public void Parse_Times_HoweverTheyAreWritten(string seconds, long ms) =>
        Assert.Equal(ms, Parse($$$"""{"status":"success","data":{"result":[{"values":[[{{{seconds}}},"1"]],"metric":{}}],"resultType":"matrix"}}""").Series[0].Samples[0].AtMs);

    [Fact]
    public void Parse_Warnings_AreKept() =>
        Assert.Equal(["store eu-1 unreachable"], Parse("""{"status":"success","warnings":["store eu-1 unreachable"],"data":{"resultType":"matrix","result":[]}}""").Warnings);

    [Fact]
    public void Parse_NativeHistogramSeries_IsEmpty() =>
        Assert.Empty(Parse("""{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"histograms":[]}]}}""").Series[0].Samples);

    [Fact]
    public void Parse_StatedError_IsSurfaced()
    {
        var e = Assert.Throws<PrometheusException>(() => Parse("""{"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 1:5: parse error"}""", 400));
        Assert.Contains("400, bad_data", e.Message, StringComparison.Ordinal);
        Assert.Contains("1:5: parse error", e.Message, StringComparison.Ordinal);
        Assert.False(e.IsTooLarge);
    }

    [Fact]
    public void Parse_TooManySamples_AsksForAShorterWindow() =>
        Assert.True(Assert.Throws<PrometheusException>(() => Parse("""{"status":"error","errorType":"execution","error":"query processing would load too many samples into memory in query execution"}""", 422)).IsTooLarge);

    [Theory]
    [InlineData("")]
    [InlineData("<html>502 Bad Gateway</html>")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"status":"success"}""")]
    [InlineData("""{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}""")]
    [InlineData("""{"status":"success","data":{"resultType":"matrix","result":{}}}""")]
    [InlineData("""{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1]]}]}}""")]
    [InlineData("""{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"one"]]}]}}""")]
    [InlineData("""{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[["1","1"]]}]}}""")]
    [InlineData("""{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1e27,"1"]]}]}}""")]
    [InlineData("""{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":1},"values":[]}]}}""")]
    public void Parse_AnythingElse_IsAClearError(string body) => Assert.Throws<PrometheusException>(() => Parse(body, 502));

    [Theory]
    [InlineData("""{"status":"error","errorType":"timeout","error":"query timed out in expression evaluation"}""", 503, true)]
    [InlineData("<html>gateway timeout</html>", 504, true)]
    [InlineData("<html>bad gateway</html>", 502, false)]
    public void Parse_AnswerThatDidNotComeInTime_IsTooSlow(string body, int status, bool isTooSlow) =>
        Assert.Equal(isTooSlow, Assert.Throws<PrometheusException>(() => Parse(body, status)).IsTooSlow);

    private static QueryAnswer Parse(string json, int status = 200) => QueryJson.Parse(Encoding.UTF8.GetBytes(json), status);
}
