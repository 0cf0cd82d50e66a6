using System.Text.RegularExpressions;
using Federation.Chain.Tests.Support;
using Federation.Testing.Pages;

namespace Federation.Host.Tests.Alerts;

/// <summary>A line of a runbook by which one looks.</summary>
/// <param name="Text">A query, or what is typed.</param>
/// <param name="LeftOut">Why no story types it; null: one does.</param>
internal sealed record RunbookLine(string Text, bool IsQuery, string? LeftOut);

/// <summary>The page of an alert, as somebody reads it whom it has called.</summary>
/// <param name="See">What finds the cause, while the alert fires.</param>
/// <param name="Over">What all answers once it is over, and not before.</param>
internal sealed partial record Runbook(string Alert, IReadOnlyList<RunbookLine> See, IReadOnlyList<RunbookLine> Over)
{
    /// <summary>Nothing tells that these are over: what was lost does not come back.</summary>
    public static readonly IReadOnlySet<string> Lasting = new HashSet<string> { "FederationEvidenceLost" };

    /// <summary>What is not there in the stories, by a part of the line.</summary>
    public static readonly IReadOnlyDictionary<string, string> NotHere = new Dictionary<string, string>
    {
        ["describe pvc "] = "evidence lies in a folder here: no chart has claimed a volume",
        ["get deployment,pods"] = "the operator is a process here, and no kubelet runs pods",
        ["get pods"] = "the operator is a process here, and no kubelet runs pods",
        ["describe pod"] = "the operator is a process here, and no kubelet runs pods",
        ["get configmap "] = "its settings are a file here: no chart has made the ConfigMap",
        ["auth can-i "] = "the operator is an administrator here: no chart has made its account and roles",
        ["'A review of [a-z]+ failed'"] = "reviews are late on their way here, of which nothing is logged, as the page says",
        ["# with "] = "only some installations have it, as the line says",
        ["# where "] = "only some installations have it, as the line says",
    };

    public static Runbook Read(string alert)
    {
        var page = Page.Read(Repository.Root, $"{Chart.Runbooks}{alert}.md");
        return new Runbook(alert, Lines(page, "How to see it"), Lines(page, "How to know that it is over"));
    }

    private static RunbookLine[] Lines(Page page, string section) =>
        [.. page.Fences.Where(f => f.Section == section).SelectMany(f => f.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries)).Select(Line)];

    private static RunbookLine Line(string text)
    {
        var query = Query().Match(text);
        return new RunbookLine(query.Success ? query.Groups["query"].Value : text, query.Success, NotHere.FirstOrDefault(n => text.Contains(n.Key, StringComparison.Ordinal)).Value);
    }

    [GeneratedRegex("^(?<query>.*?) +# in Prometheus$", RegexOptions.ExplicitCapture)]
    private static partial Regex Query();
}
