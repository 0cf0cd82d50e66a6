using System.Text.RegularExpressions;

namespace Federation.Architecture.Tests;

/// <summary>The tables that say which test shows which fault and which bad input name tests that are there.</summary>
public partial class IndexTests
{
    private static readonly string[] Lines = File.ReadAllLines(Repository.PathOf("e2e", "README.md"));

    // Names of methods by the class that has them; classes of one name in several projects are one.
    private static readonly ILookup<string, string> Methods = Repository.Sources("tests").Concat(Repository.Sources("e2e")).Select(File.ReadAllText)
        .SelectMany(text => Class().Matches(text).SelectMany(c => Method().Matches(text).Select(m => (Class: c.Groups[1].Value, Method: m.Groups[1].Value)).Append((c.Groups[1].Value, ""))))
        .ToLookup(m => m.Item1, m => m.Item2, StringComparer.Ordinal);

    [Fact]
    public void EveryTestThatIsNamed_IsThere() => Assert.Empty(Lines.Where(l => l.StartsWith('|')).SelectMany(Missing));

    [Fact]
    public void EveryRow_NamesATest() => Assert.DoesNotContain(Rows(), l => !Quoted().Matches(l).Any(q => IsTest(q.Groups[1].Value)));

    [Theory]
    [InlineData("`HostnameTests.NobodyEverWroteThis`")]
    [InlineData("`NoSuchTests`")]
    [InlineData("`HostnameRulesTests` and `.NorThis_…`")]
    public void ANameThatIsNoTests_IsFound(string row) => Assert.NotEmpty(Missing(row));

    // 27 faults, and of the bad input those that the operator meets.
    [Fact]
    public void EveryRowOfTheMatrices_IsThere()
    {
        int[] numbers = [.. Rows().SelectMany(l => l.Split('|')[1].Split(',')).Select(n => int.Parse(n, System.Globalization.CultureInfo.InvariantCulture))];
        Assert.Equal([.. Enumerable.Range(1, 27), .. Enumerable.Range(1, 5), .. Enumerable.Range(8, 3), .. Enumerable.Range(13, 12)], numbers);
    }

    [Fact]
    public void EveryPointOfTheAcceptanceList_NamesATest()
    {
        var points = Lines.Where(l => Point().IsMatch(l)).ToArray();
        Assert.Equal(Enumerable.Range(1, 12), points.Select(l => int.Parse(Point().Match(l).Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture)));
        Assert.All(points, l => Assert.Contains(Quoted().Matches(l), q => IsTest(q.Groups[1].Value)));
    }

    private static IEnumerable<string> Rows() => Lines.Where(l => Row().IsMatch(l));

    private static IEnumerable<string> Missing(string line)
    {
        var last = "";
        foreach (var name in Quoted().Matches(line).Select(m => m.Groups[1].Value).Where(IsTest))
        {
            var (owner, method) = (name.Split('.')[0], name.Contains('.', StringComparison.Ordinal) ? name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..] : "");
            if (owner.Length > 0) last = owner;
            // A name that is cut says so by an ellipsis.
            var pattern = $"^{string.Join(".*", method.Split('…').Select(Regex.Escape))}$";
            if (!Methods[last].Any(m => Regex.IsMatch(m, pattern))) yield return $"{name} in '{line[..Math.Min(40, line.Length)]}…'";
        }
    }

    private static bool IsTest(string quoted) => Test().IsMatch(quoted);

    [GeneratedRegex(@"^([A-Z]\w*Tests(\.[\w…]+)?|\.[\w…]+)$")]
    private static partial Regex Test();

    [GeneratedRegex(@"^\| [0-9]+(, [0-9]+)* \|")]
    private static partial Regex Row();

    [GeneratedRegex(@"^\| A([0-9]+) \|")]
    private static partial Regex Point();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\bclass (\w+Tests)\b")]
    private static partial Regex Class();

    [GeneratedRegex(@"public (?:async )?(?:void|Task|Property) (\w+)\(")]
    private static partial Regex Method();
}
