using System.Numerics;
using Federation.Application.Access;
using Federation.Application.Amending;
using Federation.Application.Handing;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Application.Settings;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NSubstitute;

namespace Federation.Gateway.Tests;

/// <summary>The gateway on a real Kestrel at a free port of the loopback, in front of a quoter that the test scripts.</summary>
internal sealed class RunningGateway(WebApplication app) : IAsyncDisposable
{
    public HttpClient Http { get; } = new() { BaseAddress = new Uri(app.Urls.First()) };

    public GatewayClient Client => new(Http);

    /// <summary>The way to the cluster; closed until it is set.</summary>
    public Access.AccessDoor Door => app.Services.GetRequiredService<Access.AccessDoor>();

    public static async Task<RunningGateway> StartAsync(ScriptedQuoter quoter, DatacenterRecord? datacenter = null, int requestsPerMinute = 1000, ScriptedAmender? amender = null, Access.AccessOptions? access = null, ILoggerProvider? log = null, TimeProvider? clock = null, params IReadOnlyList<string> trustedProxies)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        if (log is not null) builder.Logging.AddProvider(log);
        if (clock is not null) builder.Services.AddSingleton(clock);
        if (access is not null) builder.Services.AddSingleton<Live<Access.AccessOptions>>(access);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<IQuoter>(quoter).AddSingleton<IAmender>(amender ?? new ScriptedAmender(_ => throw new InvalidOperationException("Nobody asked for an amendment."))).AddSingleton<IDatacenterStore>(new FixedStore(datacenter)).AddSingleton(Substitute.For<IRecordDesk>()).AddSingleton(Substitute.For<ISignInDesk>());
        builder.Services.AddGateway(new GatewayIdentity(31337, "0x00000000000000000000000000000000000000Ab", "0x00000000000000000000000000000000000000Aa"), requestsPerMinute, trustedProxies);
        var app = builder.Build();
        app.UseGateway();
        app.MapGateway();
        await app.StartAsync();
        return new RunningGateway(app);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await app.DisposeAsync();
    }

    private sealed class FixedStore(DatacenterRecord? datacenter) : IDatacenterStore
    {
        public Task<DatacenterRecord?> ReadAsync(CancellationToken cancellation) => Task.FromResult(datacenter);

        public Task WriteInvalidAsync(IReadOnlyList<LeaseCondition> conditions, CancellationToken cancellation) => throw new NotSupportedException();

        public Task WriteStatusAsync(DatacenterRecord seen, DatacenterReport report, CancellationToken cancellation) => throw new NotSupportedException();
    }
}

internal sealed class ScriptedQuoter(Func<QuoteDemand, QuoteResult> answer) : IQuoter
{
    public List<QuoteDemand> Asked { get; } = [];

    public Task<QuoteResult> QuoteAsync(QuoteDemand demand, CancellationToken cancellation)
    {
        lock (Asked) Asked.Add(demand);
        return Task.FromResult(answer(demand));
    }
}

internal sealed class ScriptedAmender(Func<AmendmentDemand, AmendmentResult> answer) : IAmender
{
    public List<AmendmentDemand> Asked { get; } = [];

    public Task<AmendmentResult> AmendAsync(AmendmentDemand demand, CancellationToken cancellation)
    {
        lock (Asked) Asked.Add(demand);
        return Task.FromResult(answer(demand));
    }
}

internal static class Samples
{
    public static readonly BigInteger Wide = (BigInteger.One << 96) - 1;

    private const string Nobody = "0x0000000000000000000000000000000000000000";

    public static readonly RequestTerms Request = new(
        "0x00000000000000000000000000000000000000A1", Nobody, "0x00000000000000000000000000000000000000A2", Nobody,
        "0x" + new string('5', 64), Resources.None with { CpuMilli = 1000, MemoryMiB = 512, GpuA = new GpuCount("0x" + new string('9', 64), 2) },
        new Prices(Wide, 1, 2, 3, 4, 5), 70, 100, Wide, Wide, 1, 3600, 10, 600, 900, 5000, 0,
        "0x00000000000000000000000000000000000000A3", "0x00000000000000000000000000000000000000A4", "0x" + new string('7', 64), true, 1_900_000_000, ulong.MaxValue, (BigInteger.One << 256) - 1);

    public static readonly SignedOffer Offer = new(
        "0x00000000000000000000000000000000000000B1", Request.Token, "0x" + new string('6', 64),
        new OfferTerms(Request.Resources, Request.MaxPrices, 30, 50, Wide, 1, 60, 600, 10_000, 250, Request.Arbiter, 1_900_000_000, 7), 3, "0x" + new string('1', 130));

    public static readonly DatacenterRecord Datacenter = new("alpha", 1, new DatacenterSpec(
        Offer.Provider, "eu-central", "http://127.0.0.1",
        new Dictionary<string, GpuPlacement> { ["nvidia.com/gpu/A100/81920"] = new("nvidia.com/gpu", new Dictionary<string, string>(), "") },
        new PriceBook(Request.Token, Wide, 2, 3, 4, new Dictionary<string, BigInteger> { ["nvidia.com/gpu/A100/81920"] = 9 }, 30, 10, Wide, 60, 600, 86_400, 10_000, 250, [Request.Arbiter]),
        "", 0, 0), null);
}
