using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Chain.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Usage;
using Federation.Testing.Usage;

namespace Federation.Chain.Tests.Signing;

/// <summary>vectors/evidence.json: windows as they are exported and the root that a receipt on chain names. tests/Ethereum has viem compute the same.</summary>
public sealed class EvidenceVectorTests
{
    private static readonly Digest Keccak = new KeccakHasher().Keccak256;

    [Fact]
    public void Windows_AreSealed_AsTheVectorsSay()
    {
        var windows = SealedWindows.Three(Keccak);
        var expected = string.Concat(windows.Select((_, i) => Case([.. windows.Take(i + 1)]) + (i < 2 ? ",\n" : "\n")));
        expected = "{ \"cases\": [\n" + expected + "] }\n";
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1") File.WriteAllText(Path.Combine(Repository.Root, "contracts", "vectors", "evidence.json"), expected);
        Assert.Equal(expected, Repository.Vectors("evidence"));
    }

    [Fact]
    public void Vectors_AreVerified_FromTheirLinesAlone()
    {
        using var file = JsonDocument.Parse(Repository.Vectors("evidence"));
        var cases = file.RootElement.GetProperty("cases").EnumerateArray().ToArray();
        Assert.Equal(3, cases.Length);
        Assert.All(cases, c =>
        {
            var lines = c.GetProperty("lines").EnumerateArray().Select(l => l.GetString()!);
            var verdict = EvidenceCheck.Verify(LeaseId.Parse(c.GetProperty("lease").GetString()!), lines, Keccak);
            Assert.Equal((c.GetProperty("root").GetString(), 1, null), (verdict.Root, verdict.First, verdict.Problem));
        });
    }

    private static string Case(WindowEvidence[] windows) => new JsonObject
    {
        ["lease"] = windows[0].Lease.ToString(),
        ["lines"] = new JsonArray([.. windows.SelectMany(w => w.Lines).Select(l => JsonValue.Create(l))]),
        ["root"] = windows[^1].Root,
    }.ToJsonString(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
