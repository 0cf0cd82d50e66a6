using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Domain.Leases;

namespace Federation.Gateway.Tests;

/// <summary>A tenant's operator asks gateways: real ones, ones that are not there, and ones that it must not ask.</summary>
public sealed class QuoteDeskTests
{
    private static readonly PreparedOrder Order = new(Samples.Request, LeaseId.Parse("0x" + new string('1', 64)), "0x" + new string('a', 130));

    [Fact]
    public async Task Gateway_IsAskedWithTheSignature_AndItsAnswerComesBack()
    {
        var quoter = new ScriptedQuoter(_ => new QuoteResult(Samples.Offer, "", ""));
        await using var gateway = await RunningGateway.StartAsync(quoter);
        using var desk = new HttpQuoteDesk(new QuoteDeskOptions { AllowHttp = true }, TimeProvider.System);
        var answer = await desk.QuoteAsync(gateway.Http.BaseAddress!.AbsoluteUri, Order, default);
        Assert.Equal(Samples.Offer, answer.Answer);
        Assert.Equal(Order.Signature, Assert.Single(quoter.Asked).Signature);
    }

    [Fact]
    public async Task RefusalAndSilence_AreAnswers()
    {
        await using var gateway = await RunningGateway.StartAsync(new ScriptedQuoter(_ => QuoteResult.Refuse("NotEnoughGpu", "Free: 0 of 4.")));
        using var desk = new HttpQuoteDesk(new QuoteDeskOptions { AllowHttp = true }, TimeProvider.System);
        var refused = await desk.QuoteAsync(gateway.Http.BaseAddress!.AbsoluteUri, Order, default);
        Assert.Null(refused.Answer);
        Assert.Equal(("NotEnoughGpu", "Free: 0 of 4."), (refused.Reason, refused.Message));
        Assert.Equal("NoAnswer", (await desk.QuoteAsync("http://127.0.0.1:1", Order, default)).Reason);
        Assert.Equal("NoAnswer", (await desk.AmendAsync("http://127.0.0.1:1", Order, default)).Reason);
    }

    [Theory]
    [InlineData("http://127.0.0.1:1")]
    [InlineData("file:///etc/passwd")]
    [InlineData("not an address")]
    [InlineData("")]
    public async Task EndpointThatIsNotHttps_IsNotAsked(string endpoint)
    {
        using var desk = new HttpQuoteDesk(new QuoteDeskOptions(), TimeProvider.System);
        Assert.Equal("EndpointNotHttps", (await desk.QuoteAsync(endpoint, Order, default)).Reason);
    }
}
