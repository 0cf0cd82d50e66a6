using System.Globalization;
using System.Text.RegularExpressions;
using Federation.Metrics.Prometheus;

namespace Federation.Metrics.Spool;

/// <summary>The few queries of <see cref="PromQl"/>, and no others: one selector over a range, or how many cgroups selectors hold.</summary>
internal sealed partial class SpoolQuery
{
    private static readonly TimeSpan LongestMatch = TimeSpan.FromSeconds(1);
    private readonly Selector[] selectors;

    private SpoolQuery(Selector[] selectors, bool isCount) => (this.selectors, IsCount) = (selectors, isCount);

    /// <summary>Only which cgroups there are is asked.</summary>
    public bool IsCount { get; }

    /// <summary>What the samples of the answer are of.</summary>
    public string Metric => selectors[0].Metric;

    public long RangeMs => selectors[0].RangeMs;

    /// <returns>Null when it is none that a spool answers.</returns>
    public static SpoolQuery? Parse(string text)
    {
        var selectors = Selectors().Matches(text).Select(Parse).ToArray();
        var isCount = Counts().IsMatch(text);
        var isOne = selectors.Length == 1 && Selectors().Replace(text, "") == "";
        return (isCount || isOne) && selectors.Length > 0 && selectors.All(s => s is not null) ? new SpoolQuery(selectors!, isCount) : null;
    }

    /// <exception cref="RegexMatchTimeoutException">A pattern takes too long.</exception>
    public bool Takes(SpooledPod pod) => selectors.Any(s => s.Takes(pod));

    private static Selector? Parse(Match match)
    {
        var body = match.Groups["body"].Value;
        if (!long.TryParse(match.Groups["ms"].Value, CultureInfo.InvariantCulture, out var ms) || !Matchers().IsMatch($"{body},")) return null;
        return new Selector(match.Groups["metric"].Value, ms, [.. One().Matches(body).Select(m => new LabelMatcher(m.Groups["label"].Value, m.Groups["op"].Value, Unquote(m.Groups["value"].Value)))]);
    }

    private static string Unquote(string text) => Escape().Replace(text, m => m.Value[1] == 'n' ? "\n" : m.Value[1..]);

    [GeneratedRegex("""(?<metric>[a-z_]+)\{(?<body>(?:[^"{}]|"(?:[^"\\]|\\.)*")*)\}\[(?<ms>[0-9]{1,12})ms\]""", RegexOptions.ExplicitCapture)]
    private static partial Regex Selectors();

    [GeneratedRegex("""^count by \(id\) \(count_over_time\(.*\)\)$""", RegexOptions.ExplicitCapture | RegexOptions.Singleline)]
    private static partial Regex Counts();

    [GeneratedRegex("""^([a-z_]+(=~|!~|!=|=)"([^"\\]|\\.)*",)*$""", RegexOptions.ExplicitCapture | RegexOptions.Singleline)]
    private static partial Regex Matchers();

    [GeneratedRegex("""(?<label>[a-z_]+)(?<op>=~|!~|!=|=)"(?<value>([^"\\]|\\.)*)"(,|$)""", RegexOptions.ExplicitCapture | RegexOptions.Singleline)]
    private static partial Regex One();

    [GeneratedRegex(@"\\.", RegexOptions.Singleline)]
    private static partial Regex Escape();

    private sealed record Selector(string Metric, long RangeMs, LabelMatcher[] Matchers)
    {
        // Network is counted where a spool does not look.
        public bool Takes(SpooledPod pod) => Metric is PromQl.Cpu or PromQl.Memory && Matchers.All(m => m.Takes(pod));
    }

    private sealed class LabelMatcher(string label, string op, string value)
    {
        private readonly Regex? pattern = op.EndsWith('~') ? new Regex($@"\A(?:{value})\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, LongestMatch) : null;

        public bool Takes(SpooledPod pod)
        {
            var text = label switch { "id" => pod.Path, "namespace" => pod.Namespace, "pod" => pod.Name, _ => "" };
            return (pattern?.IsMatch(text) ?? text == value) == op is "=" or "=~";
        }
    }
}
