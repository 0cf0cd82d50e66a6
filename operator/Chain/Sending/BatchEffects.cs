using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Mapping;
using Federation.Domain.Settlement;
using Federation.Ethereum;
using Federation.Ethereum.Client;

namespace Federation.Chain.Sending;

/// <summary>What a mined batch did to each of its items: a batch succeeds even where items of it were skipped.</summary>
internal sealed class BatchEffects
{
    private readonly HashSet<Bytes32> activated;
    private readonly HashSet<(Bytes32, uint)> settled;
    private readonly Dictionary<Bytes32, Queue<string>> skipped;

    public BatchEffects(IEnumerable<Log> logs)
    {
        var all = logs.ToArray();
        activated = [.. all.DecodeAllEvents<LeaseActivatedEventDTO>().Select(e => e.Event.LeaseId)];
        settled = [.. all.DecodeAllEvents<LeaseSettledEventDTO>().Select(e => (e.Event.LeaseId, e.Event.Seq))];
        skipped = all.DecodeAllEvents<SettlementSkippedEventDTO>()
            .GroupBy(e => e.Event.LeaseId)
            .ToDictionary(g => g.Key, g => new Queue<string>(g.Select(e => ContractErrors.NameOf(e.Event.Reason))));
    }

    /// <summary>Null when the intent took effect. Ask once per item, in the order of the batch: each effect counts for one.</summary>
    public string? FaultOf(ChainIntent intent)
    {
        var id = intent.Id.ToContract();
        var done = intent switch
        {
            ActivateIntent => activated.Remove(id),
            SettleIntent settle => settled.Remove((id, settle.Receipt.Seq)),
            // What it paid is not asked: to have freed no more than the slice is an effect too.
            CollectIntent => !skipped.ContainsKey(id),
            _ => true,
        };
        if (done) return null;
        return skipped.TryGetValue(id, out var reasons) && reasons.TryDequeue(out var reason)
            ? $"The contract skipped it: {reason}"
            : "The transaction was mined without an effect on this lease.";
    }
}
