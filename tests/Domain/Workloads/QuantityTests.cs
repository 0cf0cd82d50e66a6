using System.Globalization;
using System.Numerics;
using Federation.Domain.Workloads;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Domain.Tests.Workloads;

public sealed class QuantityTests
{
    private const uint Max = uint.MaxValue;

    // Each line as resource.MustParse(text).MilliValue() gives it in k8s.io/apimachinery.
    [Theory]
    [InlineData("500m", 500u)]
    [InlineData("0.5", 500u)]
    [InlineData(".5", 500u)]
    [InlineData("5.", 5000u)]
    [InlineData("+2", 2000u)]
    [InlineData("2", 2000u)]
    [InlineData("0.0001", 1u)]
    [InlineData("1100u", 2u)]
    [InlineData("1n", 1u)]
    [InlineData("1e3", 1_000_000u)]
    [InlineData("1E3", 1_000_000u)]
    [InlineData("1e-3", 1u)]
    [InlineData("1e+1", 10_000u)]
    [InlineData("1.5k", 1_500_000u)]
    [InlineData("1Ki", 1_024_000u)]
    [InlineData("0.1", 100u)]
    [InlineData("1.0001", 1001u)]
    public void TryMilliCpu_AsKubernetesReads(string text, uint milli)
    {
        Assert.True(Quantity.TryMilliCpu(text, Max, out var value, out var fault), fault);
        Assert.Equal(milli, value);
    }

    // Bytes as Value() gives them, then MiB rounded up.
    [Theory]
    [InlineData("128Mi", 128u)]
    [InlineData("1Gi", 1024u)]
    [InlineData("1.5Gi", 1536u)]
    [InlineData("1Ti", 1_048_576u)]
    [InlineData("0.5Ki", 1u)]
    [InlineData("1", 1u)]
    [InlineData("1048576", 1u)]
    [InlineData("1048577", 2u)]
    [InlineData("1e3", 1u)]
    [InlineData("1e9", 954u)]
    [InlineData("1G", 954u)]
    [InlineData("1M", 1u)]
    [InlineData("500M", 477u)]
    [InlineData("128974848", 123u)]
    [InlineData("129e6", 124u)]
    [InlineData("129M", 124u)]
    [InlineData("123Mi", 123u)]
    [InlineData("0.001Pi", 1_073_742u)]
    public void TryMiB_AsKubernetesReads(string text, uint mib)
    {
        Assert.True(Quantity.TryMiB(text, Max, out var value, out var fault), fault);
        Assert.Equal(mib, value);
    }

    [Theory]
    [InlineData("", "is no quantity")]
    [InlineData(" 1", "is no quantity")]
    [InlineData("1 ", "is no quantity")]
    [InlineData("1\n", "is no quantity")]
    [InlineData("1mi", "is no quantity")]
    [InlineData("1MI", "is no quantity")]
    [InlineData("1K", "is no quantity")]
    [InlineData("1Kib", "is no quantity")]
    [InlineData("1e", "is no quantity")]
    [InlineData("1e3Mi", "is no quantity")]
    [InlineData("1.2.3", "is no quantity")]
    [InlineData(".", "is no quantity")]
    [InlineData("m", "is no quantity")]
    [InlineData("--1", "is no quantity")]
    [InlineData("1,5", "is no quantity")]
    [InlineData("0x10", "is no quantity")]
    [InlineData("NaN", "is no quantity")]
    [InlineData("١", "is no quantity")]
    [InlineData("111111111111111111111111111111111", "is no quantity")]
    [InlineData("0", "more than zero")]
    [InlineData("-1", "more than zero")]
    [InlineData("-0.5Ki", "more than zero")]
    [InlineData("0e30", "more than zero")]
    [InlineData("1e30", "must not be more than")]
    [InlineData("1e999999999999", "must not be more than")]
    [InlineData("9223372036854775808", "must not be more than")]
    [InlineData("9Ei", "must not be more than")]
    [InlineData("9E", "must not be more than")]
    public void Try_Malformed_SaysWhy(string text, string why)
    {
        Assert.False(Quantity.TryMilliCpu(text, Max, out var milli, out var cpuFault));
        Assert.False(Quantity.TryMiB(text, 1 << 20, out var mib, out var memoryFault));
        Assert.Contains(why, cpuFault, StringComparison.Ordinal);
        Assert.Contains(why, memoryFault, StringComparison.Ordinal);
        Assert.Equal((0u, 0u), (milli, mib));
    }

    [Fact]
    public void TryMiB_PartOfAByte_AsksForTheUsualMeaning()
    {
        Assert.False(Quantity.TryMiB("128m", Max, out _, out var fault));
        Assert.Contains("did you mean \"128Mi\"?", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void TryMilliCpu_AnyMillis_AreReadBackInEachSpelling() =>
        Prop.ForAll(
            Gen.Choose(1, int.MaxValue).ToArbitrary(),
            milli => new[]
            {
                $"{milli}m",
                $"{milli}000u",
                $"{milli / 1000}.{milli % 1000:D3}",
                $"{milli}e-3",
                $"0.{milli:D12}G",
            }.All(text => Quantity.TryMilliCpu(text, Max, out var value, out _) && value == milli)).QuickCheckThrowOnFailure();

    [Fact]
    public void TryMiB_AnyBytes_AreRoundedUpAndNeverDown() =>
        Prop.ForAll(
            Gen.Choose(1, int.MaxValue).Two().ToArbitrary(),
            pair =>
            {
                var bytes = (BigInteger)pair.Item1 * (pair.Item2 % 1_000_000 + 1);
                var read = Quantity.TryMiB(bytes.ToString(CultureInfo.InvariantCulture), Max, out var mib, out _);
                return read && mib * (BigInteger)1048576 >= bytes && (mib - 1) * (BigInteger)1048576 < bytes;
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void Try_AnyText_NeverThrows() =>
        Prop.ForAll<string>(text =>
        {
            _ = Quantity.TryMilliCpu(text ?? "", Max, out _, out _);
            return Quantity.TryMiB(text ?? "", Max, out _, out var fault) == (fault.Length == 0);
        }).QuickCheckThrowOnFailure();
}
