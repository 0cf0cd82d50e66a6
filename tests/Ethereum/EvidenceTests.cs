using System.Text.Json;
using Federation.Ethereum.Tests.Tools;

namespace Federation.Ethereum.Tests;

/// <summary>What a datacenter exports of its metering is checked by another language, from the lines alone.</summary>
public sealed class EvidenceTests(ViemOracle viem)
{
    [Fact]
    public async Task Roots_OfTheVectors_AreThoseThatViemComputes()
    {
        using var file = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "contracts", "vectors", "evidence.json")));
        var cases = file.RootElement.GetProperty("cases").EnumerateArray()
            .Select(c => (Lines: c.GetProperty("lines").EnumerateArray().Select(l => l.GetString()!).ToArray(), Root: c.GetProperty("root").GetString()!)).ToArray();
        Assert.NotEmpty(cases);
        Assert.Equal(cases.Select(c => c.Root), await viem.AskAsync(cases.Select(c => new { op = "evidence", lines = c.Lines })));

        // A digit of a sample, a line left out, two lines in the other order.
        var (lines, root) = cases[^1];
        string[][] changed = [[.. lines.Select(l => l.Replace("0.25", "0.35", StringComparison.Ordinal))], [.. lines[..^1]], [lines[0], lines[2], lines[1], .. lines[3..]]];
        Assert.DoesNotContain(root, await viem.AskAsync(changed.Select(c => new { op = "evidence", lines = c })));
    }
}
