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

    private static Task<IReadOnlyList<(string Found, string? Fix)>> LookAsync(string tokenFile, params Uri[] urls) =>
        new SpoolCheck(new SpoolSourceOptions { Urls = urls, BearerTokenFile = tokenFile, Timeout = TimeSpan.FromSeconds(30) }, TimeProvider.System).LookAsync(Cancellation);
}
