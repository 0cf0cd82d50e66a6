using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Application.Quoting;
using Federation.Gateway.Wire;

namespace Federation.Gateway.Tests;

public class GatewayTests
{
    private static readonly ScriptedQuoter Offering = new(_ => new QuoteResult(Samples.Offer, "", ""));

    [Fact]
    public async Task Quote_Good_ReachesTheQuoterAndComesBackWhole()
    {
        var quoter = new ScriptedQuoter(_ => new QuoteResult(Samples.Offer, "", ""));
        await using var gateway = await RunningGateway.StartAsync(quoter);
        var answer = await gateway.Client.QuoteAsync(Samples.Request, default);
        Assert.Equal(Samples.Offer, answer.Offer);
        Assert.Equal(Samples.Request, Assert.Single(quoter.Asked));
    }

    [Fact]
    public async Task Quote_OnTheWire_HasAmountsAsStrings()
    {
        await using var gateway = await RunningGateway.StartAsync(Offering);
        using var response = await PostAsync(gateway, Valid().ToJsonString());
        var offer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.Equal("79228162514264337593543950335", (string?)offer["terms"]!["prices"]!["cpu"]);
        Assert.Equal("3", (string?)offer["counter"]);
    }

    [Fact]
    public async Task Quote_Refused_IsAProblemWithTheReason()
    {
        await using var gateway = await RunningGateway.StartAsync(new ScriptedQuoter(_ => QuoteResult.Refuse("NoMatchingGpu", "No such GPU here.")));
        using var response = await PostAsync(gateway, Valid().ToJsonString());
        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        var answer = await gateway.Client.QuoteAsync(Samples.Request, default);
        Assert.Equal((null, "NoMatchingGpu", "No such GPU here."), (answer.Offer, answer.Reason, answer.Message));
    }

