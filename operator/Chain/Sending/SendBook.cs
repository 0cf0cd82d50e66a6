using Federation.Application.Ports;
using Federation.Ethereum;
using Federation.Ethereum.Client;

namespace Federation.Chain.Sending;

/// <summary>
/// What goes into the journal: all that is open, and what is mined and not final. Whoever changed it waits until a write that
/// holds its change is done; changes that come together share one.
/// </summary>
internal sealed class SendBook : IDisposable
{
    // At some twenty settlements an hour, hours; on a chain that finalizes later, its view redoes what a reorg takes.
    private const int MostMined = 64;

    private readonly SemaphoreSlim writing = new(1);
    private readonly Lock guard = new();
    private readonly List<MinedTransaction> mined = [];
    private IReadOnlyList<JournalEntry> strange = [];
    private long changes;
    private long saved;

    public IReadOnlyList<MinedTransaction> Mined
    {
        get
        {
            lock (guard) return [.. mined];
        }
    }

    /// <summary>Of other keys: written back as they were read, for as long as they may be mined.</summary>
    public IReadOnlyList<JournalEntry> Strange
    {
        get
        {
            lock (guard) return strange;
        }
    }

    /// <summary>Returns when the journal holds all that is open now.</summary>
    /// <exception cref="ClusterException">It could not be written.</exception>
    public async Task SaveAsync(ISendJournal journal, OpenNonces open, Address sender, CancellationToken cancellation)
    {
        var mine = Interlocked.Increment(ref changes);
        await writing.WaitAsync(cancellation);
        try
        {
            if (saved >= mine) return;
            var covers = Interlocked.Read(ref changes);
            var own = Mined.Select(m => m.ToEntry()).Concat(open.All.Select(o => o.ToEntry())).Select(e => e with { Sender = sender.ToString() });
            await journal.WriteAsync([.. Strange, .. own], cancellation);
            saved = covers;
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>It is in a block now: in another one than before, or for the first time. No write of its own: the next one says it.</summary>
    public void NoteMined(PendingTransaction transaction, TransactionReceipt receipt)
    {
        lock (guard)
        {
            mined.RemoveAll(m => m.Transaction == transaction);
            mined.Add(MinedTransaction.Of(transaction, receipt));
            if (mined.Count > MostMined) mined.RemoveAt(0);
        }
    }

    public void KeepStrange(IReadOnlyList<JournalEntry> entries)
    {
        lock (guard) strange = entries;
    }

    public void ForgetStrange(Func<JournalEntry, bool> isOver)
    {
        lock (guard) strange = [.. strange.Where(e => !isOver(e))];
    }

    public void Forget(MinedTransaction gone)
    {
        lock (guard) mined.Remove(gone);
    }

    public void Clear()
    {
        lock (guard)
        {
            mined.Clear();
            strange = [];
        }
    }

    public void Dispose() => writing.Dispose();
}
