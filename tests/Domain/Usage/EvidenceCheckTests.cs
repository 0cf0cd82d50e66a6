using Federation.Domain.Usage;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Usage;

namespace Federation.Domain.Tests.Usage;

public sealed class EvidenceCheckTests
{
    private static readonly Digest Hash = FakeHasher.Instance.Keccak256;
    private readonly IReadOnlyList<WindowEvidence> windows = SealedWindows.Three(Hash);

    private string[] Lines => [.. windows.SelectMany(w => w.Lines)];

    [Fact]
    public void Export_GivesTheRootOfItsLastWindow()
    {
        Assert.Equal(new EvidenceVerdict(windows[2].Root, 1, 3, null), Verify(Lines));
        Assert.Equal(new EvidenceVerdict(windows[1].Root, 1, 2, null), Verify([.. windows.Take(2).SelectMany(w => w.Lines)]));
        Assert.Equal(new EvidenceVerdict(windows[2].Root, 3, 3, null), Verify(windows[2].Lines));
        Assert.DoesNotContain(Lines, l => l.Contains('\n'));
    }

    // Either it is refused, or it comes to another root than the one on chain.
    [Fact]
    public void AnyByteFlipped_IsFound()
    {
        var lines = Lines;
        for (var line = 0; line < lines.Length; line++)
        {
            for (var at = 0; at < lines[line].Length; at++)
            {
                var changed = lines[line].ToCharArray();
                changed[at] ^= (char)1;
                Assert.NotEqual(windows[2].Root, Verify([.. lines[..line], new string(changed), .. lines[(line + 1)..]]).Root);
            }
        }
    }

    [Fact]
    public void LineLeftOut_Doubled_OrMoved_IsFound()
    {
        var lines = Lines;
        for (var line = 0; line < lines.Length; line++)
        {
            Assert.NotEqual(windows[2].Root, Verify([.. lines[..line], .. lines[(line + 1)..]]) is { First: 1 } left ? left.Root : "");
            Assert.NotEqual(windows[2].Root, Verify([.. lines[..line], lines[line], .. lines[line..]]).Root);
            if (line > 0) Assert.NotEqual(windows[2].Root, Verify([.. lines[..(line - 1)], lines[line], lines[line - 1], .. lines[(line + 1)..]]).Root);
        }
    }

    [Fact]
    public void Refusal_SaysWhere_AndWhat()
    {
        Assert.Equal("Line 5, window 3: it follows window 1.", Verify([.. windows[0].Lines, .. windows[2].Lines]).Problem);
        Assert.Equal("Line 1, window 1: its series are not those that it was closed with.", Verify([windows[0].Lines[0], .. windows[0].Lines.Skip(1).Reverse()]).Problem);
        Assert.Equal("Line 5 is no record of a window.", Verify([.. windows[0].Lines, "x"]).Problem);
        Assert.Equal("There is no window in it.", Verify([]).Problem);
        Assert.Contains($"it is of lease {Some.LeaseId(1)}", EvidenceCheck.Verify(Some.LeaseId(2), Lines, Hash).Problem, StringComparison.Ordinal);
    }

    private static EvidenceVerdict Verify(IEnumerable<string> lines) => EvidenceCheck.Verify(Some.LeaseId(1), lines, Hash);
}
