using System.Net;
using Federation.Application.Ports;
using Federation.Cluster.Hostnames;

namespace Federation.Cluster.Tests.Hostnames;

/// <summary>TXT records from a real name server on loopback.</summary>
public sealed class DnsRecordsTests : IDisposable
{
    private const string Name = "_federation.shop.example.org";

    private readonly NameServer server = new();
    private readonly DnsRecords records;

    public DnsRecordsTests() => records = new DnsRecords([server.Address]);

    public void Dispose() => server.Dispose();

    [Fact]
    public async Task Texts_AreRead_EachWhole_AndAskedForByTheirNameAlone()
    {
        server.Texts[Name] = [["v=spf1 -all"], ["federation-tenant=", "0x01"]];
        Assert.Equal(["federation-tenant=0x01", "v=spf1 -all"], (await ReadAsync()).Order(StringComparer.Ordinal));
        Assert.Equal([$"{Name} 16"], server.Asked);
    }

    // Who runs many domains has the record in one place.
    [Fact]
    public async Task Alias_IsFollowed()
    {
        server.Aliases[Name] = "proofs.example.net";
        server.Texts["proofs.example.net"] = [["federation-tenant=0x01"]];
        Assert.Equal(["federation-tenant=0x01"], await ReadAsync());
    }

    [Fact]
    public async Task NoSuchNameOrRecord_IsAnAnswer()
    {
        Assert.Empty(await ReadAsync());
        server.Texts[Name] = [];
        Assert.Empty(await ReadAsync());
        Assert.Equal(2, server.Asked.Count);
    }

    [Theory]
    [InlineData(2, "the answer is ServerFailure")]
    [InlineData(5, "the answer is Refused")]
    public async Task FailingServer_SaysNothingOfTheName(byte code, string expected)
    {
        server.Codes[Name] = code;
        Assert.Equal(expected, (await Assert.ThrowsAsync<NameServiceException>(ReadAsync)).Message);
    }

    [Fact]
    public async Task SilentServer_SaysNothingOfTheName_AndIsAskedAgain()
    {
        server.Silent[Name] = true;
        Assert.Equal("no answer in time", (await Assert.ThrowsAsync<NameServiceException>(ReadAsync)).Message);
        Assert.True(server.Asked.Count >= 2);
        server.Silent.Clear();
        Assert.Empty(await ReadAsync());
    }

    [Fact]
    public async Task ServerThatIsDown_SaysNothingOfTheName()
    {
        var nobody = new DnsRecords([new IPEndPoint(IPAddress.Loopback, 1)]);
        await Assert.ThrowsAsync<NameServiceException>(() => nobody.ReadTextsAsync(Name, TestContext.Current.CancellationToken));
    }

    private Task<IReadOnlyList<string>> ReadAsync() => records.ReadTextsAsync(Name, TestContext.Current.CancellationToken);
}
