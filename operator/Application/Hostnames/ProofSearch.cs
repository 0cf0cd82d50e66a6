using Federation.Application.Ports;
using Federation.Domain.Hostnames;
using Federation.Domain.Leases;
using Microsoft.Extensions.Logging;

namespace Federation.Application.Hostnames;

/// <summary>
/// Looks for the records by which tenants prove their hostnames. Name servers are the tenants' choice and may be slow or
/// hostile: they are asked beside the looks at leases, so many at once, so long, and at a pace that slows down.
/// </summary>
public sealed class ProofSearch(INameRecords records, TimeProvider clock, ILogger<ProofSearch> log) : IDisposable
{
    private const int AtOnce = 16;
    private const long FirstRetryMs = 10_000;
    private const long LongestRetryMs = 600_000;
    private const long RecheckMs = 3_600_000;

    // Records are moved and name servers replaced: a name is lost only when its record was missing for hours.
    private const int AbsencesToLose = 3;

    private static readonly TimeSpan LongestAttempt = TimeSpan.FromSeconds(20);

    private readonly Lock gate = new();
    private readonly Dictionary<(LeaseId Lease, string Name), Search> searches = [];
    private readonly SemaphoreSlim slots = new(AtOnce);
    private readonly CancellationTokenSource stop = new();

    /// <summary>A proof was found, or is found no more: its lease is worth a look.</summary>
    public event Action<LeaseId>? Answered;

    /// <summary>What is known of the proof. Starts to look for it when that is due; never waits.</summary>
    /// <param name="isHeld">The lease has the name: it is only checked now and then that the proof is still there.</param>
    /// <returns>And why the name service did not tell; null when it did, or was not asked yet.</returns>
    public (ProofStanding Proof, string? Unread) Read(LeaseView view, string name, bool isHeld)
    {
        Search search;
        bool isDue;
        lock (gate)
        {
            var key = (view.Id, name);
            // After a restart those that hold their names are not all asked for at once.
            if (!searches.TryGetValue(key, out search!)) searches[key] = search = new Search { NextMs = isHeld ? NowMs + Spread(RecheckMs) : NowMs };
            isDue = !search.IsBusy && search.NextMs <= NowMs;
            search.IsHeld = isHeld;
            if (isDue) search.IsBusy = true;
        }

        if (isDue) _ = SearchAsync(view, name, search);
        lock (gate)
        {
            var isAbsent = search.Absences >= (isHeld ? AbsencesToLose : 1);
            return (search.IsPresent ? ProofStanding.Present : isAbsent ? ProofStanding.Absent : ProofStanding.Unknown, search.Unread);
        }
    }

    /// <summary>The lease wishes for these names alone.</summary>
    public void Keep(LeaseId id, IReadOnlyCollection<string> names)
    {
        lock (gate)
            foreach (var gone in searches.Keys.Where(k => k.Lease == id && !names.Contains(k.Name)).ToArray()) searches.Remove(gone);
    }

    public void Dispose()
    {
        stop.Cancel();
        stop.Dispose();
    }

    private async Task SearchAsync(LeaseView view, string name, Search search)
    {
        try
        {
            await slots.WaitAsync(stop.Token);
            try
            {
                await AskAsync(view, name, search);
            }
            finally
            {
                slots.Release();
            }

            Answered?.Invoke(view.Id);
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            // The term is over: the next one asks anew.
        }
    }

    private async Task AskAsync(LeaseView view, string name, Search search)
    {
        using var limit = new CancellationTokenSource(LongestAttempt, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop.Token);
        try
        {
            var texts = await records.ReadTextsAsync(OwnershipProof.RecordName(name), either.Token);
            Ended(search, OwnershipProof.IsIn(texts, view.Id, view.Terms.Tenant), null);
        }
        catch (NameServiceException error)
        {
            Ended(search, null, error.Message);
        }
        catch (Exception error) when (!stop.IsCancellationRequested)
        {
            log.LogWarning("The proof of {Name} cannot be looked for: {Error}", name, error.Message);
            Ended(search, null, "no answer in time");
        }
    }

    // Null: the name service does not tell, and what it told before stands.
    private void Ended(Search search, bool? isPresent, string? unread)
    {
        lock (gate)
        {
            (search.IsBusy, search.Unread) = (false, unread);
            if (isPresent is { } present) (search.IsPresent, search.Absences) = (present, present ? 0 : search.Absences + 1);
            var pause = search.IsPresent || search.IsHeld ? RecheckMs : Math.Min(LongestRetryMs, FirstRetryMs << Math.Min(search.Tries++, 16));
            search.NextMs = NowMs + pause / 2 + Spread(pause / 2);
        }
    }

    private static long Spread(long most) => Random.Shared.NextInt64(most + 1);

    private long NowMs => (long)clock.GetElapsedTime(0).TotalMilliseconds;

    private sealed class Search
    {
        public bool IsPresent { get; set; }

        public bool IsHeld { get; set; }

        /// <summary>Answers in a row that it is not there.</summary>
        public int Absences { get; set; }

        public string? Unread { get; set; }

        public bool IsBusy { get; set; }

        public int Tries { get; set; }

        public long NextMs { get; set; }
    }
}
