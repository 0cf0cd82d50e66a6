using Federation.Application.Metering;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Application.Tests.Holding;
using Federation.Domain.Leases;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Application.Tests.Metering;

/// <summary>What cannot be measured is not sold: also where nothing runs whose windows would stay open.</summary>
public sealed class MeterWatchTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly Site site = new();
    private readonly Store store = new();

    [Fact]
    public async Task StoreAway_IsSaidAtOnce_AndNothingIsPromisedOnceItLasts_UntilItIsBack()
    {
        var watch = Watch(isSpooled: false);
        Assert.Equal(TimeSpan.FromSeconds(30), await watch.PassAsync(default));
        Assert.Equal((ConditionStatus.True, "Reading"), ((await ConditionAsync()).Status, (await ConditionAsync()).Reason));

        store.Fault = "Prometheus at 10.0.0.1:9090 could not be asked: refused.";
        Assert.Equal(TimeSpan.FromSeconds(10), await watch.PassAsync(default));
        var said = await ConditionAsync();
        Assert.Equal((ConditionStatus.False, "SourceUnavailable"), (said.Status, said.Reason));
        Assert.StartsWith(store.Fault, said.Message, StringComparison.Ordinal);
        Assert.Equal("", await ReasonAsync(1));

        site.Clock.Advance(Patience - TimeSpan.FromSeconds(1));
        await watch.PassAsync(default);
        Assert.Equal("", await ReasonAsync(2));
        site.Clock.Advance(TimeSpan.FromSeconds(2));
        await watch.PassAsync(default);
        Assert.Equal(QuoteReasons.MetersUnavailable, await ReasonAsync(3));
        await site.Reporter.PassAsync(default);
        Assert.Contains("see MetersReadable", Assert.Single(site.Cluster.Report!.Conditions, c => c is { Type: "Ready", Reason: QuoteReasons.MetersUnavailable }).Message, StringComparison.Ordinal);

        // Back for a moment is back: the time begins anew.
        store.Fault = null;
        await watch.PassAsync(default);
        Assert.Equal("", await ReasonAsync(4));
        store.Fault = "It is away.";
        await watch.PassAsync(default);
        Assert.Equal("", await ReasonAsync(5));
    }

    [Fact]
    public async Task NodesThatSpool_SellOn()
    {
        var watch = Watch(isSpooled: true);
        store.Fault = "It is away.";
        await watch.PassAsync(default);
        site.Clock.Advance(Patience * 10);
        await watch.PassAsync(default);
        Assert.Equal("", await ReasonAsync(1));
        Assert.Contains("The nodes' spools have processor and memory meanwhile.", (await ConditionAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LookThatFails_IsAStoreThatIsAway()
    {
        var watch = Watch(isSpooled: false);
        store.Error = new InvalidOperationException("No such thing.");
        await watch.PassAsync(default);
        Assert.StartsWith("No such thing.", (await ConditionAsync()).Message, StringComparison.Ordinal);
    }

    private MeterWatch Watch(bool isSpooled) => new(store, site.Health, Patience, isSpooled, site.Clock, NullLogger<MeterWatch>.Instance);

    private async Task<string> ReasonAsync(int salt)
    {
        site.SeeChain();
        return (await site.QuoteAsync(site.Request(salt, 1))).Reason;
    }

    private async Task<LeaseCondition> ConditionAsync()
    {
        site.SeeChain();
        await site.Reporter.PassAsync(default);
        return Assert.Single(site.Cluster.Report!.Conditions, c => c.Type == MeterWatch.Type);
    }

    private sealed class Store : IMeterProbe
    {
        public string? Fault { get; set; }

        public Exception? Error { get; set; }

        public Task<string?> FaultAsync(CancellationToken cancellation) => Error is { } error ? Task.FromException<string?>(error) : Task.FromResult(Fault);
    }
}
