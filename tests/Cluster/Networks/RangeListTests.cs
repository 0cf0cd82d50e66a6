using System.Net;
using Federation.Cluster.Networks;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Cluster.Tests.Networks;

public sealed class RangeListTests
{
    [Theory]
    [InlineData(4, "1.0.0.1/32 1.0.0.1/32 1.0.0.0/24 9.9.9.9/32", "1.0.0.0/24 9.9.9.9/32")]
    [InlineData(4, "1.0.0.1/32 2600::1/128 2600::/64", "1.0.0.1/32 2600::/64")]
    // Two of one version are too many for one place: all of it is widened until they fit, and the other version stays as it is.
    [InlineData(1, "1.0.0.4/32 1.0.0.7/32 2600::1/128", "1.0.0.4/30 2600::1/128")]
    [InlineData(2, "1.0.0.4/32 1.0.0.7/32 200.1.1.1/32", "1.0.0.4/30 200.1.1.0/30")]
    public void Ranges_AreAsFewAsMayBe(int most, string given, string expected) =>
        Assert.Equal(expected, string.Join(' ', RangeList.Fit(given.Split(' ').Select(r => IPNetwork.Parse(r)), most)));

    [Fact]
    public void WhatWasNamed_StaysIn_HoweverFewThereMayBe() => Prop.ForAll(ArbMap.Default.ArbFor<uint[]>(), ArbMap.Default.ArbFor<PositiveInt>(), (bits, most) =>
    {
        var named = bits.Select(b => RangeList.Of(new IPAddress(b))).ToArray();
        var fit = RangeList.Fit(named, most.Get);
        return fit.Count <= most.Get && named.All(n => fit.Count(f => f.Covers(n)) == 1) && fit.SequenceEqual(RangeList.Fit(named.Reverse(), most.Get));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void MappedAddress_IsTheOneThatItMaps() => Assert.Equal("1.2.3.4/32", RangeList.Of(IPAddress.Parse("::ffff:1.2.3.4")).ToString());
}
