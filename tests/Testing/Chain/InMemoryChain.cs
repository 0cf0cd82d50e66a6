using System.Collections.Immutable;
using System.Numerics;
using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Results;
using Federation.Domain.Settlement;

namespace Federation.Testing.Chain;

/// <summary>A chain with the contract on it: what the operator reads and sends, and what tenants do to it.</summary>
/// <param name="confirmations">Blocks behind the latest that count as confirmed.</param>
/// <param name="finality">Blocks behind the latest that no reorg takes away.</param>
public sealed class InMemoryChain(FakeClock clock, PortGate gate, ulong confirmations = 1, ulong finality = 4) : ILeaseLedger, ILeaseActivity, ISettlements, IResultLedger, ILeaseTransactions
{
    public BlockList Blocks { get; } = new(clock, confirmations, finality);

    /// <summary>Nodes do not answer: neither reads nor transactions.</summary>
    public bool IsDown { get; set; }

    /// <summary>The node is of another chain: waiting will not mend that.</summary>
    public bool IsWrongChain { get; set; }

    /// <summary>Transactions are mined, but the sender never hears of it.</summary>
    public bool LosesReplies { get; set; }

    /// <summary>Head that a lagging or forked node shows instead of the true one.</summary>
    public Func<LedgerHead, LedgerHead>? DistortHead { get; set; }

    /// <summary>Logs of settlements are not to be had.</summary>
    public bool HidesSettlements { get; set; }

    /// <summary>Leases whose matches are left out of the logs.</summary>
    public HashSet<LeaseId> Omitted { get; } = [];

    public StoredLease? Find(LeaseId id) => Blocks.Latest.Leases.GetValueOrDefault(id);

    public void Mine() => Blocks.Mine(Blocks.Latest.Leases);

    public LeaseId Match(LeaseId id, LeaseTerms terms, BigInteger deposit)
    {
        var block = Blocks.Latest.Number + 1;
        Blocks.Mine(Blocks.Latest.Leases.SetItem(id, LeaseContract.Match(terms, deposit)), new MatchedLease(id, terms, block));
        return id;
    }

    /// <summary>A transaction of somebody else than the operator. False when the contract refuses it.</summary>
    public bool TryTransact(LeaseId id, Func<StoredLease, long, StoredLease> call)
    {
        if (Find(id) is not { } stored) return false;
        try
        {
            Blocks.Mine(Blocks.Latest.Leases.SetItem(id, call(stored, Blocks.NextTime)));
            return true;
        }
        catch (RevertException)
        {
            return false;
        }
    }

    public Task<LedgerHead> ReadHeadAsync(CancellationToken cancellation) => Answer(() =>
    {
        var head = new LedgerHead(Blocks.Latest.Number, Blocks.Confirmed.Number, Blocks.Confirmed.Time, Blocks.Confirmed.Hash, Blocks.Finalized.Number, Blocks.Finalized.Hash) { LatestTime = Blocks.Latest.Time, FinalizedTime = Blocks.Finalized.Time };
        return DistortHead?.Invoke(head) ?? head;
    });

    public Task<SettledProof?> ReadSettledAsync(LeaseId lease, ChainLease seen, ulong fromBlock, ulong toBlock, CancellationToken cancellation) => Answer(() =>
    {
        if (HidesSettlements) throw new LedgerException("The node has no such logs.", isTransient: true);
        var receipts = Blocks.Between(fromBlock, toBlock).Select(b => b.Leases.GetValueOrDefault(lease)?.Settled).OfType<Receipt>().ToArray();
        return receipts is [.., var last]
            ? new SettledProof(new SettledUsage(last.Usage, last.Through, last.DownSeconds), receipts.LastOrDefault(r => r.EvidenceRoot != Receipt.NoEvidence)?.EvidenceRoot)
            : null;
    });

    public Task<LeaseNews> ReadNewsAsync(ulong fromBlock, ulong toBlock, CancellationToken cancellation) => Answer(() => News(fromBlock, toBlock));

    private LeaseNews News(ulong fromBlock, ulong toBlock)
    {
        var blocks = Blocks.Between(fromBlock, toBlock).ToArray();
        var (terms, replaced) = (new Dictionary<LeaseId, LeaseTerms>(), new List<ReplacedTerms>());
        foreach (var (number, id, amended) in blocks.SelectMany(b => b.Amended.Select(a => (b.Number, a.Id, a.Terms))))
        {
            if ((terms.GetValueOrDefault(id) ?? blocks.SelectMany(b => b.Matched).LastOrDefault(m => m.Id == id)?.Terms) is { } before)
                replaced.Add(new ReplacedTerms(id, before, number));
            terms[id] = amended;
        }

        var matched = blocks.SelectMany(b => b.Matched).Where(m => !Omitted.Contains(m.Id)).Select(m => m with { Terms = terms.GetValueOrDefault(m.Id) ?? m.Terms }).ToArray();
        return new LeaseNews(matched, terms.Where(t => matched.All(m => m.Id != t.Key)).ToDictionary()) { Replaced = replaced };
    }

