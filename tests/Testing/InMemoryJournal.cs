using Federation.Application.Ports;

namespace Federation.Testing;

/// <summary>A journal that outlives the process that writes it. Each term opens its own.</summary>
public sealed class InMemoryJournal
{
    private readonly Lock guard = new();
    private IReadOnlyList<JournalEntry> entries = [];
    private int term;
    private int version;

    /// <summary>Writes so far.</summary>
    public int Writes { get; private set; }

    /// <summary>The server does not take anything.</summary>
    public bool IsAway { get; set; }

    /// <summary>What lies there is no journal.</summary>
    public bool IsUnreadable { get; set; }

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

    /// <summary>Another writer was faster.</summary>
    public void Put(IReadOnlyList<JournalEntry> written)
    {
        lock (guard) (entries, version) = (written, version + 1);
    }

    private sealed class Term(InMemoryJournal journal, int number) : ISendJournal
    {
        private int? read;

        public Task<IReadOnlyList<JournalEntry>> ReadAsync(CancellationToken cancellation)
        {
            if (journal.IsUnreadable) throw new ClusterException("JournalUnreadable", "It is no journal.", isTransient: false);
            lock (journal.guard)
            {
                read = journal.version;
                return Task.FromResult(journal.entries);
            }
        }

        public Task WriteAsync(IReadOnlyList<JournalEntry> entries, CancellationToken cancellation)
        {
            if (journal.term != number) throw new ClusterException("TermOver", $"Term {journal.term} goes on; this is term {number}.", isTransient: true);
            lock (journal.guard)
            {
                if (read is null) throw new ClusterException("JournalUnread", "read it first", isTransient: true);
                if (journal.IsAway || read != journal.version)
                {
                    read = null;
                    throw new ClusterException("JournalUnwritten", "no answer, or another version", isTransient: true);
                }

                (journal.entries, journal.Writes, journal.version, read) = (entries, journal.Writes + 1, journal.version + 1, journal.version + 1);
            }

            return Task.CompletedTask;
        }
    }
}
