using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Federation.Domain.Usage;

namespace Federation.Metrics.Tests.Support;

/// <summary>A series of the store, as Prometheus has it.</summary>
internal sealed record StoredRow(string Metric, IReadOnlyDictionary<string, string> Labels, IReadOnlyList<UsageSample> Samples)
{
    /// <summary>Its samples' values are no numbers.</summary>
    public bool IsBroken { get; init; }
}

/// <summary>Evaluates metering's queries as Prometheus does, over rows in memory, and fails as it is told to.</summary>
internal sealed partial class MemoryStore(IReadOnlyList<StoredRow> rows) : HttpMessageHandler
{
    private readonly Lock gate = new();

    public List<string> Queries { get; } = [];

    /// <summary>Nothing is answered before.</summary>
    public Task Opened { get; init; } = Task.CompletedTask;

    /// <returns>Status and body instead of an answer; null: it is answered.</returns>
    public Func<string, (HttpStatusCode, string)?> Refuses { get; set; } = _ => null;

    /// <summary>How many namespaces or pods it names.</summary>
    public static int NamesIn(string query) => Value().Matches(query).Where(m => m.Groups["label"].Value is "namespace" or "id").Sum(m => m.Groups["value"].Value.Split('|').Length);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var form = (await request.Content!.ReadAsStringAsync(cancellationToken)).Split('&').Select(p => p.Split('=')).ToDictionary(p => p[0], p => WebUtility.UrlDecode(p[1]));
        await Opened.WaitAsync(cancellationToken);
        lock (gate) Queries.Add(form["query"]);
        if (Refuses(form["query"]) is var (status, body)) return new HttpResponseMessage(status) { Content = new StringContent(body) };
        return new HttpResponseMessage { Content = new StringContent(Answer(form["query"], (long)(decimal.Parse(form["time"], CultureInfo.InvariantCulture) * 1000))) };
    }

    private string Answer(string query, long atMs)
    {
        var selected = Selector().Matches(query).SelectMany(m => Select(m, atMs)).ToArray();
        var by = Counted().Match(query) is { Success: true } count ? count.Groups["by"].Value.Split(',') : null;
        var series = by is null
            ? selected.Select(s => One(s.Row.Labels.Append(new("__name__", s.Row.Metric)), "values", $"[{string.Join(',', s.Samples.Select(x => Pair(x, s.Row.IsBroken)))}]"))
            : selected.GroupBy(s => string.Join('\n', by.Select(l => s.Row.Labels.GetValueOrDefault(l, "")))).Select(g => One(by.Zip(g.Key.Split('\n')).Where(l => l.Second.Length > 0).Select(l => new KeyValuePair<string, string>(l.First, l.Second)), "value", Pair(new(atMs, g.Count()), false)));
        return "{\"status\":\"success\",\"data\":{\"resultType\":\"" + (by is null ? "matrix" : "vector") + "\",\"result\":[" + string.Join(',', series) + "]}}";
    }

    private IEnumerable<(StoredRow Row, UsageSample[] Samples)> Select(Match selector, long atMs)
    {
        var through = atMs - (selector.Groups["back"] is { Success: true } back ? long.Parse(back.Value, CultureInfo.InvariantCulture) : 0);
        var from = through - long.Parse(selector.Groups["range"].Value, CultureInfo.InvariantCulture);
        var matchers = Value().Matches(selector.Groups["body"].Value);
        foreach (var row in rows.Where(r => r.Metric == selector.Groups["metric"].Value && matchers.All(m => Takes(m, r))))
            // Closed at both ends, as Prometheus 2 has it.
            if (row.Samples.Where(s => s.AtMs >= from && s.AtMs <= through).ToArray() is { Length: > 0 } samples) yield return (row, samples);
    }

    private static bool Takes(Match matcher, StoredRow row)
    {
        var (has, value, op) = (row.Labels.GetValueOrDefault(matcher.Groups["label"].Value, ""), matcher.Groups["value"].Value.Replace(@"\\", @"\", StringComparison.Ordinal), matcher.Groups["op"].Value);
        return (op.Contains('~', StringComparison.Ordinal) ? Regex.IsMatch(has, $@"\A(?:{value})\z") : has == value) == !op.StartsWith('!');
    }

    private static string One(IEnumerable<KeyValuePair<string, string>> labels, string name, string value)
    {
        var metric = string.Join(',', labels.Select(l => $"\"{l.Key}\":\"{l.Value}\""));
        return "{\"metric\":{" + metric + "},\"" + name + "\":" + value + "}";
    }

    private static string Pair(UsageSample sample, bool isBroken)
    {
        var text = new StringBuilder().Append('[').Append((sample.AtMs / 1000m).ToString(CultureInfo.InvariantCulture)).Append(",\"");
        return text.Append(isBroken ? "broken" : sample.Value.ToString("R", CultureInfo.InvariantCulture)).Append("\"]").ToString();
    }

    [GeneratedRegex("""(?<metric>[a-z_]+)\{(?<body>(?:[^"{}]|"(?:[^"\\]|\\.)*")*)\}\[(?<range>[0-9]+)ms\]( offset (?<back>[0-9]+)ms)?""", RegexOptions.ExplicitCapture)]
    private static partial Regex Selector();

    [GeneratedRegex(@"^count by \((?<by>[a-z,]+)\)", RegexOptions.ExplicitCapture)]
    private static partial Regex Counted();

    [GeneratedRegex("""(?<label>[a-z_]+)(?<op>=~|!~|!=|=)"(?<value>([^"\\]|\\.)*)"(,|$)""", RegexOptions.ExplicitCapture)]
    private static partial Regex Value();
}