    [Fact]
    public async Task Quote_QuoterFails_SaysNothingOfWhatIsBehind()
    {
        await using var gateway = await RunningGateway.StartAsync(new ScriptedQuoter(_ => throw new InvalidOperationException("secret-host:8545")));
        using var response = await PostAsync(gateway, Valid().ToJsonString());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.DoesNotContain("secret-host", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    public static TheoryData<string, string?, string> BadMembers => new()
    {
        { "tenant", "\"0x12\"", "$.tenant" },
        { "tenant", null, "tenant" },
        { "token", "7", "$.token" },
        { "specHash", "\"0x" + new string('g', 64) + "\"", "$.specHash" },
        { "deposit", "5", "$.deposit" },
        { "deposit", "\"-5\"", "$.deposit" },
        { "deposit", "\"1e5\"", "$.deposit" },
        { "deposit", "\"007\"", "$.deposit" },
        { "deposit", "\"0\"", "$.deposit" },
        { "deposit", "\"79228162514264337593543950336\"", "$.deposit" },
        { "salt", "\"" + new string('9', 79) + "\"", "$.salt" },
        { "counter", "\"18446744073709551616\"", "$.counter" },
        { "fills", "0", "$.fills" },
        { "fills", "-1", "$.fills" },
        { "fills", "1.5", "$.fills" },
        { "fills", "4294967296", "$.fills" },
        { "fills", "\"1\"", "$.fills" },
        { "durationSeconds", "0", "$.durationSeconds" },
        { "minNoticeSeconds", "601", "$.minNoticeSeconds" },
        { "expiresAt", "-1", "$.expiresAt" },
        { "expiresAt", "1099511627776", "$.expiresAt" },
        { "sponsor", "\"0x\"", "$.sponsor" },
        { "auditor", "null", "$.auditor" },
        { "arbiter", "\"0x12\"", "$.arbiter" },
        { "app", "\"0x" + new string('1', 40) + "\"", "$.app" },
        { "callback", "\"true\"", "$.callback" },
        { "maxStartFee", "\"79228162514264337593543950336\"", "$.maxStartFee" },
        { "maxReservationFee", "1", "$.maxReservationFee" },
        { "maxActivationSeconds", "0", "$.maxActivationSeconds" },
        { "minDowntimeBps", "10001", "$.minDowntimeBps" },
        { "minDowntimeBps", "65536", "$.minDowntimeBps" },
        { "resources", "null", "$.resources" },
        { "resources", """{"cpuMilli":1}""", "$.resources" },
        { "nice", "1", "$.nice" },
        { "Tenant", "\"x\"", "$.Tenant" },
        { "maxPrices", """{"cpu":{"deep":{"deep":{"deep":{"deep":{"deep":{"deep":{"deep":1}}}}}}}}""", "$.maxPrices" },
    };

    [Theory]
    [MemberData(nameof(BadMembers))]
    public async Task Quote_BadMember_IsRefusedWithItsPath(string member, string? value, string path)
    {
        var quoter = new ScriptedQuoter(_ => new QuoteResult(Samples.Offer, "", ""));
        await using var gateway = await RunningGateway.StartAsync(quoter);
        var body = Valid();
        if (value is null) body.Remove(member);
        else body[member] = JsonNode.Parse(value);
        using var response = await PostAsync(gateway, body.ToJsonString());
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.BadRequest, text);
        Assert.Contains(path, (string?)JsonNode.Parse(text)!["message"], StringComparison.Ordinal);
        Assert.Equal("InvalidRequest", (string?)JsonNode.Parse(text)!["reason"]);
        Assert.Empty(quoter.Asked);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{\"tenant\":\"a\",\"tenant\":\"b\"}")]
    public async Task Quote_NoRequestAtAll_IsRefused(string body)
    {
        await using var gateway = await RunningGateway.StartAsync(Offering);
        using var response = await PostAsync(gateway, body);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Quote_BodyAboveTheBound_IsRefused(bool statesLength)
    {
        await using var gateway = await RunningGateway.StartAsync(Offering);
        var bytes = Encoding.UTF8.GetBytes(Valid().ToJsonString() + new string(' ', 64 * 1024));
        using HttpContent content = statesLength ? new ByteArrayContent(bytes) : new StreamContent(new Unsized(bytes));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await gateway.Http.PostAsync(new Uri("/v1/quotes", UriKind.Relative), content);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Fact]
    public async Task Quote_OtherContentType_IsRefused()
    {
        await using var gateway = await RunningGateway.StartAsync(Offering);
        using var response = await gateway.Http.PostAsync(new Uri("/v1/quotes", UriKind.Relative), new StringContent(Valid().ToJsonString()));
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Fact]
    public async Task Quote_TooManyFromOneAddress_AreRefusedBeforeTheQuoter()
    {
        var quoter = new ScriptedQuoter(_ => new QuoteResult(Samples.Offer, "", ""));
        await using var gateway = await RunningGateway.StartAsync(quoter, requestsPerMinute: 3);
        var answers = new List<string>();
        for (var i = 0; i < 5; i++) answers.Add((await gateway.Client.QuoteAsync(Samples.Request, default)).Reason);
        Assert.Equal(["", "", "", "TooManyRequests", "TooManyRequests"], answers);
        Assert.Equal(3, quoter.Asked.Count);
    }

    [Fact]
    public async Task Info_SaysWhoAndForHowMuch()
    {
        await using var gateway = await RunningGateway.StartAsync(Offering, Samples.Datacenter);
        var info = await gateway.Client.ReadInfoAsync(default);
        Assert.Equal(("alpha", Samples.Offer.Provider, 31337UL), (info.Name, info.Provider, info.ChainId));
        Assert.Equal(Samples.Wide, info.Prices.Cpu);
        Assert.Equal(9, info.Prices.Gpu[info.GpuClasses.Single()]);
    }

    [Fact]
    public async Task Client_NoGatewayThere_SaysSo()
    {
        await using var bare = await RunningGateway.StartAsync(Offering);
        Assert.Contains("no Datacenter object", (await Assert.ThrowsAsync<GatewayException>(() => bare.Client.ReadInfoAsync(default))).Message, StringComparison.Ordinal);
        using var nobody = new HttpClient { BaseAddress = new Uri("http://127.0.0.1:1") };
        Assert.Contains("gave no answer", (await Assert.ThrowsAsync<GatewayException>(() => new GatewayClient(nobody).QuoteAsync(Samples.Request, default))).Message, StringComparison.Ordinal);
        using var below = new HttpClient { BaseAddress = new Uri(bare.Http.BaseAddress!, "elsewhere/") };
        Assert.Contains("not a gateway's", (await Assert.ThrowsAsync<GatewayException>(() => new GatewayClient(below).QuoteAsync(Samples.Request, default))).Message, StringComparison.Ordinal);
    }

    private static JsonObject Valid() => JsonSerializer.SerializeToNode(Samples.Request, GatewayJson.Options)!.AsObject();

    private static Task<HttpResponseMessage> PostAsync(RunningGateway gateway, string body) =>
        gateway.Http.PostAsync(new Uri("/v1/quotes", UriKind.Relative), new StringContent(body, Encoding.UTF8, "application/json"));

    private sealed class Unsized(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
