using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Federation.Host.Tests.Support;
using Federation.Kubernetes.Configuration;

namespace Federation.Host.Tests.Alerts;

/// <summary>
/// The chart's own rules as Helm renders them, with time made short: a test cannot wait for six hours. Every duration that they name, the
/// ranges, the offsets and how long each has to last, is divided by <see cref="Factor"/>, and nothing else is touched.
/// </summary>
internal static partial class ShortenedRules
{
    /// <summary>Six hours are a minute and a half, an hour is fifteen seconds.</summary>
    public const int Factor = 240;

    private static readonly Dictionary<string, long> Units = new() { ["ms"] = 1, ["s"] = 1000, ["m"] = 60_000, ["h"] = 3_600_000, ["d"] = 86_400_000 };

    /// <summary>The group of the PrometheusRule, as it is rendered.</summary>
    public static async Task<JsonObject> RenderAsync()
    {
        var objects = await Chart.RenderAsync("minimal", "--set", "metrics.rules.enabled=true", "--set", "metrics.rules.runbookBase=" + Chart.Runbooks);
        return (JsonObject)objects.Single(o => (string?)o["kind"] == "PrometheusRule")["spec"]!["groups"]!.AsArray().Single()!;
    }

    /// <summary>A rules file for Prometheus; JSON is YAML.</summary>
    public static string File(JsonObject group)
    {
        var shortened = (JsonObject)group.DeepClone();
        foreach (var rule in shortened["rules"]!.AsArray())
        {
            rule!["expr"] = Shorten((string)rule["expr"]!);
            rule["for"] = Shorten((string)rule["for"]!);
        }

        return new JsonObject { ["groups"] = new JsonArray(shortened) }.ToJsonString();
    }

    public static string Shorten(string text) => Duration().Replace(text, d => string.Create(CultureInfo.InvariantCulture, $"{Ms(d) / Factor}ms"));

    /// <summary>What a text says without its durations, and these in milliseconds.</summary>
    public static (string Text, long[] Ms) Parts(string text) => (Duration().Replace(text, "…"), [.. Duration().Matches(text).Select(Ms)]);

    private static long Ms(Match duration) => long.Parse(duration.Groups["count"].Value, CultureInfo.InvariantCulture) * Units[duration.Groups["unit"].Value];

    [GeneratedRegex(@"(?<![\w.""])(?<count>\d+)(?<unit>ms|s|m|h|d)\b", RegexOptions.ExplicitCapture)]
    private static partial Regex Duration();
}

public sealed class ShortenedRulesTests
{
    [Fact]
    public async Task Rules_AreTheChartsOwn_WithEachDurationDivided_AndNothingElse()
    {
        var group = await ShortenedRules.RenderAsync();
        var (rules, shorter) = (group["rules"]!.AsArray(), JsonNode.Parse(ShortenedRules.File(group))!["groups"]![0]!["rules"]!.AsArray());
        Assert.Equal(rules.Count, shorter.Count);
        Assert.True(rules.Count > 15, $"{rules.Count} rules");
        foreach (var (rule, other) in rules.Zip(shorter))
        {
            foreach (var name in new[] { "expr", "for" })
            {
                var (text, whole) = ShortenedRules.Parts((string)rule![name]!);
                var (same, divided) = ShortenedRules.Parts((string)other![name]!);
                Assert.Equal(text, same);
                // A duration that were lost in the division would be one that lasts no time.
                Assert.Equal(whole, divided.Select(ms => ms * ShortenedRules.Factor));
                (rule[name], other[name]) = ("", "");
            }

            Assert.Equal(rule!.ToJsonString(), other!.ToJsonString());
        }
    }

    [Theory]
    [InlineData("increase(a_total[1h]) > 2", "increase(a_total[15000ms]) > 2")]
    [InlineData("max_over_time((a offset 2m > 0)[6h:1m]) / 86400", "max_over_time((a offset 500ms > 0)[90000ms:250ms]) / 86400")]
    [InlineData("""a{le="0.95",depth="5m"} < 5e16""", """a{le="0.95",depth="5m"} < 5e16""")]
    [InlineData("0m", "0ms")]
    public void Duration_IsTold_FromOtherNumbers(string text, string shorter) => Assert.Equal(shorter, ShortenedRules.Shorten(text));
}
