using System.Collections.Concurrent;
using System.Collections.Immutable;
using Federation.Application.Ports;
using Federation.Domain.Requesting;

namespace Federation.Application.Requesting;

/// <summary>
/// Transactions that were sent for requests and that no status says yet. A pass that could not be written leaves its own to the next one;
/// what a process before this one sent is in the sender's journal, and asked for once.
/// </summary>
internal sealed class SentLog(ISentTransactions earlier)
{
    private readonly ConcurrentDictionary<string, ImmutableArray<SentTransaction>> untold = new();

    /// <summary>At the beginning of a pass: what its record says is told.</summary>
    public async Task BeginAsync(string request, RequestRecord record, CancellationToken cancellation)
    {
        if (untold.TryGetValue(request, out var left))
            untold[request] = [.. left.Where(t => !record.Transactions.Contains(t))];
        else if (await earlier.RecallAsync([.. record.Book.Purchases.Select(p => p.Id)], cancellation) is { } recalled)
            untold[request] = [.. recalled.Where(t => record.Transactions.All(r => r.Hash != t.Hash))];
    }

    public void Sent(string request, SentTransaction one) => untold.AddOrUpdate(request, [one], (_, before) => [.. SentTransaction.Together(before, [one])]);

    /// <param name="told">By the record.</param>
    /// <returns>What a record is to say from now on.</returns>
    public IReadOnlyList<SentTransaction> With(string request, IReadOnlyList<SentTransaction> told)
    {
        if (!untold.TryGetValue(request, out var left) || left.IsEmpty) return told;
        var all = SentTransaction.Together(told, left);
        // What newer ones have pushed out is over: else it would come back with each pass.
        untold[request] = [.. left.Where(all.Contains)];
        return all;
    }

    public void Forget(string request) => untold.TryRemove(request, out _);
}
