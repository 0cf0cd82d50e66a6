using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Federation.Kubernetes.Configuration;

namespace Federation.Host.Tests.Alerts;

/// <summary>
/// The chart's own rules as Helm renders them, with time made short: a test cannot wait for six hours. Every duration that a rule names,
/// the ranges, the offsets and how long it has to last, is divided by the rule's own factor, and nothing else is touched.
/// </summary>
internal static partial class ShortenedRules
{
    private static readonly Dictionary<string, long> Units = new() { ["ms"] = 1, ["s"] = 1000, ["m"] = 60_000, ["h"] = 3_600_000, ["d"] = 86_400_000 };

    /// <summary>The group of the PrometheusRule, as it is rendered: with all alerts, also those that are there only where nodes spool.</summary>
    /// <param name="values">Those of a datacenter's operator or a tenant's.</param>
    public static async Task<JsonObject> RenderAsync(string values = "minimal", params string[] further)
    {
        string[] spools = values == "minimal" ? ["--set", "spool.enabled=true,spool.tokenFrom.name=spool-token,spool.tokenFrom.key=token,spool.tls.secret=spool-tls"] : [];
        var objects = await Chart.RenderAsync(values, [.. spools, .. further, "--set", "metrics.rules.enabled=true", "--set", "metrics.rules.runbookBase=" + Chart.Runbooks]);
        return (JsonObject)objects.Single(o => (string?)o["kind"] == "PrometheusRule")["spec"]!["groups"]!.AsArray().Single()!;
    }

    /// <summary>
    /// By its longest range: six hours are 45 s, an hour is half a minute, half an hour and what is shorter are as many seconds as they
    /// have minutes. The product's own pauses do not get shorter: what fails is tried again after 1, 2, 4 and 8 s, and an hour has to hold these.
    /// </summary>
    public static int FactorOf(string expression) => Ranges(expression).DefaultIfEmpty().Max() switch
    {
        > 3_600_000 => 480,
        > 1_800_000 => 120,
        _ => 60,
    };

    /// <summary>A rules file for Prometheus; JSON is YAML.</summary>
    public static string File(JsonObject group)
    {
        var shortened = (JsonObject)group.DeepClone();
        foreach (var rule in shortened["rules"]!.AsArray())
        {
            var factor = FactorOf((string)rule!["expr"]!);
            foreach (var name in new[] { "expr", "for" }) rule[name] = Shorten((string)rule[name]!, factor);
        }

        return new JsonObject { ["groups"] = new JsonArray(shortened) }.ToJsonString();
    }

    public static string Shorten(string text, int factor) => Duration().Replace(text, d => string.Create(CultureInfo.InvariantCulture, $"{Ms(d) / factor}ms"));

    /// <summary>What a text says without its durations, and these in milliseconds.</summary>
    public static (string Text, long[] Ms) Parts(string text) => (Duration().Replace(text, "…"), [.. Duration().Matches(text).Select(Ms)]);

    /// <summary>The ranges among them.</summary>
    public static IEnumerable<long> Ranges(string text) => Duration().Matches(text).Where(d => d.Index > 0 && text[d.Index - 1] == '[').Select(Ms);

    private static long Ms(Match duration) => long.Parse(duration.Groups["count"].Value, CultureInfo.InvariantCulture) * Units[duration.Groups["unit"].Value];

    [GeneratedRegex(@"(?<![\w.""])(?<count>\d+)(?<unit>ms|s|m|h|d)\b", RegexOptions.ExplicitCapture)]
    private static partial Regex Duration();
}

public sealed class ShortenedRulesTests
{
    [Fact]
    public async Task Rules_AreTheChartsOwn_WithEachDurationDivided_AndNothingElse()
    {
        foreach (var (rule, other) in await BothAsync())
        {
            var factor = ShortenedRules.FactorOf((string)rule["expr"]!);
            foreach (var name in new[] { "expr", "for" })
            {
                var (text, whole) = ShortenedRules.Parts((string)rule[name]!);
                var (same, divided) = ShortenedRules.Parts((string)other[name]!);
                Assert.Equal(text, same);
                // A duration that were lost in the division would be one that lasts no time.
                Assert.Equal(whole, divided.Select(ms => ms * factor));
                (rule[name], other[name]) = ("", "");
            }

            Assert.Equal(rule.ToJsonString(), other.ToJsonString());
        }
    }

    // With fewer scrapes in it a range sees no rise; with fewer attempts in it what fails as often as it can is not "again and again".
    [Fact]
    public async Task EachRange_HoldsFourScrapes_AndFiveAttemptsOfWhatIsTriedAgain()
    {
        foreach (var (rule, shorter) in await BothAsync())
        {
            var (expression, ranges) = ((string)rule["expr"]!, ShortenedRules.Ranges((string)shorter["expr"]!).ToArray());
            Assert.Equal(expression.Contains('[', StringComparison.Ordinal), ranges.Length > 0);
            Assert.All(ranges, ms => Assert.True(ms >= 4 * LivePrometheus.Scrape.TotalMilliseconds, $"{rule["alert"]}: {ms} ms"));
            if (expression.Contains("federation_transactions_total", StringComparison.Ordinal) || expression.Contains("federation_intents_total", StringComparison.Ordinal))
                Assert.All(ranges, ms => Assert.True(ms > 1000 + 2000 + 4000 + 8000, $"{rule["alert"]}: {ms} ms"));
        }
    }

    [Theory]
    [InlineData("increase(a_total[1h]) > 2", 240, "increase(a_total[15000ms]) > 2")]
    [InlineData("max_over_time((a offset 2m > 0)[6h:1m]) / 86400", 480, "max_over_time((a offset 250ms > 0)[45000ms:125ms]) / 86400")]
    [InlineData("""a{le="0.95",depth="5m"} < 5e16""", 60, """a{le="0.95",depth="5m"} < 5e16""")]
    [InlineData("0m", 60, "0ms")]
    public void Duration_IsTold_FromOtherNumbers(string text, int factor, string shorter) => Assert.Equal(shorter, ShortenedRules.Shorten(text, factor));

    [Theory]
    [InlineData("increase(a_total[1h]) > 0 or b > 0 unless b offset 6h", 120)]
    [InlineData("increase(a_total[5m]) / increase(b_total[6h])", 480)]
    [InlineData("a == 0", 60)]
    public void Factor_IsThatOfTheLongestRange(string expression, int factor) => Assert.Equal(factor, ShortenedRules.FactorOf(expression));

    private static async Task<IReadOnlyList<(JsonObject Rule, JsonObject Shorter)>> BothAsync() => [.. await BothAsync("minimal", 16), .. await BothAsync("tenant", 9)];

    private static async Task<IReadOnlyList<(JsonObject Rule, JsonObject Shorter)>> BothAsync(string values, int least)
    {
        var group = await ShortenedRules.RenderAsync(values);
        var (rules, shorter) = (group["rules"]!.AsArray(), JsonNode.Parse(ShortenedRules.File(group))!["groups"]![0]!["rules"]!.AsArray());
        Assert.Equal(rules.Count, shorter.Count);
        Assert.True(rules.Count >= least, $"{rules.Count} rules");
        return [.. rules.Zip(shorter).Select(r => (r.First!.AsObject(), r.Second!.AsObject()))];
    }
}
