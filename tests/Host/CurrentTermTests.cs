using Federation.Application.Ports;
using Federation.Host.Tests.Support;

namespace Federation.Host.Tests;

public sealed class CurrentTermTests
{
    private static readonly DatacenterReport Report = new([], 1, 1, 0, 0, Earnings.None);
    private static readonly DatacenterRecord Record = new("alpha", 1, null!, null);

    [Fact]
    public async Task WithoutTerm_QuotesAreRefusedWithTheReason_AndNothingIsWritten()
    {
        var current = new CurrentTerm();

        Assert.False(current.HasSynced || current.IsLeading);
        var refused = await current.QuoteAsync(null!, default);
        Assert.Null(refused.Offer);
        Assert.Equal("NotLeading", refused.Reason);
        Assert.Contains("again", refused.Message, StringComparison.Ordinal);
        var claim = new ReaderClaim("", "", "", "", "");
        string[] reasons =
        [
            (await current.ReceiptAsync(default, claim, default)).Reason, (await current.CountersignAsync(default, "", "", default)).Reason,
            (await current.Evidence.ListAsync(default, claim, default)).Reason, (await current.Evidence.OpenAsync(default, "1", claim, default)).Reason,
        ];
        Assert.All(reasons, r => Assert.Equal("NotLeading", r));
        Assert.Null(await current.ReadAsync(default));
        await current.WriteStatusAsync(Record, Report, default);
    }

    [Fact]
    public async Task WithTerm_ItAnswers()
    {
        var (current, term) = (new CurrentTerm(), new ScriptedTerm { Datacenter = Record });
        current.Set(term);

        Assert.Same(ScriptedTerm.Answer, await current.QuoteAsync(null!, default));
        Assert.Same(Record, await current.ReadAsync(default));
        await current.WriteStatusAsync(Record, Report, default);
        Assert.Same(Report, Assert.Single(term.Written));
    }

    [Fact]
    public async Task AfterTheTerm_TheOldOneIsAskedNoMore()
    {
        var (current, term) = (new CurrentTerm(), new ScriptedTerm { Datacenter = Record });
        current.Set(term);
        current.Set(null);

        Assert.Equal("NotLeading", (await current.QuoteAsync(null!, default)).Reason);
        Assert.Null(await current.ReadAsync(default));
        await current.WriteStatusAsync(Record, Report, default);
        Assert.Empty(term.Written);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Synced_IsWhatTheTermSays(bool hasSynced)
    {
        var current = new CurrentTerm();
        current.Set(new ScriptedTerm { HasSynced = hasSynced });

        Assert.Equal((true, hasSynced), (current.IsLeading, current.HasSynced));
    }
}
