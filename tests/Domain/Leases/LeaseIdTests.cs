using Federation.Domain.Leases;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Domain.Tests.Leases;

public sealed class LeaseIdTests
{
    private const string Hex = "0x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    [Fact]
    public void Parse_AnyCase_IsOneId()
    {
        Assert.Equal(LeaseId.Parse(Hex), LeaseId.Parse("0X" + Hex[2..].ToUpperInvariant()));
        Assert.Equal(Hex, LeaseId.Parse(Hex).ToString());
    }

    [Fact]
    public void Namespace_HasTheFirst16Digits() => Assert.Equal("lease-0011223344556677", LeaseId.Parse(Hex).Namespace);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff00")]
    [InlineData("0x00112233445566778899aabbccddeeff00112233445566778899aabbccddeef")]
    [InlineData("0x00112233445566778899aabbccddeeff00112233445566778899aabbccddeefg")]
    [InlineData("0x٠0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")]
    public void TryParse_NoId_IsFalse(string? text)
    {
        Assert.False(LeaseId.TryParse(text, out _));
        if (text is not null) Assert.Throws<FormatException>(() => LeaseId.Parse(text));
    }

    [Fact]
    public void Parse_Any32Bytes_IsReadBack() => Prop.ForAll(Gen.Choose(0, 255).ArrayOf(32).ToArbitrary(), bytes =>
    {
        var hex = "0x" + Convert.ToHexStringLower([.. bytes.Select(b => (byte)b)]);
        return LeaseId.Parse(hex).Hex == hex;
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(LeaseState.None, LeaseState.None, 10, true)]
    [InlineData(LeaseState.None, LeaseState.None, 9, false)]
    [InlineData(LeaseState.Reserved, LeaseState.None, 10, false)]
    [InlineData(LeaseState.None, LeaseState.Reserved, 10, false)]
    public void WasReorgedAway_OnlyWhenAFinalizedBlockPastTheMatchKnowsNothing(LeaseState confirmed, LeaseState finalized, ulong finalizedBlock, bool gone)
    {
        var view = new LeaseView(default, null!, ChainLease.Unknown with { State = confirmed }, ChainLease.Unknown with { State = finalized }, 10, 12, finalizedBlock, 0);
        Assert.Equal(gone, view.WasReorgedAway);
    }
}
