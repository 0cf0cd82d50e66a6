using System.Text.RegularExpressions;

namespace Federation.Architecture.Tests;

/// <summary>What the words in the repository promise: that it stands on no one machine, and that its page names its rooms.</summary>
public partial class TextTests
{
    // In pieces, so that this file does not hold what it looks for.
    private static readonly string[] MachinePaths = ["/" + "work/", "/" + "root/"];

    private static readonly string[] Registries =
    [
        "registry." + "npmjs.org", "registry." + "yarnpkg.com", "nuget" + ".org", "proxy." + "golang.org", "sum." + "golang.org",
        "py" + "pi.org", "files." + "pythonhosted.org", "crates" + ".io",
    ];

    [Fact]
    public void Files_NameNoPathOfOneMachine() => Assert.Empty(
        Repository.Texts().Where(f => !f.StartsWith("tests/", StringComparison.Ordinal)).SelectMany(f => Hits(f, MachinePaths)));

    [Fact]
    public void Files_NameNoPackageRegistry() => Assert.Empty(Repository.Texts().SelectMany(f => Hits(f, Registries)));

    // Any registry will do: a lock file holds versions and hashes, not where they came from.
    [Fact]
    public void LockFiles_HoldNoAddress() => Assert.Empty(
        Repository.Texts().Where(f => Path.GetFileName(f) is "package-lock.json" or "packages.lock.json" or ".npmrc" or "NuGet.config")
            .SelectMany(f => File.ReadLines(Repository.PathOf(f)).Where(l => Address().IsMatch(l)).Select(l => $"{f}: {l.Trim()}")));

    [Fact]
    public void Readme_RoomTable_NamesEveryRoom()
    {
        var table = File.ReadLines(Repository.PathOf("README.md")).Where(l => l.StartsWith('|')).ToArray();
        var named = table.SelectMany(l => Quoted().Matches(l.Split('|')[1])).Select(m => m.Groups[1].Value.TrimEnd('/')).ToHashSet();
        Assert.NotEmpty(named);
        var rooms = Repository.Texts().Select(f => f.Split('/')).Where(p => p.Length > 1 && p[0][0] != '.')
            .Select(p => p[0] == "operator" && p.Length > 2 ? $"operator/{p[1]}" : p[0])
            .Where(r => r != "operator").Distinct();
        Assert.DoesNotContain(rooms, r => !named.Contains(r) && !named.Contains(r.Replace("operator/", "", StringComparison.Ordinal)));
    }

    [Fact]
    public void Decisions_HaveANumberOfTheirOwn_AndATitle()
    {
        var records = Directory.GetFiles(Repository.PathOf("operator", "decisions"), "*.md");
        Assert.NotEmpty(records);
        Assert.All(records, r => Assert.Matches("^[0-9]{4}-[a-z0-9-]+\\.md$", Path.GetFileName(r)));
        Assert.All(records, r => Assert.Matches($"^# {Path.GetFileName(r)[..4]}:? \\S", File.ReadLines(r).First()));
        Assert.Empty(records.GroupBy(r => Path.GetFileName(r)[..4]).Where(g => g.Count() > 1).Select(g => string.Join(", ", g.Select(Path.GetFileName))));
    }

    private static IEnumerable<string> Hits(string file, string[] words) =>
        from line in File.ReadLines(Repository.PathOf(file))
        from word in words
        where line.Contains(word, StringComparison.OrdinalIgnoreCase)
        select $"{file}: {line.Trim()}";

    [GeneratedRegex("""^\s*"?(resolved"?\s*:\s*"?[a-z+]+:|registry\s*=|.*<add .*value="http)""")]
    private static partial Regex Address();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();
}
