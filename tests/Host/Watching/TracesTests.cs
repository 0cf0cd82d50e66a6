using System.Text;
using Federation.Host.Tests.Support;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Host.Tests.Watching;

/// <summary>What of the program's work arrives at a collector.</summary>
[Collection(OperatorCollection.Name)]
public sealed class TracesTests(OperatorWorld world)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("lease.pass")]
    [InlineData("metering.window")]
    [InlineData("metering.close")]
    [InlineData("intents.submit")]
    [InlineData("transaction")]
    [InlineData("transaction.await")]
    public async Task WorkOnALease_IsASpan_WithItsId(string name)
    {
        await world.ActiveAsync();
        await Eventually.TrueAsync(() => Of(name).Any(s => s.Tags.GetValueOrDefault("federation.lease.id") == world.Lease.Id.Hex), 60, $"a span {name} of the lease: {string.Join(", ", world.Collector.Spans.Select(s => s.Name).Distinct())}");
        Assert.All(Of(name), s => Assert.Equal("federation-operator", s.Service));
    }

    [Fact]
    public async Task Parts_AreParts_AndCallsSayWhoWasAsked_NotHow()
    {
        await world.ActiveAsync();
        // A part ends before its whole, and may be sent before it.
        foreach (var (part, whole) in new[] { ("metering.close", "metering.window"), ("metering.window", "lease.pass"), ("transaction", "intents.submit") })
            await Eventually.TrueAsync(() => Of(part).Any(s => Of(whole).Any(w => w.Id == s.Parent)), 60, $"a {part} in a {whole}");
        await Eventually.TrueAsync(() => Of("POST").Any(), 60, "a call");
        // A look at the chain that belongs to no work is no trace, and an address may hold a key.
        Assert.All(Of("POST"), s => Assert.NotEqual("", s.Parent));
        Assert.All(Of("POST"), s => Assert.Equal("127.0.0.1", s.Tags["server.address"]));
        Assert.All(world.Collector.Spans, s => Assert.DoesNotContain(s.Tags.Keys, k => k.StartsWith("url.", StringComparison.Ordinal)));
        Assert.All(world.Collector.Bodies, b => Assert.DoesNotContain(OperatorWorld.Secret, Encoding.UTF8.GetString(b), StringComparison.Ordinal));
    }

    [Fact]
    public async Task RequestOfATenant_IsASpanOfItsOwn_WhateverTraceItClaims()
    {
        await world.ActiveAsync();
        const string foreign = "0af7651916cd43dd8448eb211c80319c";
        using var request = new HttpRequestMessage(HttpMethod.Get, $"v1/leases/{world.Lease.Id.Hex}/receipt?word={OperatorWorld.Secret}") { Headers = { { "traceparent", $"00-{foreign}-b7ad6b7169203331-00" } } };
        using var answer = await world.Gateway.SendAsync(request, Cancellation);
        await world.Gateway.GetAsync("healthz", Cancellation);
        await Eventually.TrueAsync(() => Of("gateway.request").Any(s => s.Tags.GetValueOrDefault("federation.lease.id") == world.Lease.Id.Hex), 60);
        var span = Of("gateway.request").First(s => s.Tags.GetValueOrDefault("federation.lease.id") == world.Lease.Id.Hex);
        Assert.Equal(("GET", "/v1/leases/{id}/receipt", $"{(int)answer.StatusCode}"), (span.Tags["http.request.method"], span.Tags["http.route"], span.Tags["http.response.status_code"]));
        Assert.Equal("", span.Parent);
        Assert.NotEqual(foreign, span.Trace);
        Assert.DoesNotContain(Of("gateway.request"), s => s.Tags["http.route"].Contains("healthz", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Quote_IsASpan_ThatSaysWhyThereIsNone()
    {
        await world.ActiveAsync();
        Assert.Equal("DatacenterMissing", (await world.QuoteAsync()).Reason);
        await Eventually.TrueAsync(() => Of("quote").Any(), 60);
        var quote = Of("quote").First();
        Assert.Equal("DatacenterMissing", quote.Tags["federation.refusal"]);
        // A part ends before its whole, and may be sent before it.
        await Eventually.TrueAsync(() => Of("gateway.request").Any(s => s.Id == quote.Parent), 60);
    }

    // None of it is in memory that nobody asked for.
    [Fact]
    public async Task WithoutAnEndpoint_NothingOfItIsLoaded()
    {
        Assert.Contains("/OpenTelemetry.dll", world.Maps, StringComparison.Ordinal);
        using var program = OperatorProcess.Start(ValidOptions.Pairs);
        await program.SaysAsync("Waiting for the chain", Cancellation);
        Assert.Contains("/Federation.Gateway.dll", program.Maps, StringComparison.Ordinal);
        Assert.DoesNotContain("OpenTelemetry", program.Maps, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CollectorThatTakesGrpc_GetsTheSame()
    {
        await using var collector = await GrpcCollector.StartAsync();
        var pairs = ValidOptions.Pairs;
        (pairs["Federation:Tracing:Endpoint"], pairs["Federation:Tracing:Protocol"]) = ($"{collector.Url}", "grpc");
        using var program = OperatorProcess.Start(pairs);
        await program.SaysAsync("Now listening on", Cancellation);
        using var http = new HttpClient { BaseAddress = program.ListensAt };
        using var answer = await http.GetAsync("v1/info", Cancellation);
        await Eventually.TrueAsync(() => collector.Spans.Any(s => s.Name == "gateway.request" && s.Tags["http.route"] == "/v1/info"), 60, "the request's span");
        Assert.All(collector.Spans, s => Assert.Equal("federation-operator", s.Service));
        program.Terminate();
        Assert.Equal(0, await program.EndAsync(Cancellation));
    }

    [Fact]
    public async Task CollectorThatIsNotThere_IsSaid_AndHoldsNothingUp()
    {
        var pairs = ValidOptions.Pairs;
        pairs["Federation:Tracing:Endpoint"] = "http://127.0.0.1:1";
        using var program = OperatorProcess.Start(pairs);
        await program.SaysAsync("Now listening on", Cancellation);
        using var http = new HttpClient { BaseAddress = program.ListensAt };
        using var answer = await http.GetAsync("v1/info", Cancellation);
        await program.SaysAsync("The collector at 127.0.0.1:1 takes no traces", Cancellation);
        program.Terminate();
        Assert.Equal(0, await program.EndAsync(Cancellation));
    }

    private IEnumerable<ReceivedSpan> Of(string name) => world.Collector.Spans.Where(s => s.Name == name);
}
