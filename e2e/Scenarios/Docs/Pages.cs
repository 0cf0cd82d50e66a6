using Federation.Harness;
using Federation.Testing.Pages;

namespace Federation.Scenarios.Docs;

/// <summary>The documentation, as it lies in the sources.</summary>
internal static class Pages
{
    internal static string Root { get; } = Path.GetDirectoryName(Checkout.Built("the repository is", "charts"))!;

    /// <summary>Every page that people are sent to.</summary>
    internal static IReadOnlyList<Page> All { get; } = Page.All(Root);

    /// <summary>A page of the documentation.</summary>
    internal static Page Read(params string[] path) => Page.Read(Root, string.Join('/', ["operator", "docs", .. path]));

    /// <summary>A page by where it is from the root of the repository.</summary>
    internal static Page At(string path) => Page.Read(Root, path);

    /// <summary>One for each alert.</summary>
    internal static IReadOnlyList<Page> Runbooks() =>
        [.. Directory.EnumerateFiles(Path.Combine(Root, "operator", "docs", "runbooks"), "Federation*.md").Order(StringComparer.Ordinal).Select(f => Read("runbooks", Path.GetFileName(f)))];
}
