using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Federation.Application.Ports;
using Federation.Application.Settling;
using Federation.Chain;
using Federation.Chain.Accounts;
using Federation.Chain.Ledger;
using Federation.Chain.Options;
using Federation.Chain.Sending;
using Federation.Chain.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Settlement;
using Federation.Domain.Usage;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Federation.Testing;
using Federation.Testing.Builders;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Benchmarks.Settling;

/// <summary>Leases on the real contracts that begin one after the other, measured and settled as the operator does it. Time is the benchmark's, the chain's too.</summary>
internal sealed class ScatteredLeases : IAsyncDisposable
{
    private const int Hour = 3600;
    private const int StepSeconds = 12;
    private const ulong CoreSecondsPerHour = 900;
    private const ulong MiBSecondsPerHour = 512 * Hour;
    private const long Stake = 10_000_000_000;

    // The operator's usual times.
    private static readonly LeasePolicy Policy = Some.Policy with { EpochMs = Hour * 1000, SettleEveryMs = Hour * 1000, ScrapeDelayMs = 60_000, SettlePatienceMs = Hour * 1000 / 4 };

    // A node that has little of its machine may show a nonce as used for a while before the receipt: then nothing is to be concluded yet.
    private static readonly SendingOptions Patient = Market.Sending with { PollInterval = TimeSpan.FromSeconds(1) };

    private readonly Market market;
    private readonly LocalAccount account;
    private readonly TenantWallet tenant;
    private readonly TransactionSender sender;
    private readonly FakeClock clock;
    private readonly EvmLeaseLedger ledger;
    private readonly IntentOutbox outbox;
    private readonly CountedSettlements sent;
    private readonly Settler settler;
    private readonly Dictionary<LeaseId, MatchedLease> leases = [];
    private readonly Dictionary<LeaseId, ChainLease> states = [];
    private readonly int count;
    private readonly long start;
    private ulong readBlock;

    private ScatteredLeases(Market market, LocalAccount account, long startSeconds, int count)
    {
        (this.market, this.account, this.count) = (market, account, count);
        (clock, ledger, sender) = (new FakeClock(startSeconds * 1000), market.Ledger(), market.Sender(Patient));
        tenant = new TenantWallet(account.Writer, market.Contracts);
        (outbox, sent) = (new IntentOutbox(clock), new CountedSettlements(new EvmLeaseTransactions(market.Anvil.Client, market.Contracts.LeaseManager, market.Contracts.Market, market.Contracts.Results, sender)));
        settler = new Settler(outbox, sent, NullLogger<Settler>.Instance);
        start = startSeconds;
    }

    /// <summary>Of the last hour: how many leases each settling transaction held, by its hash.</summary>
    public IReadOnlyDictionary<string, int> Transactions => sent.Transactions;

    /// <summary>Settlements of the last hour.</summary>
    public int Settled => sent.Transactions.Values.Sum();

    /// <summary>Transactions of the last hour, or parts of them, that took no effect.</summary>
    public int Failures => sent.Failures;

    public static async Task<ScatteredLeases> OpenAsync(int count)
    {
        var market = await Market.OpenAsync();
        await new ContractDeployment(market.Deployer.Writer, Repository.Artifacts).MintAsync(market.Token, market.Provider.Writer.Address, Stake, default);
        await new DatacenterRegistration(market.Provider.Writer, market.Contracts.Registry).EnsureStakeAsync(market.Token, Stake, default);
        var start = (long)(await market.Anvil.Client.GetBlockAsync(BlockParameter.Latest))!.Timestamp + StepSeconds;
        return new ScatteredLeases(market, await LocalAccount.ConnectAsync(market.Anvil.Url, Anvil.Signer(3), Patient, TimeProvider.System, default), start, count);
    }

    /// <summary>One hour; in the first one the leases begin.</summary>
    public async Task PassAsync()
    {
        sent.Clear();
        for (var end = clock.NowSeconds + Hour; clock.NowSeconds < end;)
        {
            await StepAsync();
            await BeginAsync((int)Math.Min(count, count * (clock.NowSeconds - start) / Hour) - leases.Count);
            await LookAsync();
            await settler.PassAsync(default);
        }
    }

    /// <summary>Gas of the last hour's settlements, and what their calldata and cold storage alone cost.</summary>
    public async Task<(double Used, double Least)> ReadGasAsync()
    {
        var (used, least) = (0.0, 0.0);
        foreach (var hash in sent.Transactions.Keys)
        {
            used += (await market.Anvil.Client.GetTransactionReceiptAsync(Bytes32.Parse(hash)))!.GasUsed;
            least += await ReadLeastAsync(hash);
        }

        return (used, least);
    }

    public async ValueTask DisposeAsync()
    {
        outbox.Dispose();
        sender.Dispose();
        account.Dispose();
        await market.DisposeAsync();
    }

    // On a slow machine the blocks of a step may be ahead of it.
    private async Task StepAsync()
    {
        var latest = (long)(await market.Anvil.Client.GetBlockAsync(BlockParameter.Latest))!.Timestamp;
        clock.Advance(TimeSpan.FromSeconds(Math.Max(StepSeconds, latest + 1 - clock.NowSeconds)));
        await market.Anvil.AskAsync("evm_setNextBlockTimestamp", clock.NowSeconds);
        await market.Anvil.MineAsync();
    }

