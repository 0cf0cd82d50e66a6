using System.Numerics;
using Federation.Ethereum.Abi;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Ethereum.Tests.Abi;

public sealed class RevertReasonTests
{
    private static readonly ErrorAbi TooLow = ErrorAbi.Parse("EscrowTooLow(uint256 available,address[] who)");

    [Fact]
    public void Decode_ErrorString_IsItsText() =>
        Assert.Equal("not yours", RevertReason.Decode(ErrorAbi.Error.Encode("not yours")).Text);

    [Fact]
    public void Decode_Panic_NamesTheCode() =>
        Assert.Equal("panic 0x11: arithmetic overflow or underflow", RevertReason.Decode(ErrorAbi.Panic.Encode(0x11)).Text);

    [Fact]
    public void Decode_CustomError_ShowsItsParameters()
    {
        var data = TooLow.Encode(7, new object[] { Address.Zero });

        var reason = RevertReason.Decode(data, [TooLow]);

        Assert.Equal("EscrowTooLow", reason.Name);
        Assert.Equal((BigInteger)7, reason.Values[0]);
        Assert.Equal($"EscrowTooLow(available=7, who=[{Address.Zero}])", reason.Text);
    }

    [Fact]
    public void Decode_CustomErrorNotGiven_ShowsTheBytes() =>
        Assert.StartsWith("unknown error 0x", RevertReason.Decode(TooLow.Encode(7, Array.Empty<object>())).Text, StringComparison.Ordinal);

    [Fact]
    public void Decode_Nothing_SaysSo() => Assert.Equal("reverted without a reason", RevertReason.Decode([]).Text);

    [Fact]
    public void Decode_AnyBytesAfterAKnownSelector_NeverThrows() => Prop.ForAll<byte[], int>((tail, pick) =>
    {
        ErrorAbi[] known = [ErrorAbi.Error, ErrorAbi.Panic, TooLow];
        byte[] data = [.. known[Math.Abs(pick % 3)].Selector, .. tail];
        return RevertReason.Decode(data, [TooLow]).Data.Length == data.Length;
    }).QuickCheckThrowOnFailure();
}
