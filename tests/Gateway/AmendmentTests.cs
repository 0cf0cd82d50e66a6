using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Federation.Application.Amending;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Domain.Pricing;

namespace Federation.Gateway.Tests;

public class AmendmentTests
{
    private static readonly LeaseId Lease = LeaseId.Parse("0x" + new string('e', 64));

    private static readonly LeaseTerms Terms = new(
        Samples.Request.Tenant, Samples.Request.Tenant, Samples.Offer.Provider, Samples.Request.Token, Samples.Request.SpecHash, Samples.Request.Resources, Samples.Request.MaxPrices,
        1, 2, 3, 3600, 60, 1_800_000_000, 5000, Samples.Request.Arbiter, Samples.Request.Arbiter, 5, false, new LeaseParameters(1, 2, 3, 4, Samples.Wide, 6, 7, 8, 9));

    private static readonly SignedAmendment Amendment = new(
        new AmendmentTerms(Lease.Hex, Terms, Terms with { NoticeSeconds = 61 }, 3, 9, 1_800_000_100, new UsageVector(ulong.MaxValue, 2, 3, 4, 5, 6), 7, 1_800_000_200), "0x" + new string('1', 130));

    private static readonly ScriptedQuoter NoQuotes = new(_ => throw new InvalidOperationException("Nobody asked for a quote."));

    [Fact]
    public async Task Amendment_Good_ReachesTheAmenderAndComesBackWhole()
    {
        var amender = new ScriptedAmender(_ => new AmendmentResult(Amendment, "", ""));
        await using var gateway = await RunningGateway.StartAsync(NoQuotes, amender: amender);
        var answer = await gateway.Client.AmendAsync(Lease, Samples.Request, "0x0a", default);
        Assert.Equal(Amendment, answer.Amendment);
        Assert.Equal(new AmendmentDemand(Lease, Samples.Request, "0x0a", "127.0.0.1"), Assert.Single(amender.Asked));
    }

    [Theory]
    [InlineData(QuoteReasons.SignatureInvalid, HttpStatusCode.Unauthorized)]
    [InlineData(AmendmentReasons.LeaseUnknown, HttpStatusCode.NotFound)]
    [InlineData(PlacementReasons.ExceedsDatacenter, HttpStatusCode.Conflict)]
    public async Task Amendment_Refused_IsAProblemWithTheReason(string reason, HttpStatusCode status)
    {
        await using var gateway = await RunningGateway.StartAsync(NoQuotes, amender: new ScriptedAmender(_ => new AmendmentResult(null, reason, "No.")));
        using var response = await PostAsync(gateway, Lease.Hex, Body());
        Assert.Equal(status, response.StatusCode);
        var answer = await gateway.Client.AmendAsync(Lease, Samples.Request, "0x0a", default);
        Assert.Equal((null, reason, "No."), (answer.Amendment, answer.Reason, answer.Message));
    }

    [Fact]
    public async Task Amendment_OfWhatIsNoLease_OrBadInput_ReachesNobody()
    {
        var amender = new ScriptedAmender(_ => new AmendmentResult(Amendment, "", ""));
        await using var gateway = await RunningGateway.StartAsync(NoQuotes, amender: amender);
        using var unknown = await PostAsync(gateway, "0x12", Body());
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        var body = Body();
        body["request"]!["resources"]!["cpuMilli"] = 0;
        using var bad = await PostAsync(gateway, Lease.Hex, body);
        Assert.Equal(HttpStatusCode.BadRequest, bad.StatusCode);
        Assert.Contains("$.request.resources.cpuMilli", await bad.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(amender.Asked);
    }

    [Fact]
    public async Task Amendments_CountAgainstTheSameLimitAsQuotes()
    {
        var amender = new ScriptedAmender(_ => new AmendmentResult(Amendment, "", ""));
        await using var gateway = await RunningGateway.StartAsync(NoQuotes, requestsPerMinute: 2, amender: amender);
        for (var i = 0; i < 2; i++) Assert.NotNull((await gateway.Client.AmendAsync(Lease, Samples.Request, "", default)).Amendment);
        Assert.Equal("TooManyRequests", (await gateway.Client.AmendAsync(Lease, Samples.Request, "", default)).Reason);
    }

    private static JsonObject Body() => (JsonObject)System.Text.Json.JsonSerializer.SerializeToNode(new Wire.QuoteBody(Samples.Request, "0x0a"), Wire.GatewayJson.Options)!;

    private static async Task<HttpResponseMessage> PostAsync(RunningGateway gateway, string id, JsonObject body)
    {
        using var content = new StringContent(body.ToJsonString(), Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        return await gateway.Http.PostAsync(new Uri($"v1/leases/{id}/amendments", UriKind.Relative), content);
    }
}
