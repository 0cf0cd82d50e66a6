using System.Collections.Concurrent;
using System.Numerics;
using System.Text.Json;
using Federation.Application.Ports;
using Federation.Application.Requesting;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Requesting;
using Federation.Domain.Settlement;
using Federation.Testing.Builders;
using Federation.Testing.Chain;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Testing.Requesting;

/// <summary>A tenant's operator with its ports in memory: a chain by the contract's rules, and datacenters that do their part when they are told to.</summary>
public sealed class TenantWorld : ITenantOrders, ITenantAmendments, ITenantTransactions, ISentTransactions, IDatacenterDirectory, IQuoteDesk, IWorkloadDelivery, IUsageProofs, ILeaseTermsReader, IRequestStore, ILeaseLedger
{
    public const string OperatorKey = "0xkey";
    // A controller passes while the test lets time pass.
    private readonly Lock turn = new();
    private readonly HashSet<string> sent = [];
    private int salts;

    public TenantWorld()
    {
        Chain = new InMemoryChain(Clock, Gate);
        Metrics = new RequestMetrics(Some.Token, Clock);
        Demand = new RequestDemand(
            "default/web", 1, false, Some.Workload, 2, 3600, "", new Ceiling(Some.Prices, 0, 0, 0), PlacementRules.None with { Spread = Spread.Datacenter }, Some.Deposit, "", 600);
    }

    public FakeClock Clock { get; } = new();

    /// <summary>Of all its operators.</summary>
    public RequestMetrics Metrics { get; }

    public PortGate Gate { get; } = new();

    public InMemoryChain Chain { get; }

    public RequestDemand Demand { get; set; }

    /// <summary>Price of a core by provider: the datacenters that there are.</summary>
    public Dictionary<string, BigInteger> Datacenters { get; } = new() { ["0xa"] = 900_000, ["0xb"] = 800_000, ["0xc"] = 700_000 };

    public HashSet<string> Silent { get; } = [];

    /// <summary>Whose kubeconfig does not work.</summary>
    public HashSet<string> LocallyBroken { get; } = [];

    public HashSet<string> NotReady { get; } = [];

    public ConcurrentDictionary<LeaseId, string> Delivered { get; } = [];

    /// <summary>What the API server has; a restart begins with it.</summary>
    public RequestRecord Saved { get; private set; } = RequestRecord.New;

    /// <summary>Nobody can write it down.</summary>
    public bool IsReadOnly { get; set; }

    /// <summary>Whose offers the contract does not take.</summary>
    public HashSet<string> Liars { get; } = [];

    /// <summary>The Vault may pull nothing.</summary>
    public bool IsWalletEmpty { get; set; }

    /// <summary>The registry cannot be read.</summary>
    public bool IsDirectoryDown { get; set; }

    /// <summary>Usage that amendments come with, and until when it is measured.</summary>
    public UsageVector Claimed { get; set; } = UsageVector.Zero;

    /// <summary>Datacenters let nothing for longer than so many seconds from now on; null: for any time.</summary>
    public long? LongestFromNow { get; set; }

    public long? ClaimedThrough { get; set; }

    /// <summary>Usage by the leases' status at their datacenters; null: it says none.</summary>
    public UsageVector? Shown { get; set; }

    /// <summary>What the evidence comes to that datacenters hand over.</summary>
    public ShownUsage Evidence { get; set; } = ShownUsage.None;

    /// <summary>Terms that amendments come with, out of those that were asked for.</summary>
    public Func<LeaseTerms, LeaseTerms> Amended { get; set; } = t => t;

    /// <summary>How often datacenters were asked for their workloads.</summary>
    public int Looked { get; set; }

    /// <summary>Quotes that were asked for.</summary>
    public int Asked { get; private set; }

    public Func<string, CancellationToken, Task>? BeforeAnswer { get; set; }

    /// <summary>Hears of each lease that something is sent for or delivered to, while that is done.</summary>
    public Action<string>? Says { get; set; }

    public ConcurrentQueue<TenantIntent> Sent { get; } = [];

    /// <summary>As the sender's journal has them: what took effect, by whichever process.</summary>
    public ConcurrentQueue<SentTransaction> Journal { get; } = [];

