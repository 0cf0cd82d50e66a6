using Federation.Domain.Leases;
using Federation.Domain.Settlement;

namespace Federation.Application.Settling;

/// <summary>
/// What the leases want from the chain now. Nothing in it needs to survive a restart: every look at a lease fills it again,
/// and the contract takes each intent once.
/// </summary>
public sealed class IntentOutbox(TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(2);

    private readonly Lock gate = new();
    private readonly SemaphoreSlim news = new(0, 1);
    private readonly Dictionary<LeaseId, IReadOnlyList<ChainIntent>> wanted = [];
    private readonly Dictionary<(LeaseId, Type), Trace> traces = [];

    /// <summary>A transaction of the lease was mined: worth a look at once, not only when the view has caught up.</summary>
    public event Action<LeaseId>? IntentMined;

    /// <summary>The contract will never take what the lease wanted: a look at once says so.</summary>
    public event Action<LeaseId>? IntentRefused;

    /// <summary>A settlement failed with its tenant's signature: that receipt goes without from now on.</summary>
    public event Action<Receipt>? SignatureRefused;

    /// <summary>Replaces what the lease wanted before. What it comes to is remembered until <see cref="Forget"/>, also of one that wants nothing now.</summary>
    /// <param name="confirmedBlock">The view that the intents come from: what was mined after it is not wanted again.</param>
    public void Put(LeaseId id, IReadOnlyList<ChainIntent> intents, ulong confirmedBlock)
    {
        lock (gate)
        {
            var kinds = intents.Select(i => i.GetType()).ToHashSet();
            foreach (var key in traces.Keys.Where(k => k.Item1 == id).ToArray())
                if (IsSettled(traces[key], confirmedBlock) || (traces[key].MinedBlock == 0 && !kinds.Contains(key.Item2))) traces.Remove(key);
            var open = intents.Where(i => !IsMined(i)).ToArray();
            wanted[id] = open;
            if (open.Length > 0 && news.CurrentCount == 0) news.Release();
        }
    }

    /// <summary>Returns when something new is wanted, or, while something is, after <paramref name="longest"/>: what failed is due again without news.</summary>
    public Task WaitAsync(TimeSpan longest, CancellationToken cancellation) => news.WaitAsync(HasOpen ? longest : Timeout.InfiniteTimeSpan, cancellation);

    /// <summary>What may be sent now, most urgent first.</summary>
    /// <param name="isFree">Whether anything may be sent for the lease; null: for all.</param>
    public IReadOnlyList<ChainIntent> Due(int most = int.MaxValue, Func<LeaseId, bool>? isFree = null)
    {
        lock (gate)
        {
            var now = Now;
            return wanted.Values.SelectMany(i => i)
                .Where(i => isFree?.Invoke(i.Id) != false && !IsMined(i) && (!traces.TryGetValue(KeyOf(i), out var trace) || trace.NotBefore <= now))
                .OrderBy(i => i.Priority)
                .Take(most)
                .ToArray();
        }
    }

    /// <param name="transaction">0x hex; null when the effect was there already.</param>
    public void Mined(ChainIntent intent, ulong block, string? transaction)
    {
        // Also when it is wanted no more: a look in between that knew too little to want it must not lose an activation.
        lock (gate)
            if (wanted.ContainsKey(intent.Id)) traces[KeyOf(intent)] = new Trace(block, null, default, 0) { Transaction = transaction };
        IntentMined?.Invoke(intent.Id);
    }

    /// <summary>True when the lease's activation is in a block that the confirmed view does not hold yet.</summary>
    public bool IsActivationMined(LeaseId id)
    {
        lock (gate) return traces.TryGetValue((id, typeof(ActivateIntent)), out var trace) && trace.MinedBlock > 0;
    }

    /// <summary>It is due again after a while that grows with each time, up to two minutes.</summary>
    public void Failed(ChainIntent intent, string error)
    {
        lock (gate)
        {
            if (!IsWanted(intent)) return;
            var tries = traces.TryGetValue(KeyOf(intent), out var trace) ? trace.Tries + 1 : 1;
            var delay = TimeSpan.FromTicks(Math.Min(LongestDelay.Ticks, FirstDelay.Ticks << Math.Min(tries - 1, 20)));
            traces[KeyOf(intent)] = new Trace(0, error, Now + delay, tries);
        }
    }

    /// <summary>It is not due again as long as it is wanted, and who wants it is woken to hear why.</summary>
    public void Refused(ChainIntent intent, string error)
    {
        lock (gate)
            if (IsWanted(intent)) traces[KeyOf(intent)] = new Trace(0, error, TimeSpan.MaxValue, 0);
        IntentRefused?.Invoke(intent.Id);
    }

    /// <summary>What is wanted now is without it at once; who has it is told.</summary>
    public void RefuseSignature(Receipt receipt)
    {
        lock (gate)
            if (wanted.TryGetValue(receipt.Id, out var intents))
                wanted[receipt.Id] = [.. intents.Select(i => i is SettleIntent settle && settle.Receipt.Seq == receipt.Seq ? settle with { TenantSignature = "" } : i)];
        SignatureRefused?.Invoke(receipt);
    }

    /// <summary>What the lease's last transaction failed with, as long as it is still wanted; that of its result is told by <see cref="PostOf"/>.</summary>
    public string? LastFailure(LeaseId id)
    {
        lock (gate)
            return traces.Where(t => t.Key.Item1 == id && t.Key.Item2 != typeof(PostResultIntent)).Select(t => t.Value.Error).FirstOrDefault(e => e is not null);
    }

    /// <summary>What became of the lease's result, as far as this process knows.</summary>
    public PostTrace PostOf(LeaseId id)
    {
        lock (gate)
            return traces.TryGetValue((id, typeof(PostResultIntent)), out var trace)
                ? new PostTrace(trace.Transaction, trace.Error, trace.NotBefore == TimeSpan.MaxValue)
                : new PostTrace(null, null, false);
    }

    /// <summary>Nobody looks at the lease any more: what its last transaction comes to is not kept either.</summary>
    public void Forget(LeaseId id)
    {
        lock (gate)
        {
            wanted.Remove(id);
            foreach (var key in traces.Keys.Where(k => k.Item1 == id).ToArray()) traces.Remove(key);
        }
    }

    /// <summary>A new term begins: what another one wanted may be undone by what happened since.</summary>
    public void BeginTerm()
    {
        lock (gate)
        {
            wanted.Clear();
            traces.Clear();
        }
    }

    public void Dispose() => news.Dispose();

    // Time that passes, which no setting of the clock changes.
    private TimeSpan Now => clock.GetElapsedTime(0);

    private bool HasOpen
    {
        get
        {
            lock (gate) return wanted.Values.Any(intents => intents.Any(i => !IsMined(i)));
        }
    }

    private bool IsWanted(ChainIntent intent) => wanted.TryGetValue(intent.Id, out var all) && all.Any(i => i.GetType() == intent.GetType());

    private bool IsMined(ChainIntent intent) => traces.TryGetValue(KeyOf(intent), out var trace) && trace.MinedBlock > 0;

    private static bool IsSettled(Trace trace, ulong confirmedBlock) => trace.MinedBlock > 0 && trace.MinedBlock <= confirmedBlock;

    private static (LeaseId, Type) KeyOf(ChainIntent intent) => (intent.Id, intent.GetType());

    private sealed record Trace(ulong MinedBlock, string? Error, TimeSpan NotBefore, int Tries)
    {
        public string? Transaction { get; init; }
    }
}

/// <param name="Transaction">Hash of ours that was mined, 0x hex.</param>
/// <param name="Error">What the last one failed with.</param>
/// <param name="IsRefusedForGood">The contract will never take it.</param>
public sealed record PostTrace(string? Transaction, string? Error, bool IsRefusedForGood);
