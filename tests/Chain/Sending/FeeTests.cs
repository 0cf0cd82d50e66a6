using System.Numerics;
using Federation.Chain.Sending;
using Federation.Chain.Tests.Support;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Chain.Tests.Sending;

public class FeeTests
{
    private static readonly Arbitrary<BigInteger> Wei = Arbitrary.Unsigned(64).ToArbitrary();

    [Fact]
    public void For_NeverAboveTheCap_NeverBelowTheBaseFee() => Prop.ForAll(Wei, Wei, Wei, (baseFee, tip, cap) =>
        Fee.For(baseFee, tip, cap) is { } fee
            ? fee.Max <= cap && fee.Max >= baseFee && fee.Priority <= fee.Max && baseFee <= cap
            : baseFee > cap).QuickCheckThrowOnFailure();

    [Fact]
    public void Bump_ReplacesByWhatNodesAsk_OrNotAtAll() => Prop.ForAll(Wei, Wei, Wei, (baseFee, tip, cap) =>
    {
        if (Fee.For(baseFee, tip, cap) is not { } fee) return true;
        return fee.Bump(fee, cap) is { } more
            ? more.Max <= cap && more.Max * 10 >= fee.Max * 11 && more.Priority <= more.Max
            : (fee.Max * 9 / 8) + 1 > cap;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Bump_OneStep_IsTwelveAndAHalfPercent() =>
        Assert.Equal(new Fee(9001, 901), new Fee(8000, 800).Bump(new Fee(0, 0), 100_000));

    [Theory]
    [InlineData("already known", BroadcastAnswer.Sent)]
    [InlineData("transaction already imported", BroadcastAnswer.Sent)]
    [InlineData("nonce too low", BroadcastAnswer.NonceUsed)]
    [InlineData("Nonce too low: next nonce 7, tx nonce 6", BroadcastAnswer.NonceUsed)]
    [InlineData("replacement transaction underpriced", BroadcastAnswer.Underpriced)]
    [InlineData("insufficient funds for gas * price + value", BroadcastAnswer.Refused)]
    internal void Read_WordsOfNodes_AreUnderstood(string words, BroadcastAnswer answer) => Assert.Equal(answer, Broadcast.Read(words));
}
