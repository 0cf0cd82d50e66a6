using Federation.Application.Ports;

namespace Federation.Testing;

/// <summary>A journal that outlives the process that writes it. Each term opens its own.</summary>
public sealed class InMemoryJournal
{
    private readonly Lock guard = new();
    private IReadOnlyList<JournalEntry> entries = [];
    private int term;

    /// <summary>Writes so far.</summary>
    public int Writes { get; private set; }

    /// <summary>The server does not take anything.</summary>
    public bool IsAway { get; set; }

    public IReadOnlyList<JournalEntry> Entries
    {
        get
        {
            lock (guard) return entries;
        }
    }

    public ISendJournal Open()
    {
        lock (guard) return new Term(this, ++term);
    }

    private sealed class Term(InMemoryJournal journal, int number) : ISendJournal
    {
        public Task<IReadOnlyList<JournalEntry>> ReadAsync(CancellationToken cancellation) => Task.FromResult(journal.Entries);

        public Task WriteAsync(IReadOnlyList<JournalEntry> entries, CancellationToken cancellation)
        {
            if (journal.term != number) throw new ClusterException("TermOver", $"Term {journal.term} goes on; this is term {number}.", isTransient: true);
            if (journal.IsAway) throw new ClusterException("JournalUnwritten", "no answer", isTransient: true);
            lock (journal.guard) (journal.entries, journal.Writes) = (entries, journal.Writes + 1);
            return Task.CompletedTask;
        }
    }
}
