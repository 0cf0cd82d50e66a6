using System.Net;
using Federation.Cluster.Networks;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Cluster.Tests.Networks;

public sealed class PublicAddressTests
{
    [Theory]
    [InlineData("1.1.1.1", true)]
    [InlineData("172.15.255.255", true)]
    [InlineData("172.32.0.0", true)]
    [InlineData("223.255.255.255", true)]
    [InlineData("2606:4700::1111", true)]
    [InlineData("::ffff:1.1.1.1", true)]
    [InlineData("0.0.0.0")]
    [InlineData("10.0.0.1")]
    [InlineData("100.100.100.200")]
    [InlineData("127.0.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("192.168.1.1")]
    [InlineData("198.18.0.1")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("203.0.114.7", false, "203.0.114.0/24")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("::7f00:1")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fe80::1")]
    [InlineData("ff02::1")]
    [InlineData("2001::1")]
    [InlineData("2001:db8::1")]
    [InlineData("2002:a9fe:a9fe::1")]
    public void Address_IsPublic_OrNot(string address, bool isPublic = false, string? denied = null) =>
        Assert.Equal(isPublic, PublicAddress.Is(IPAddress.Parse(address), denied is null ? [] : [IPNetwork.Parse(denied)]));

    // What is refused plainly is refused inside of version 6 too, and the other way round.
    [Fact]
    public void MappedAddress_IsWhatItMaps() => Prop.ForAll(ArbMap.Default.ArbFor<uint>(), bits =>
    {
        var plain = new IPAddress(BitConverter.GetBytes(bits));
        return PublicAddress.Is(plain, []) == PublicAddress.Is(plain.MapToIPv6(), []);
    }).QuickCheckThrowOnFailure();
}
