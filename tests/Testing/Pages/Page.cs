using System.Text.RegularExpressions;

namespace Federation.Testing.Pages;

/// <summary>A fenced block of a page.</summary>
/// <param name="Place">Page and line of its opening fence: <c>operator/docs/README.md:12</c>.</param>
/// <param name="Section">The heading of the second order that it stands under; empty: none.</param>
/// <param name="Language">Behind the fence's three marks: <c>sh</c>, <c>yaml</c>, <c>text</c>, or nothing.</param>
/// <param name="File">What the reader keeps it as, where the line above ends with that name and a colon: <c>`web.yaml`:</c>; else null.</param>
public sealed record Fence(string Place, string Section, string Language, string Text, string? File)
{
    public override string ToString() => $"{Place}\n{Text}";
}

/// <summary>A page of the documentation, as its readers and its tests take it: prose, and fenced blocks in their order.</summary>
/// <param name="Path">From the root of the repository, with slashes.</param>
/// <param name="Prose">What is outside of fences, a line each.</param>
public sealed partial record Page(string Path, IReadOnlyList<Fence> Fences, IReadOnlyList<string> Prose)
{
    private const string Mark = "```";

    /// <exception cref="FormatException">A fence is left open.</exception>
    public static Page Read(string root, string path) => Parse(path, File.ReadAllText(System.IO.Path.Combine(root, path)));

    /// <summary>Every page of the repository that people are sent to: the README files, and all below <c>operator/docs</c>.</summary>
    public static IReadOnlyList<Page> All(string root)
    {
        var docs = Directory.EnumerateFiles(System.IO.Path.Combine(root, "operator", "docs"), "*.md", SearchOption.AllDirectories).Select(f => System.IO.Path.GetRelativePath(root, f).Replace('\\', '/'));
        string[] readmes = ["README.md", "contracts/README.md", "e2e/README.md", "charts/federation-operator/README.md"];
        return [.. readmes.Concat(docs.Order(StringComparer.Ordinal)).Select(p => Read(root, p))];
    }

    /// <exception cref="FormatException">A fence is left open.</exception>
    public static Page Parse(string path, string text)
    {
        var (fences, prose) = (new List<Fence>(), new List<string>());
        var (section, above) = ("", "");
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].TrimEnd();
            if (!line.TrimStart().StartsWith(Mark, StringComparison.Ordinal))
            {
                if (line.StartsWith("## ", StringComparison.Ordinal)) section = line[3..];
                if (line.Length > 0) above = line;
                prose.Add(line);
                continue;
            }

            var begin = i;
            var indent = line.Length - line.TrimStart().Length;
            var body = new List<string>();
            while (++i < lines.Length && lines[i].Trim() != Mark) body.Add(lines[i].Length >= indent && string.IsNullOrWhiteSpace(lines[i][..indent]) ? lines[i][indent..] : lines[i]);
            if (i == lines.Length) throw new FormatException($"{path}:{begin + 1}: the fence is left open.");
            fences.Add(new Fence($"{path}:{begin + 1}", section, line.Trim()[Mark.Length..].Trim(), string.Join('\n', body) + "\n", Named().Match(above) is { Success: true } named ? named.Groups[1].Value : null));
            above = "";
        }

        return new Page(path, fences, prose);
    }

    [GeneratedRegex("`([A-Za-z0-9._-]+)`[^`]*:$")]
    private static partial Regex Named();
}
