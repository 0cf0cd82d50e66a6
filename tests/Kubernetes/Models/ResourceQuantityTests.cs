using System.Globalization;
using Federation.Kubernetes.Models;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Kubernetes.Tests.Models;

public sealed class ResourceQuantityTests
{
    [Theory]
    [InlineData("0", "0")]
    [InlineData("250m", "0.25")]
    [InlineData("1500m", "1.5")]
    [InlineData("2", "2")]
    [InlineData("4Gi", "4294967296")]
    [InlineData("1.5Mi", "1572864")]
    [InlineData("1M", "1000000")]
    [InlineData("1e3", "1000")]
    [InlineData("12E", "12000000000000000000")]
    [InlineData("-5k", "-5000")]
    [InlineData("100n", "0.0000001")]
    [InlineData("3u", "0.000003")]
    public void Parse_Quantity_IsExact(string text, string value) =>
        Assert.Equal(decimal.Parse(value, CultureInfo.InvariantCulture), ResourceQuantity.Parse(text).Value);

    [Theory]
    [InlineData("")]
    [InlineData("Gi")]
    [InlineData("1 Gi")]
    [InlineData("1GiB")]
    [InlineData("0x10")]
    [InlineData("NaN")]
    [InlineData("1e30E")]
    [InlineData("١")]
    public void Parse_Rubbish_Refused(string text)
    {
        Assert.False(ResourceQuantity.TryParse(text, out _));
        Assert.Throws<FormatException>(() => ResourceQuantity.Parse(text));
    }

    [Fact]
    public void ToMilli_AnyMilli_Property_RoundTrips() => Prop.ForAll<int>(milli =>
        ResourceQuantity.Parse($"{milli}m").ToMilli() == milli).QuickCheckThrowOnFailure();

    [Fact]
    public void ToInt64_PartsOfAUnit_AreRoundedUp() => Assert.Equal(2, ResourceQuantity.Parse("1001m").ToInt64());
}
