using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Application.Quoting;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Gateway.Wire;

namespace Federation.Gateway.Tests;

public class GatewayTests
{
    private const string Signature = "0x0a1B";

    private static readonly ScriptedQuoter Offering = new(_ => new QuoteResult(Samples.Offer, "", ""));

    [Fact]
    public async Task Quote_Good_ReachesTheQuoterAndComesBackWhole()
    {
        var quoter = new ScriptedQuoter(_ => new QuoteResult(Samples.Offer, "", ""));
        await using var gateway = await RunningGateway.StartAsync(quoter);
        var answer = await gateway.Client.QuoteAsync(Samples.Request, Signature, default);
        Assert.Equal(Samples.Offer, answer.Offer);
        Assert.Equal(new QuoteDemand(Samples.Request, Signature, "127.0.0.1"), Assert.Single(quoter.Asked));
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
        var answer = await gateway.Client.QuoteAsync(Samples.Request, Signature, default);
        Assert.Equal((null, "NoMatchingGpu", "No such GPU here."), (answer.Offer, answer.Reason, answer.Message));
    }

    [Theory]
    [InlineData(QuoteReasons.SignatureMissing, HttpStatusCode.Unauthorized)]
    [InlineData(QuoteReasons.SignatureInvalid, HttpStatusCode.Unauthorized)]
    [InlineData(PlacementReasons.FundsTooLow, HttpStatusCode.Forbidden)]
    public async Task Quote_OfSomebodyWhoIsNotGoodForIt_IsUnauthorizedOrForbidden(string reason, HttpStatusCode status)
    {
        await using var gateway = await RunningGateway.StartAsync(new ScriptedQuoter(_ => QuoteResult.Refuse(reason, "No.")));
        using var response = await PostAsync(gateway, Valid().ToJsonString());
        Assert.Equal((status, status == HttpStatusCode.Unauthorized), (response.StatusCode, response.Headers.WwwAuthenticate.Any(h => h.Scheme == "EIP-712")));
        Assert.Equal(reason, (await gateway.Client.QuoteAsync(Samples.Request, Signature, default)).Reason);
    }