    /// <summary>Credit for downtime by provider, basis points; half of the rate where it is not here.</summary>
    public Dictionary<string, ushort> Credits { get; } = [];

    public string Wallet => Some.Tenant;

    public RequestReport Last { get; private set; } = null!;

    /// <summary>A process of the tenant's operator: another one begins with what is saved.</summary>
    /// <param name="desk">Asks datacenters for quotes; null: they are in memory too.</param>
    /// <param name="log">Null: nobody reads it.</param>
    public Requester Operator(IQuoteDesk? desk = null, ILogger<Requester>? log = null) => new(
        new RequestSights(this, this, this), this, new RequestAmendments(this, this, this, this, this, Options, Clock), this, this, this, desk ?? this, this, FakeHasher.Instance, Some.Token, Options, Metrics, Clock, log ?? NullLogger<Requester>.Instance);

    /// <summary>By the clock of who runs the passes.</summary>
    public RequestingOptions Options { get; init; } = new(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30));

    public async Task<RequestReport> PassAsync(Requester requester)
    {
        Last = await requester.PassAsync(Demand, Saved, this, default);
        if (Last.Record != Saved) await SaveAsync(Last, default);
        return Last;
    }

    /// <summary>Passes, with time and the datacenters' part in between.</summary>
    public async Task RunAsync(Requester requester, int passes, int seconds = 10)
    {
        for (var i = 0; i < passes; i++)
        {
            await PassAsync(requester);
            Live(seconds);
        }
    }

    /// <summary>Time passes, blocks come, datacenters activate and settle.</summary>
    public void Live(int seconds)
    {
        lock (turn) LiveOn(seconds);
    }

    private void LiveOn(int seconds)
    {
        Clock.Advance(TimeSpan.FromSeconds(seconds));
        Chain.Mine();
        foreach (var (id, stored) in Chain.Blocks.Latest.Leases)
        {
            if (Silent.Contains(stored.Terms.Provider)) continue;
            if (stored.Lease.State == LeaseState.Reserved) Chain.TryTransact(id, LeaseContract.Activate);
            else if (stored.Lease.State == LeaseState.Closing && Chain.Blocks.NextTime > stored.Lease.EndsAt)
                Chain.TryTransact(id, (s, t) => LeaseContract.Settle(s, new Receipt(id, s.Lease.Seq + 1, s.Lease.EndsAt, UsageVector.Zero, 0, Receipt.NoEvidence, true), t));
        }
    }

    public IReadOnlyList<StoredLease> Leases
    {
        get
        {
            lock (turn) return [.. Chain.Blocks.Latest.Leases.Values];
        }
    }

    public Task<LedgerHead> ReadHeadAsync(CancellationToken cancellation)
    {
        lock (turn) return Chain.ReadHeadAsync(cancellation);
    }

    public Task<LeaseNews> ReadNewsAsync(ulong fromBlock, ulong toBlock, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<IReadOnlyList<ChainLease>> ReadLeasesAsync(IReadOnlyList<LeaseReference> leases, ulong block, CancellationToken cancellation)
    {
        lock (turn) return Chain.ReadLeasesAsync(leases, block, cancellation);
    }

    public LeaseCondition Condition(string type) => Last.Conditions.Single(c => c.Type == type);

    public Task<PreparedOrder> PrepareAsync(RequestTerms draft, CancellationToken cancellation)
    {
        Gate.Pass();
        var request = draft with { Tenant = Wallet, Salt = ++salts };
        return Task.FromResult(new PreparedOrder(request, Some.LeaseId(salts), "0xsigned"));
    }

    public Task<PreparedOrder> PrepareAsync(LeaseId lease, RequestTerms draft, CancellationToken cancellation) =>
        Task.FromResult(new PreparedOrder(draft with { Tenant = Wallet, Salt = ++salts }, lease, "0xsigned"));

    public LeaseId? LeaseOf(RequestTerms request) => Some.LeaseId((int)request.Salt);

    public string? FaultOf(SignedOffer offer, RequestTerms request, string operatorKey) => offer.RequestHash == $"0x{request.Salt}" && offer.Signature == operatorKey ? null : "The Offer is not signed.";

    public string? FaultOf(SignedAmendment amendment, LeaseId lease, LeaseTerms terms, RequestTerms asked, string operatorKey) => amendment.Signature == operatorKey ? null : "The amendment is not signed.";

    public Task<TenantOutcome> SubmitAsync(TenantIntent intent, CancellationToken cancellation)
    {
        Gate.Pass();
        Sent.Enqueue(intent);
        Says?.Invoke($"sends for {intent.Lease}");
        TenantOutcome outcome;
        lock (turn) outcome = Send(intent);
        Gate.Pass();
        return Task.FromResult(outcome);
    }

    public Task<IReadOnlyList<SentTransaction>?> RecallAsync(IReadOnlyCollection<LeaseId> leases, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<SentTransaction>?>([.. Journal.Where(t => leases.Contains(t.Lease))]);

    // What the contract would refuse never leaves, and what took effect before does not leave again.
    private TenantOutcome Send(TenantIntent intent)
    {
        var isAgain = MayTakeEffect(intent);
        if (Take(intent) is { } error) return new TenantOutcome(null, error);
        if (isAgain) return new TenantOutcome(null, null);
        var one = new SentTransaction(intent.Lease, intent.Action, $"0x{Journal.Count + 1:x64}", null);
        Journal.Enqueue(one);
        return new TenantOutcome(one.Hash, null);
    }

    public bool MayTakeEffect(TenantIntent intent) => intent is TopUpIntent t && sent.Contains($"{t.Lease} {t.Funded}");

    public Task<MatchFault?> TryAsync(MatchIntent intent, CancellationToken cancellation) => Task.FromResult(
        IsWalletEmpty ? new MatchFault("ERC20InsufficientAllowance", IsOurs: true) : Liars.Contains(intent.Offer.Provider) ? new MatchFault("StakeTooLow", IsOurs: false) : null);

    public Task<IReadOnlyList<Candidate>> ReadAsync(string token, string auditor, CancellationToken cancellation) => IsDirectoryDown
        ? Task.FromException<IReadOnlyList<Candidate>>(new LedgerException("The registry cannot be read: it is away.", isTransient: true))
        : Task.FromResult<IReadOnlyList<Candidate>>(
        [.. Datacenters.Keys.Select(p => new Candidate(new Place(p, $"region-{p}"), OperatorKey, $"https://{p}", true, 0, 1_000))]);

    public async Task<DeskAnswer<SignedOffer>> QuoteAsync(string endpoint, PreparedOrder order, CancellationToken cancellation)
    {
        var provider = endpoint["https://".Length..];
        lock (turn) Asked++;
        if (BeforeAnswer is { } wait) await wait(provider, cancellation);
        if (Silent.Contains(provider)) return new(null, "NoAnswer", "the connection was refused");
        var prices = order.Request.MaxPrices with { Cpu = Datacenters[provider] };
        var terms = Some.Offer with { Resources = order.Request.Resources, Prices = prices, MinCharge = 0, DowntimeBps = CreditOf(provider), ExpiresAt = Clock.NowSeconds + 60 };
        return new(new SignedOffer(provider, order.Request.Token, $"0x{order.Request.Salt}", terms, 0, OperatorKey), "", "");
    }

    public Task<DeskAnswer<SignedAmendment>> AmendAsync(string endpoint, PreparedOrder order, CancellationToken cancellation)
    {
        var stored = Chain.Find(order.Lease)!;
        if (order.Request.DurationSeconds - (Clock.NowSeconds - stored.Lease.ActivatedAt) > LongestFromNow) return Task.FromResult(new DeskAnswer<SignedAmendment>(null, "TermTooLong", $"A lease here lasts at most {LongestFromNow} s from now."));
        // By what it sells with now, as of a new lease.
        if (order.Request.MinDowntimeBps > CreditOf(stored.Terms.Provider)) return Task.FromResult(new DeskAnswer<SignedAmendment>(null, "DowntimeCreditTooLow", "less is credited here now"));
        var next = stored.Terms with { SpecHash = order.Request.SpecHash, Resources = order.Request.Resources, DurationSeconds = order.Request.DurationSeconds };
        next = Amended(next);
        return Task.FromResult(new DeskAnswer<SignedAmendment>(new(new AmendmentTerms(order.Lease.Hex, stored.Terms, next, 0, 0, ClaimedThrough ?? 0, Claimed, 0, Clock.NowSeconds + 60), OperatorKey), "", ""));
    }

    private ushort CreditOf(string provider) => Credits.GetValueOrDefault(provider, Some.Terms.DowntimeBps);

    public string? FaultOf(string provider) => null;

    public Task<RemoteSight> ReadAsync(string provider, LeaseId lease, long chainTime, CancellationToken cancellation)
    {
        Looked++;
        if (LocallyBroken.Contains(provider)) return Task.FromResult(RemoteSight.Unasked("the kubeconfig is broken"));
        return Task.FromResult(Silent.Contains(provider) ? RemoteSight.Silent("no answer") : new RemoteSight(true, true, Delivered.GetValueOrDefault(lease, ""), Delivered.ContainsKey(lease) && !NotReady.Contains(provider), Delivered.ContainsKey(lease) ? "Running" : "WorkloadPending", "", [$"http://{provider}"]) { Usage = Shown });
    }

    public Task<SettledProof?> ReadSettledAsync(LeaseId lease, ChainLease seen, ulong fromBlock, ulong toBlock, CancellationToken cancellation)
    {
        lock (turn) return Task.FromResult(Chain.Find(lease)?.Settled is { } last ? new SettledProof(new SettledUsage(last.Usage, last.Through, last.DownSeconds), last.EvidenceRoot) : null);
    }

    public Task<ShownUsage> ReadShownAsync(string endpoint, LeaseId lease, string? settledRoot, CancellationToken cancellation) => Task.FromResult(Evidence);

    public Task<string?> DeliverAsync(string provider, LeaseId lease, JsonElement workload, CancellationToken cancellation)
    {
        Gate.Pass();
        Delivered[lease] = Some.HashOf(workload);
        Says?.Invoke($"delivers to {lease}");
        Gate.Pass();
        return Task.FromResult<string?>(null);
    }

    public Task<LeaseTerms?> ReadAsync(LeaseId lease, ulong fromBlock, ulong toBlock, CancellationToken cancellation) 
    {
        lock (turn) return Task.FromResult(Chain.Find(lease)?.Terms);
    }

    public Task SaveAsync(RequestReport report, CancellationToken cancellation)
    {
        Gate.Pass();
        if (IsReadOnly) throw new ClusterException("Conflict", "somebody else wrote", isTransient: true);
        Saved = report.Record;
        Gate.Pass();
        return Task.CompletedTask;
    }

    private string? Take(TenantIntent intent)
    {
        switch (intent)
        {
            case MatchIntent when Chain.Find(intent.Lease) is not null: return "LeaseExists";
            case MatchIntent m when Chain.Blocks.NextTime > Math.Min(m.Request.ExpiresAt, m.Offer.Terms.ExpiresAt): return "OfferExpired";
            case MatchIntent m:
                var terms = Some.Terms with { Provider = m.Offer.Provider, SpecHash = m.Request.SpecHash, Resources = m.Request.Resources, Prices = m.Offer.Terms.Prices, DowntimeBps = m.Offer.Terms.DowntimeBps, DurationSeconds = m.Request.DurationSeconds, Arbiter = m.Request.Arbiter, ActivateBy = Chain.Blocks.NextTime + 600 };
                Chain.Match(m.Lease, terms, m.Request.Deposit);
                return null;
            // As the sender's journal has it: one that was sent is not sent again.
            case TopUpIntent when IsWalletEmpty: return "InsufficientBalance";
            case TopUpIntent t when !sent.Add($"{t.Lease} {t.Funded}"): return null;
            case TopUpIntent t: return Done(t.Lease, (s, _) => LeaseContract.TopUp(s, t.Amount));
            case AmendSpecIntent a: return Done(a.Lease, (s, _) => LeaseContract.AmendSpec(s, a.SpecHash));
            case AmendIntent a: return Done(a.Lease, (s, _) => s with { Terms = a.Amendment.Terms.New, Lease = s.Lease with { EndsAt = s.Lease.ActivatedAt + a.Amendment.Terms.New.DurationSeconds } });
            default: return Done(intent.Lease, (s, t) => LeaseContract.Close(s, CloseReason.Tenant, t));
        }
    }

    private string? Done(LeaseId lease, Func<StoredLease, long, StoredLease> call) => Chain.TryTransact(lease, call) ? null : "StateWrong";
}
