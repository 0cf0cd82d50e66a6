using Federation.Domain.Leases;

namespace Federation.Application.Reconciling;

/// <summary>When each lease is looked at next. A lease that failed waits longer each time, and is never dropped.</summary>
public sealed class LeaseAgenda(TimeProvider clock)
{
    private const long FirstRetryMs = 500;
    private const long LongestRetryMs = 60_000;

    // A lease that starts, or whose pods move, has some dozens of events: these are looked at at once. What a tenant's pods do without
    // end is not: each look reads all that the lease has.
    private const int LooksAtOnce = 40;
    private const long BetweenLooksMs = 2_000;

    private readonly Lock gate = new();
    private readonly Dictionary<LeaseId, Entry> entries = [];

    /// <summary>Look at it as soon as possible; a lease that keeps failing still waits its turn.</summary>
    public void Wake(LeaseId id)
    {
        lock (gate)
        {
            var entry = entries.GetValueOrDefault(id);
            entries[id] = entry.IsBusy ? entry with { IsWoken = true } : entry with { DueMs = entry.Failures == 0 ? 0 : entry.DueMs };
        }
    }

    /// <summary>Something of it has changed in the cluster: look at it as soon as possible, unless that was so all the time of late.</summary>
    public void Notice(LeaseId id)
    {
        lock (gate)
        {
            var entry = entries.GetValueOrDefault(id);
            entries[id] = entry.IsBusy ? entry with { IsNoticed = true } : Noticed(entry);
        }
    }

    private Entry Noticed(Entry entry)
    {
        var dueMs = entry.PacedMs - (LooksAtOnce * BetweenLooksMs) is var earliest && earliest <= NowMs ? 0 : earliest;
        return entry.Failures == 0 && dueMs < entry.DueMs ? entry with { DueMs = dueMs, IsByEvent = true } : entry;
    }

    /// <summary>Those whose time has come. They are busy until <see cref="Done"/> or <see cref="Failed"/>.</summary>
    /// <param name="known">All leases; what is not among them is forgotten, except while it is looked at.</param>
    public IReadOnlyList<LeaseId> TakeDue(IReadOnlyCollection<LeaseId> known)
    {
        lock (gate)
        {
            var now = NowMs;
            var due = known.Where(id => entries.GetValueOrDefault(id) is { IsBusy: false } entry && entry.DueMs <= now).ToArray();
            foreach (var id in due)
            {
                var entry = entries.GetValueOrDefault(id);
                entries[id] = entry with { IsBusy = true, IsWoken = false, IsNoticed = false, IsByEvent = false, PacedMs = entry.IsByEvent ? Math.Max(now, entry.PacedMs) + BetweenLooksMs : entry.PacedMs };
            }

            // All that are known have an entry by now.
            if (entries.Count > known.Count) Forget(known.ToHashSet());
            return due;
        }
    }

    private void Forget(HashSet<LeaseId> known)
    {
        foreach (var gone in entries.Where(e => !e.Value.IsBusy && !known.Contains(e.Key)).Select(e => e.Key).ToArray()) entries.Remove(gone);
    }

    /// <summary>No lease is being looked at.</summary>
    public bool IsIdle
    {
        get
        {
            lock (gate) return !entries.Values.Any(e => e.IsBusy);
        }
    }

    /// <param name="isCompared">By what the chain says, and not by what is remembered of it.</param>
    /// <returns>Until its next look.</returns>
    public TimeSpan Done(LeaseId id, TimeSpan nextLook, bool isCompared = true)
    {
        lock (gate)
        {
            var before = entries.GetValueOrDefault(id);
            var next = new Entry(before.IsWoken ? 0 : NowMs + (long)nextLook.TotalMilliseconds, 0, false, false) { IsSeen = isCompared, PacedMs = before.PacedMs };
            if (before.IsNoticed) next = Noticed(next);
            entries[id] = next;
            return next.DueMs == 0 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Max(0, next.DueMs - NowMs));
        }
    }

    /// <returns>Until its next look.</returns>
    public TimeSpan Failed(LeaseId id)
    {
        lock (gate)
        {
            var failures = entries.GetValueOrDefault(id).Failures + 1;
            var delay = Math.Min(LongestRetryMs, FirstRetryMs << Math.Min(failures - 1, 16));
            var pause = delay / 2 + Random.Shared.NextInt64(delay / 2 + 1);
            entries[id] = entries.GetValueOrDefault(id) with { DueMs = NowMs + pause, Failures = failures, IsBusy = false, IsWoken = false, IsNoticed = false };
            return TimeSpan.FromMilliseconds(pause);
        }
    }

    /// <summary>True when the time of one has come that is not looked at now.</summary>
    public bool HasDue
    {
        get
        {
            lock (gate)
            {
                var now = NowMs;
                return entries.Values.Any(e => !e.IsBusy && e.DueMs <= now);
            }
        }
    }

    /// <summary>Until the next look that is due at all, but those under way; <paramref name="longest"/> when there is none before.</summary>
    public TimeSpan Pause(TimeSpan longest)
    {
        lock (gate)
        {
            var next = NowMs + (long)longest.TotalMilliseconds;
            foreach (var entry in entries.Values)
                if (!entry.IsBusy && entry.DueMs < next) next = entry.DueMs;
            return TimeSpan.FromMilliseconds(Math.Max(0, next - NowMs));
        }
    }

    /// <summary>True when each of them was looked at once with success.</summary>
    public bool HasSeen(IEnumerable<LeaseId> all)
    {
        lock (gate) return all.All(id => entries.GetValueOrDefault(id).IsSeen);
    }

    // Time that passes, not the clock: one that is set back must not leave leases alone for so long.
    private long NowMs => (long)clock.GetElapsedTime(0).TotalMilliseconds;

    private readonly record struct Entry(long DueMs, int Failures, bool IsBusy, bool IsWoken)
    {
        public bool IsSeen { get; init; }

        /// <summary>Something changed in the cluster while it was looked at.</summary>
        public bool IsNoticed { get; init; }

        /// <summary>It is due by what changed in the cluster.</summary>
        public bool IsByEvent { get; init; }

        /// <summary>When looks that events caused were all in their pace again.</summary>
        public long PacedMs { get; init; }
    }
}