    [Theory]
    [InlineData("\"0x0\"")]
    [InlineData("\"12\"")]
    [InlineData("\"0xzz\"")]
    [InlineData("null")]
    [InlineData("7")]
    public async Task Quote_SignatureThatIsNoHex_IsRefusedWithItsPath(string value)
    {
        await using var gateway = await RunningGateway.StartAsync(Offering);
        var body = Valid();
        body["signature"] = JsonNode.Parse(value);
        using var response = await PostAsync(gateway, body.ToJsonString());
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("$.signature", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Quote_SignatureLongerThanAnyContractNeeds_IsRefused()
    {
        await using var gateway = await RunningGateway.StartAsync(Offering);
        var body = Valid();
        body["signature"] = "0x" + new string('1', 8194);
        using var response = await PostAsync(gateway, body.ToJsonString());
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task Quote_WithoutASignature_ReachesTheQuoterAsSuch()
    {
        var quoter = new ScriptedQuoter(_ => QuoteResult.Refuse(QuoteReasons.SignatureMissing, "No."));
        await using var gateway = await RunningGateway.StartAsync(quoter);
        var body = Valid();
        body.Remove("signature");
        using var response = await PostAsync(gateway, body.ToJsonString());
        Assert.Equal((HttpStatusCode.Unauthorized, ""), (response.StatusCode, Assert.Single(quoter.Asked).Signature));
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
        { "tenant", "\"0x12\"", "$.request.tenant" },
        { "tenant", null, "tenant" },
        { "token", "7", "$.request.token" },
        { "specHash", "\"0x" + new string('g', 64) + "\"", "$.request.specHash" },
        { "deposit", "5", "$.request.deposit" },
        { "deposit", "\"-5\"", "$.request.deposit" },
        { "deposit", "\"1e5\"", "$.request.deposit" },
        { "deposit", "\"007\"", "$.request.deposit" },
        { "deposit", "\"0\"", "$.request.deposit" },
        { "deposit", "\"79228162514264337593543950336\"", "$.request.deposit" },
        { "salt", "\"" + new string('9', 79) + "\"", "$.request.salt" },
        { "counter", "\"18446744073709551616\"", "$.request.counter" },
        { "fills", "0", "$.request.fills" },
        { "fills", "-1", "$.request.fills" },
        { "fills", "1.5", "$.request.fills" },
        { "fills", "4294967296", "$.request.fills" },
        { "fills", "\"1\"", "$.request.fills" },
        { "durationSeconds", "0", "$.request.durationSeconds" },
        { "minNoticeSeconds", "601", "$.request.minNoticeSeconds" },
        { "expiresAt", "-1", "$.request.expiresAt" },
        { "expiresAt", "1099511627776", "$.request.expiresAt" },
        { "sponsor", "\"0x\"", "$.request.sponsor" },
        { "auditor", "null", "$.request.auditor" },
        { "arbiter", "\"0x12\"", "$.request.arbiter" },
        { "app", "\"0x" + new string('1', 40) + "\"", "$.request.app" },
        { "callback", "\"true\"", "$.request.callback" },
        { "maxStartFee", "\"79228162514264337593543950336\"", "$.request.maxStartFee" },
        { "maxReservationFee", "1", "$.request.maxReservationFee" },
        { "maxActivationSeconds", "0", "$.request.maxActivationSeconds" },
        { "minDowntimeBps", "10001", "$.request.minDowntimeBps" },
        { "minDowntimeBps", "65536", "$.request.minDowntimeBps" },
        { "resources", "null", "$.request.resources" },
        { "resources", """{"cpuMilli":1}""", "$.request.resources" },
        { "nice", "1", "$.request.nice" },
        { "Tenant", "\"x\"", "$.request.Tenant" },
        { "maxPrices", """{"cpu":{"deep":{"deep":{"deep":{"deep":{"deep":{"deep":{"deep":1}}}}}}}}""", "$.request.maxPrices" },
    };

    [Theory]
    [MemberData(nameof(BadMembers))]
    public async Task Quote_BadMember_IsRefusedWithItsPath(string member, string? value, string path)
    {
        var quoter = new ScriptedQuoter(_ => new QuoteResult(Samples.Offer, "", ""));
        await using var gateway = await RunningGateway.StartAsync(quoter);
        var body = Valid();
        var request = body["request"]!.AsObject();
        if (value is null) request.Remove(member);
        else request[member] = JsonNode.Parse(value);
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
        for (var i = 0; i < 5; i++) answers.Add((await gateway.Client.QuoteAsync(Samples.Request, Signature, default)).Reason);
        Assert.Equal(["", "", "", "TooManyRequests", "TooManyRequests"], answers);
        Assert.Equal(3, quoter.Asked.Count);
    }

    /// <summary>The loopback is the proxy, or a stranger that says it is one.</summary>
    [Theory]
    [InlineData("127.0.0.0/8", "203.0.113.9", "203.0.113.9")]
    [InlineData("127.0.0.0/8", "198.51.100.1, 203.0.113.9", "203.0.113.9")]
    [InlineData("127.0.0.0/8,10.0.0.0/8", "198.51.100.1, 203.0.113.9, 10.1.2.3", "203.0.113.9")]
    [InlineData("127.0.0.0/8", "2001:db8:1:2:3::4", "2001:db8:1:2::")]
    [InlineData("127.0.0.0/8", "nobody", "127.0.0.1")]
    [InlineData("127.0.0.0/8", null, "127.0.0.1")]
    [InlineData("10.0.0.0/8", "203.0.113.9", "127.0.0.1")]
    [InlineData("", "203.0.113.9", "127.0.0.1")]
    public async Task Caller_IsWhomATrustedProxyNames_AndElseWhoComes(string trusted, string? says, string caller)
    {
        var quoter = new ScriptedQuoter(_ => new QuoteResult(Samples.Offer, "", ""));
        await using var gateway = await RunningGateway.StartAsync(quoter, trustedProxies: trusted.Split(',', StringSplitOptions.RemoveEmptyEntries));
        if (says is not null) gateway.Http.DefaultRequestHeaders.Add("X-Forwarded-For", says);
        await gateway.Client.QuoteAsync(Samples.Request, Signature, default);
        Assert.Equal(caller, Assert.Single(quoter.Asked).Caller);
    }

    [Fact]
    public async Task Callers_BehindOneTrustedProxy_AreLimitedEachForItself()
    {
        await using var gateway = await RunningGateway.StartAsync(Offering, requestsPerMinute: 1, trustedProxies: ["127.0.0.0/8"]);
        var answers = new List<string>();
        foreach (var caller in new[] { "203.0.113.1", "203.0.113.1", "203.0.113.2" })
        {
            gateway.Http.DefaultRequestHeaders.Remove("X-Forwarded-For");
            gateway.Http.DefaultRequestHeaders.Add("X-Forwarded-For", caller);
            answers.Add((await gateway.Client.QuoteAsync(Samples.Request, Signature, default)).Reason);
        }

        Assert.Equal(["", "TooManyRequests", ""], answers);
    }

    /// <summary>One address, two replicas behind it, as a Service has them: a replica that stands by sends the client to the other one.</summary>
    [Fact]
    public async Task Client_OfAServiceWithTwoReplicas_GetsTheLeadersAnswer()
    {
        var standby = new ScriptedQuoter(_ => QuoteResult.Refuse(QuoteReasons.NotLeading, "Another one leads."));
        await using var leader = await RunningGateway.StartAsync(Offering, Samples.Datacenter);
        await using var other = await RunningGateway.StartAsync(standby);
        await using var service = new RoundRobin(other.Http.BaseAddress!, leader.Http.BaseAddress!);
        using var http = new HttpClient { BaseAddress = service.Address };
        Assert.Equal(Samples.Offer, (await new GatewayClient(http).QuoteAsync(Samples.Request, Signature, default)).Offer);
        Assert.Single(standby.Asked);
        // That connection goes on being the leader's; a new one meets the standby first.
        using var another = new HttpClient { BaseAddress = service.Address };
        Assert.Equal("alpha", (await new GatewayClient(another).ReadInfoAsync(default)).Name);
    }

    [Fact]
    public async Task Quote_OfAReplicaThatStandsBy_SaysSo_AndClosesTheConnection()
    {
        var standby = new ScriptedQuoter(_ => QuoteResult.Refuse(QuoteReasons.NotLeading, "Another one leads."));
        await using var gateway = await RunningGateway.StartAsync(standby);
        using var response = await PostAsync(gateway, Valid().ToJsonString());
        Assert.Equal((HttpStatusCode.ServiceUnavailable, true, TimeSpan.FromSeconds(1)), (response.StatusCode, response.Headers.ConnectionClose, response.Headers.RetryAfter!.Delta));
        // Nobody leads: that is the answer, and not waited for, where nobody says how long.
        Assert.Equal(QuoteReasons.NotLeading, (await gateway.Client.QuoteAsync(Samples.Request, Signature, default)).Reason);
    }

    /// <summary>Between two leaders nobody answers for some seconds: who asks once, and not again by itself, waits for the next one.</summary>
    [Fact]
    public async Task Client_WhileNobodyLeads_WaitsForTheNextOne_AsLongAsItWasTold()
    {
        var left = 20;
        var quoter = new ScriptedQuoter(_ => Interlocked.Decrement(ref left) < 0 ? new QuoteResult(Samples.Offer, "", "") : QuoteResult.Refuse(QuoteReasons.NotLeading, "Another one leads."));
        await using var gateway = await RunningGateway.StartAsync(quoter);
        Assert.Equal(Samples.Offer, (await new GatewayClient(gateway.Http, new LeaderWait(TimeSpan.FromMinutes(1), TimeProvider.System)).QuoteAsync(Samples.Request, Signature, default)).Offer);
        Assert.Equal(21, quoter.Asked.Count);

        left = int.MaxValue;
        Assert.Equal(QuoteReasons.NotLeading, (await new GatewayClient(gateway.Http, new LeaderWait(TimeSpan.FromSeconds(1.5), TimeProvider.System)).QuoteAsync(Samples.Request, Signature, default)).Reason);
    }

    [Fact]
    public async Task Client_IsNotHeldUp_ByAGatewayThatSaysMuchLater()
    {
        await using var gateway = await RunningGateway.StartAsync(Offering, requestsPerMinute: 1);
        var patient = new GatewayClient(gateway.Http, new LeaderWait(TimeSpan.FromSeconds(9), TimeProvider.System));
        Assert.Equal("", (await patient.QuoteAsync(Samples.Request, Signature, default)).Reason);
        Assert.Equal("TooManyRequests", (await patient.QuoteAsync(Samples.Request, Signature, default)).Reason);
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

    // Its labels tell what a node has: nobody has to write that down a second time.
    [Fact]
    public async Task Info_NamesAClassThatHasAPrice_AndNoEntryOfItsOwn()
    {
        await using var gateway = await RunningGateway.StartAsync(Offering, Samples.Datacenter with { Spec = Samples.Datacenter.Spec with { GpuClasses = new Dictionary<string, GpuPlacement>() } });
        Assert.Equal(["nvidia.com/gpu/A100/81920"], (await gateway.Client.ReadInfoAsync(default)).GpuClasses);
    }

    [Fact]
    public async Task Client_NoGatewayThere_SaysSo()
    {
        await using var bare = await RunningGateway.StartAsync(Offering);
        Assert.Contains("no Datacenter object", (await Assert.ThrowsAsync<GatewayException>(() => bare.Client.ReadInfoAsync(default))).Message, StringComparison.Ordinal);
        using var nobody = new HttpClient { BaseAddress = new Uri("http://127.0.0.1:1") };
        Assert.Contains("gave no answer", (await Assert.ThrowsAsync<GatewayException>(() => new GatewayClient(nobody).QuoteAsync(Samples.Request, Signature, default))).Message, StringComparison.Ordinal);
        using var below = new HttpClient { BaseAddress = new Uri(bare.Http.BaseAddress!, "elsewhere/") };
        Assert.Contains("not a gateway's", (await Assert.ThrowsAsync<GatewayException>(() => new GatewayClient(below).QuoteAsync(Samples.Request, Signature, default))).Message, StringComparison.Ordinal);
    }

    private static JsonObject Valid() => JsonSerializer.SerializeToNode(new QuoteBody(Samples.Request, Signature), GatewayJson.Options)!.AsObject();

    private static Task<HttpResponseMessage> PostAsync(RunningGateway gateway, string body) =>
        gateway.Http.PostAsync(new Uri("/v1/quotes", UriKind.Relative), new StringContent(body, Encoding.UTF8, "application/json"));

    private sealed class Unsized(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
