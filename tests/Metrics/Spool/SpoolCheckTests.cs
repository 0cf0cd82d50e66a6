using Federation.Application.Ports;
using Federation.Metrics.Spool;
using Federation.Metrics.Tests.Support;

namespace Federation.Metrics.Tests.Spool;

/// <summary>Spools as they are served: who answers, who does not, and what is wrong where.</summary>
public sealed class SpoolCheckTests
{
    private const long Start = 1_764_372_000_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AllAnswer_IsOneLine_AlsoWhereOneMissedSomething()
    {
        await using var one = await SpoolNode.StartAsync(Start);
        await using var two = await SpoolNode.StartAsync(Start);

        Assert.Equal([("2 of 2 spools answer", null)], await LookAsync(one.TokenFile, one.Url, two.Url));
    }

    [Fact]
    public async Task OneIsAway_IsNamed_AndTheOthersAreCounted()
    {
        await using var one = await SpoolNode.StartAsync(Start);

        var found = await LookAsync(one.TokenFile, one.Url, new Uri("http://127.0.0.1:1"));

        Assert.Equal(2, found.Count);
        Assert.StartsWith("the spool at 127.0.0.1 gives no answer: the one at 127.0.0.1:1 could not be asked: Connection refused", found[0].Found, StringComparison.Ordinal);
        Assert.Contains("DaemonSet federation-spool", found[0].Fix, StringComparison.Ordinal);
        Assert.Equal(("1 of 2 spools answer", null), found[1]);
    }

    [Fact]
    public async Task AnothersToken_AndAWrongName_AreSaid()
    {
        await using var one = await SpoolNode.StartAsync(Start);
        await using var other = await SpoolNode.StartAsync(Start);
        await File.WriteAllTextAsync(other.TokenFile, "another", Cancellation);

        Assert.Contains("Spool:BearerTokenFile", Assert.Single(await LookAsync(other.TokenFile, one.Url)).Found, StringComparison.Ordinal);
        var (found, fix) = Assert.Single(await LookAsync(one.TokenFile, new Uri("http://spool.invalid:9105")));
        Assert.Contains("spool.invalid cannot be resolved", found, StringComparison.Ordinal);
        Assert.Contains("name service", fix, StringComparison.Ordinal);
    }

    // The operator asks again and again by the same connections: what was away is seen to answer, and what answered to be away.
    [Fact]
    public async Task Standing_IsOfNow_AndANameThatLeadsNowhereIsAway()
    {
        await using var one = await SpoolNode.StartAsync(Start);
        SpoolCheck check;
        await using (var other = await SpoolNode.StartAsync(Start))
        {
            check = Check(one.TokenFile, one.Url, other.Url, new Uri("http://spool.invalid:9105"));
            var standing = await check.StandingAsync(Cancellation);
            Assert.Equal((2, "spool.invalid"), (standing.Answering, Names(standing)));

            var token = await File.ReadAllTextAsync(other.TokenFile, Cancellation);
            await File.WriteAllTextAsync(other.TokenFile, "another", Cancellation);
            standing = await check.StandingAsync(Cancellation);
            Assert.Equal((1, "127.0.0.1, spool.invalid"), (standing.Answering, Names(standing)));
            Assert.Contains("Spool:BearerTokenFile", standing.Away[0].Fault, StringComparison.Ordinal);

            await File.WriteAllTextAsync(other.TokenFile, token, Cancellation);
            Assert.Equal(2, (await check.StandingAsync(Cancellation)).Answering);
        }

        Assert.Equal("127.0.0.1, spool.invalid", Names(await check.StandingAsync(Cancellation)));

        static string Names(SpoolStanding standing) => string.Join(", ", standing.Away.Select(a => a.Name));
    }

    [Fact]
    public async Task Addresses_AreThoseOfAllNames_OrNone()
    {
        var options = new SpoolSourceOptions { Urls = [new Uri("http://127.0.0.2:1"), new Uri("http://127.0.0.3:1"), new Uri("http://127.0.0.2:2")] };
        Assert.Equal(["127.0.0.2", "127.0.0.3"], (await SpoolCheck.AddressesAsync(options, Cancellation))!.Select(a => a.ToString()).Order(StringComparer.Ordinal));
        options.Urls = [.. options.Urls, new Uri("http://spool.invalid:9105")];
        Assert.Null(await SpoolCheck.AddressesAsync(options, Cancellation));
    }

    private static Task<IReadOnlyList<(string Found, string? Fix)>> LookAsync(string tokenFile, params Uri[] urls) => Check(tokenFile, urls).LookAsync(Cancellation);

    private static SpoolCheck Check(string tokenFile, params Uri[] urls) =>
        new(new SpoolSourceOptions { Urls = urls, BearerTokenFile = tokenFile, Timeout = TimeSpan.FromSeconds(30) }, TimeProvider.System);
}