    public Task<LedgerChanges> ReadChangesAsync(ulong newsFrom, ulong touchedFrom, ulong toBlock, CancellationToken cancellation) =>
        Answer(() => new LedgerChanges(News(newsFrom, toBlock), Blocks.Between(touchedFrom, toBlock).SelectMany(b => b.Touched).ToHashSet()));

    public Task<BigInteger> ReadSlicedAsync(string token, ulong block, CancellationToken cancellation) => Answer(() =>
        Blocks.At(block).Leases.Values.Where(l => l.Terms.Token == token).Aggregate(BigInteger.Zero, (sum, l) => sum + Collection.Locked(l.Lease, l.Terms)));

    public Task CheckBlockAsync(ulong block, string hash, CancellationToken cancellation) => Answer(() =>
        Blocks.At(block).Hash == hash ? true : throw new LedgerException($"Block {block} was {hash} and is {Blocks.At(block).Hash}: a fork.", isTransient: true));

    public Task<IReadOnlyList<ChainLease>> ReadLeasesAsync(IReadOnlyList<LeaseReference> leases, ulong block, CancellationToken cancellation) =>
        Answer<IReadOnlyList<ChainLease>>(() => [.. leases.Select(l => Read(l, Blocks.At(block).Leases))]);

    public Task<PostedResult?> ReadResultAsync(LeaseId id, ulong block, CancellationToken cancellation) => Answer(() =>
        Blocks.At(block).Leases.GetValueOrDefault(id) is { Results: [var outcome, ..] } stored
            ? new PostedResult(outcome.Digest, outcome.Status, stored.Terms.Callback, stored.Terms.Callback)
            : null);

    public int MostTogether(ChainIntent first) => first is ActivateIntent or SettleIntent or CollectIntent ? 50 : 1;

    public Task<IReadOnlyList<IntentOutcome>> SubmitAsync(IReadOnlyList<ChainIntent> intents, CancellationToken cancellation) =>
        Answer<IReadOnlyList<IntentOutcome>>(() =>
        {
            var (leases, time, number) = (Blocks.Latest.Leases, Blocks.NextTime, Blocks.Latest.Number + 1);
            var outcomes = intents.Where(i => i.GetType() == intents[0].GetType()).Take(MostTogether(intents[0])).Select(i => Send(i, ref leases, time, number)).ToArray();
            Blocks.Mine(leases);
            if (LosesReplies) throw new LedgerException("The node did not answer in time.", isTransient: true);
            return outcomes;
        }, "sending");

    private static ChainLease Read(LeaseReference reference, ImmutableDictionary<LeaseId, StoredLease> leases) =>
        leases.TryGetValue(reference.Id, out var stored)
            ? stored.Lease with { TermsMatch = reference.Terms is null || reference.Terms == stored.Terms }
            : ChainLease.Unknown;

    private static IntentOutcome Send(ChainIntent chainIntent, ref ImmutableDictionary<LeaseId, StoredLease> leases, long time, ulong block)
    {
        var intent = (LeaseIntent)chainIntent;
        try
        {
            if (!leases.TryGetValue(intent.Id, out var stored)) throw new RevertException("LeaseUnknown");
            if (stored.Terms != intent.Terms) throw new RevertException("TermsDiffer");
            leases = leases.SetItem(intent.Id, intent switch
            {
                ActivateIntent => LeaseContract.Activate(stored, time),
                RefuseIntent => LeaseContract.Refuse(stored, time),
                CloseIntent close => LeaseContract.Close(stored, CloseReason.Provider, time, close.Expected),
                SettleIntent settle => LeaseContract.Settle(stored, settle.Receipt, time),
                PostResultIntent post => LeaseContract.PostResult(stored, post.Outcome),
                CollectIntent => LeaseContract.Collect(stored, time),
                _ => throw new RevertException("FunctionUnknown"),
            });
            return new IntentOutcome(intent, $"0xt{block}", block, null);
        }
        catch (RevertException error) when (error.Message == "ResultExists")
        {
            return new IntentOutcome(intent, null, block - 1, null);
        }
        catch (RevertException error)
        {
            return new IntentOutcome(intent, $"0xt{block}", 0, error.Message) { IsRefusedForGood = error.Message == "ReplicaIsPart" };
        }
    }

    private Task<T> Answer<T>(Func<T> read, string step = "reading the chain")
    {
        try
        {
            gate.Pass(step);
            if (IsWrongChain) throw new LedgerException("The node is of chain 2, not 1.", isTransient: false);
            if (IsDown) throw new LedgerException("The node does not answer.", isTransient: true);
            var answer = read();
            gate.Pass(step);
            return Task.FromResult(answer);
        }
        catch (Exception error)
        {
            return Task.FromException<T>(error);
        }
    }
}
