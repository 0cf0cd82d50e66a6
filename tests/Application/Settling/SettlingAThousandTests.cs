using Federation.Application.Ports;
using Federation.Application.Settling;
using Federation.Domain.Leases;
using Federation.Domain.Settlement;
using Federation.Domain.Usage;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Chain;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Application.Tests.Settling;

/// <summary>Leases that are due by clocks of their own, settled as the operator's loops do: measured, decided, put out, planned.</summary>
public sealed class SettlingAThousandTests : IDisposable
{
    private const int StepSeconds = 12;
    private const int Hour = 3600;
    private const int Patience = 900;
    private const ulong CoreSecondsPerHour = 900;

    private static readonly LeasePolicy Policy = Some.Policy with { EpochMs = Hour * 1000, SettleEveryMs = Hour * 1000, ScrapeDelayMs = 60_000, SettlePatienceMs = Patience * 1000 };
    private static readonly LeaseTerms Terms = Some.Terms with { DurationSeconds = 10 * Hour, ActivateBy = (FakeClock.StartMs / 1000) + (2 * Hour) };

    private readonly FakeClock clock = new();
    private readonly InMemoryChain chain;
    private readonly IntentOutbox outbox;
    private readonly CountingTransactions sent;
    private readonly Settler settler;
    private readonly Dictionary<LeaseId, long> startsAt = [];

    public SettlingAThousandTests()
    {
        (chain, outbox) = (new InMemoryChain(clock, new PortGate(), confirmations: 0), new IntentOutbox(clock));
        sent = new CountingTransactions(chain, clock);
        settler = new Settler(outbox, sent, NullLogger<Settler>.Instance);
    }

    public void Dispose() => outbox.Dispose();

    [Fact]
    public async Task ThousandLeases_DueScatteredOverAnHour_TakeTwentySettlementsInEachHour()
    {
        Match(1000);
        await PassAsync(4 * Hour);
        foreach (var hour in new[] { 1, 2, 3 }) Assert.InRange(sent.Between(hour * Hour, (hour + 1) * Hour), 1, 20);
        CheckNothingIsLost();
    }

    [Fact]
    public async Task FewLeases_ShareWhatOneOfThemHasWaitedFor()
    {
        Match(12);
        await PassAsync(4 * Hour);
        foreach (var hour in new[] { 2, 3 }) Assert.InRange(sent.Between(hour * Hour, (hour + 1) * Hour), 1, 4);
        CheckNothingIsLost();
    }

    // What was claimed is all that had been measured until the claimed second, and none waited longer than it may.
    private void CheckNothingIsLost()
    {
        foreach (var (id, start) in startsAt)
        {
            var lease = chain.Find(id)!.Lease;
            Assert.True(lease.Through >= clock.NowSeconds - (2 * Hour) - Patience - 60 - 30 - StepSeconds, $"{id} is settled until {clock.NowSeconds - lease.Through} s ago");
            var hours = (ulong)((lease.Through - start) / Hour);
            Assert.InRange(hours, 2UL, 3UL);
            var due = EscrowOutlook.Of(View(id), Usage(lease.Through, hours).ToVector(), lease.Through);
            Assert.Equal((due.Due, 0), (lease.Claimed, due.Unclaimed));
        }
    }

    private void Match(int count)
    {
        var random = new Random(7);
        for (var i = 1; i <= count; i++) startsAt[chain.Match(Some.LeaseId(i), Terms, Some.Deposit * 1000)] = clock.NowSeconds + random.Next(Hour);
    }

    private async Task PassAsync(int seconds)
    {
        for (var end = clock.NowSeconds + seconds; clock.NowSeconds < end;)
        {
            clock.Advance(TimeSpan.FromSeconds(StepSeconds));
            foreach (var (id, start) in startsAt) Look(id, start);
            await settler.PassAsync(TestContext.Current.CancellationToken);
        }
    }

    private void Look(LeaseId id, long start)
    {
        var lease = chain.Find(id)!.Lease;
        if (lease.State == LeaseState.Reserved && clock.NowSeconds >= start) chain.Blocks.Mine(chain.Blocks.Latest.Leases.SetItem(id, LeaseContract.Activate(chain.Find(id)!, start)));
        var hours = (clock.NowSeconds - start - 60) / Hour;
        var through = start + (hours * Hour);
        if (lease.State != LeaseState.Active || hours < 1 || through <= lease.Through) return;
        var seen = ALease.Active().Running().Seen() with
        {
            View = View(id), Policy = Policy, NowMs = clock.NowMs, Metering = new MeteringNews(Usage(through, (ulong)hours), Receipt.NoEvidence, null),
        };
        outbox.Put(id, LeaseMachine.Decide(seen).Intents, chain.Blocks.Latest.Number);
    }

    private LeaseView View(LeaseId id) => new(id, Terms, chain.Find(id)!.Lease, chain.Find(id)!.Lease, 1, chain.Blocks.Latest.Number, chain.Blocks.Latest.Number, clock.NowSeconds);

    private static UsagePosition Usage(long through, ulong hours) =>
        UsagePosition.StartingAt(through * 1000) with { CpuNanoSeconds = (UInt128)(hours * CoreSecondsPerHour) * 1_000_000_000, ExpectedMs = 1000, ObservedMs = 1000 };

    private sealed class CountingTransactions(InMemoryChain chain, FakeClock clock) : ILeaseTransactions
    {
        private readonly List<long> settlements = [];

        public int MostTogether(ChainIntent first) => chain.MostTogether(first);

        public Task<IReadOnlyList<IntentOutcome>> SubmitAsync(IReadOnlyList<ChainIntent> intents, CancellationToken cancellation)
        {
            Assert.All(intents, i => Assert.IsType<SettleIntent>(i));
            settlements.Add(clock.NowSeconds - (FakeClock.StartMs / 1000));
            return chain.SubmitAsync(intents, cancellation);
        }

        public int Between(long from, long until) => settlements.Count(at => at >= from && at < until);
    }
}