    // Yellow paper, EIP-2028, EIP-2929: 16 gas a byte of calldata, 4 where it is zero; a slot 2,100, and 2,900 more to change it, or 20,000 where it was empty.
    private async Task<double> ReadLeastAsync(string hash)
    {
        var input = (await market.Anvil.Client.GetTransactionByHashAsync(Bytes32.Parse(hash)))!.Input;
        var touched = Slots(await TraceAsync(hash, isDifference: false));
        var change = await TraceAsync(hash, isDifference: true);
        var (before, after) = (Slots(change.GetProperty("pre")), Slots(change.GetProperty("post")));
        return input.Sum(b => b == 0 ? 4 : 16) + (2_100.0 * touched.Keys.Union(before.Keys).Union(after.Keys).Count())
            + before.Keys.Union(after.Keys).Sum(slot => before.GetValueOrDefault(slot) ? 2_900 : 20_000);
    }

    private Task<JsonElement> TraceAsync(string hash, bool isDifference) =>
        market.Anvil.AskAsync("debug_traceTransaction", hash, new { tracer = "prestateTracer", tracerConfig = new { diffMode = isDifference } });

    /// <summary>Storage slots of all accounts, and whether there is something in them.</summary>
    private static Dictionary<string, bool> Slots(JsonElement accounts) => accounts.EnumerateObject()
        .SelectMany(a => a.Value.TryGetProperty("storage", out var storage) ? storage.EnumerateObject().Select(s => ($"{a.Name}/{s.Name}", s.Value.GetString()!.AsSpan(2).ContainsAnyExcept('0'))) : [])
        .ToDictionary();

    private async Task BeginAsync(int some)
    {
        for (var i = 0; i < some; i++)
        {
            var request = await market.RequestAsync() with { SpecHash = Some.SpecHash, DurationSeconds = 8 * Hour, Deposit = 60_000_000 };
            var lease = await tenant.MatchAsync(await market.QuoteAsync(request), request, "", default);
            leases[lease.Id] = lease;
            outbox.Put(lease.Id, [new ActivateIntent(lease.Id, lease.Terms)], lease.Block);
        }

        await settler.PassAsync(default);
    }

    private async Task LookAsync()
    {
        var head = await market.Anvil.Client.GetBlockNumberAsync();
        MatchedLease[] touched = [.. (await ledger.ReadChangesAsync(head + 1, readBlock + 1, head, default)).Touched.Where(leases.ContainsKey).Select(id => leases[id])];
        foreach (var (lease, state) in touched.Zip(await ledger.ReadLeasesAsync([.. touched.Select(l => new LeaseReference(l.Id, l.Terms))], head, default))) states[lease.Id] = state;
        readBlock = head;
        foreach (var lease in leases.Values) Look(lease, states[lease.Id], head);
    }

    // Windows are closed by the hour since the lease's begin, a minute later.
    private void Look(MatchedLease lease, ChainLease state, ulong head)
    {
        var hours = (clock.NowSeconds - state.ActivatedAt - 60) / Hour;
        var through = state.ActivatedAt + (hours * Hour);
        if (state.State != LeaseState.Active || hours < 1 || through <= state.Through) return;
        var seen = ALease.Active().Running().Seen() with
        {
            View = new LeaseView(lease.Id, lease.Terms, state, state, lease.Block, head, head, clock.NowSeconds),
            Policy = Policy, NowMs = clock.NowMs, Metering = new MeteringNews(Usage(through, (ulong)hours), Root(lease, hours), null),
        };
        outbox.Put(lease.Id, LeaseMachine.Decide(seen).Intents, head);
    }

    private static UsagePosition Usage(long through, ulong hours) => UsagePosition.StartingAt(through * 1000) with
    {
        CpuNanoSeconds = (UInt128)(hours * CoreSecondsPerHour) * 1_000_000_000, MemoryByteMs = (UInt128)(hours * MiBSecondsPerHour) * 1000 << 20, ExpectedMs = 1000, ObservedMs = 1000,
    };

    private static string Root(MatchedLease lease, long hours) => new KeccakHasher().Keccak256(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{lease.Id}/{hours}")));

    private sealed class CountedSettlements(ILeaseTransactions inner) : ILeaseTransactions
    {
        private readonly ConcurrentDictionary<string, int> transactions = new();
        private int failures;

        public IReadOnlyDictionary<string, int> Transactions => transactions;

        public int Failures => failures;

        public void Clear()
        {
            transactions.Clear();
            failures = 0;
        }

        public int MostTogether(ChainIntent first) => inner.MostTogether(first);

        public async Task<IReadOnlyList<IntentOutcome>> SubmitAsync(IReadOnlyList<ChainIntent> intents, CancellationToken cancellation)
        {
            var outcomes = await inner.SubmitAsync(intents, cancellation);
            foreach (var outcome in outcomes)
            {
                if (outcome.Error is not null) Interlocked.Increment(ref failures);
                else if (outcome.Intent is SettleIntent) transactions.AddOrUpdate(outcome.TransactionHash!, 1, (_, many) => many + 1);
            }

            return outcomes;
        }
    }
}
