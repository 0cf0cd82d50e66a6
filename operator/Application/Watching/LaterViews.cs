using System.Collections;
using System.Diagnostics.CodeAnalysis;
using Federation.Application.Ports;
using Federation.Domain.Leases;

namespace Federation.Application.Watching;

/// <summary>Views of leases that did not change, at a later head: made for those that somebody looks at.</summary>
internal sealed class LaterViews(IReadOnlyDictionary<LeaseId, LeaseView> changed, LedgerHead head) : IReadOnlyDictionary<LeaseId, LeaseView>
{
    public IReadOnlyDictionary<LeaseId, LeaseView> Changed => changed;

    public int Count => changed.Count;

    public IEnumerable<LeaseId> Keys => changed.Keys;

    public IEnumerable<LeaseView> Values => changed.Values.Select(Later);

    public LeaseView this[LeaseId key] => Later(changed[key]);

    public bool ContainsKey(LeaseId key) => changed.ContainsKey(key);

    public bool TryGetValue(LeaseId key, [MaybeNullWhen(false)] out LeaseView value)
    {
        value = changed.TryGetValue(key, out var view) ? Later(view) : null;
        return value is not null;
    }

    public IEnumerator<KeyValuePair<LeaseId, LeaseView>> GetEnumerator() => changed.Select(v => KeyValuePair.Create(v.Key, Later(v.Value))).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private LeaseView Later(LeaseView view) =>
        view with { ConfirmedBlock = head.Confirmed, FinalizedBlock = Math.Min(head.Finalized, head.Confirmed), BlockTime = head.ConfirmedTime, FinalizedTime = head.FinalTime };
}
