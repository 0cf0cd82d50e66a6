using System.Text.Json;
using Federation.Chain.Tests.Support;
using Federation.Host.Tests.Support;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Host.Tests.Watching;

/// <summary>What the program logs for those who collect it.</summary>
[Collection(OperatorCollection.Name)]
public sealed class JsonLogTests(OperatorWorld world)
{
    [Fact]
    public async Task EachLine_IsAnObjectWithItsTime_AndNoneHasASecret()
    {
        await world.ActiveAsync();
        var lines = JsonLines.Read(world.Lines, OperatorWorld.Secret, Anvil.KeyOf(2)[2..]);
        Assert.True(lines.Count > 10);
    }

    [Fact]
    public async Task LineAboutALease_HasItsId_WhoeverWroteIt()
    {
        await world.ActiveAsync();
        await Eventually.TrueAsync(() => world.Lines.Any(l => l.Contains("ActivateIntent for 0x", StringComparison.Ordinal)));
        var (id, lines) = (world.Lease.Id, world.Lines.Select(l => JsonSerializer.Deserialize<JsonElement>(l)).ToArray());
        var about = lines.Where(l => l.GetRawText().Contains(id.Hex[2..], StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(about);
        Assert.All(about, l => Assert.Contains(id.Hex, NamesOf(l, "Lease")));
        // By the pass, by what sends the transaction, which knows of no lease, and by who asked for it.
        foreach (var (text, fromScope) in new[] { ("EnsureIsolation for lease", true), ("Sent 0x", true), ("ActivateIntent for 0x", true), ("was matched in block", false) })
        {
            var line = lines.First(l => l.GetProperty("Message").GetString()!.Contains(text, StringComparison.Ordinal));
            Assert.Contains(id.Hex, NamesOf(line, "Lease"));
            if (fromScope) Assert.Contains(id.Namespace, NamesOf(line, "Namespace"));
        }

        // What is about all of them is about none.
        Assert.Empty(NamesOf(lines.First(l => l.GetProperty("Message").GetString()!.StartsWith("Leading, term", StringComparison.Ordinal)), "Lease"));
    }

    [Theory]
    [InlineData("run", "Federation")]
    [InlineData("tenant", "Tenant")]
    [InlineData("spool", "Spool")]
    public async Task FormatThatThereIsNot_IsAFault(string verb, string section)
    {
        using var program = OperatorProcess.Start(new Dictionary<string, string> { [section + ":Log:Format"] = "xml", [section + ":Log:Colour"] = "red" }, verb);
        Assert.Equal(2, await program.EndAsync(TestContext.Current.CancellationToken));
        Assert.Contains($"error: {section}:Log:Format 'xml' must be text or json.", program.Output, StringComparison.Ordinal);
        Assert.Contains($"error: {section}:Log:Colour is no option.", program.Output, StringComparison.Ordinal);
    }

    private static string[] NamesOf(JsonElement line, string name) =>
    [
        .. line.TryGetProperty("State", out var state) ? Of(state, name) : [],
        .. line.TryGetProperty("Scopes", out var scopes) ? scopes.EnumerateArray().SelectMany(s => Of(s, name)) : [],
    ];

    private static string[] Of(JsonElement part, string name) => part.ValueKind == JsonValueKind.Object && part.TryGetProperty(name, out var value) ? value.GetString()!.Split(' ') : [];
}
