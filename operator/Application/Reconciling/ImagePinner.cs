using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Workloads;
using Microsoft.Extensions.Logging;

namespace Federation.Application.Reconciling;

/// <summary>
/// Has the images of workloads looked up, each once: what their tags mean, and whether they may run here. Registries are the tenants' choice and may be slow or hostile: they are asked
/// beside the looks at leases, so many at once, so long, and after a failure later each time.
/// </summary>
public sealed class ImagePinner(IImageRegistry registry, TimeProvider clock, ILogger<ImagePinner> log) : IDisposable
{
    private const int AtOnce = 32;
    private const long FirstRetryMs = 1_000;
    private const long LongestRetryMs = 300_000;
    private const long UsualMs = 5_000;

    private static readonly TimeSpan LongestAttempt = TimeSpan.FromSeconds(30);

    private readonly Lock gate = new();
    private readonly Dictionary<LeaseId, Search> searches = [];
    private readonly SemaphoreSlim slots = new(AtOnce);
    private readonly CancellationTokenSource stop = new();

    /// <summary>A search has ended, well or not: its lease is worth a look.</summary>
    public event Action<LeaseId>? Answered;

    /// <summary>What is known of the workload's tags. Starts to ask for what is not; never waits.</summary>
    public ImageNews Read(LeaseView view, DeliveredWorkload workload, LeaseStatus status, ClusterFacts facts)
    {
        var isAgreed = workload is { Spec: not null, Faults.Count: 0 } && workload.Hash == view.Terms.SpecHash;
        if (!isAgreed || view.Confirmed.State is not (LeaseState.Reserved or LeaseState.Active or LeaseState.Closing)) return new ImageNews(status.Images, true, null);
        var pins = status.Images?.SpecHash == workload.Hash ? status.Images : null;
        // What runs already is not asked for again: its objects hold what it was started with.
        var missing = facts.AppliedSpecHash == workload.Hash ? [] : Missing(workload.Spec!, pins);
        if (missing.Length > 0) return Ask(view.Id, workload.Hash!, pins, missing);
        Forget(view.Id);
        return new ImageNews(pins, true, null);
    }

    public void Forget(LeaseId id)
    {
        lock (gate) searches.Remove(id);
    }

    public void Dispose()
    {
        stop.Cancel();
        stop.Dispose();
    }

    private string[] Missing(WorkloadSpec workload, ImagePins? pins) =>
        [.. workload.Containers.Select(c => c.Image).Distinct().Where(i => pins?.Digests.ContainsKey(i) != true && registry.IsAsked(ImageReference.Parse(i)))];

    private ImageNews Ask(LeaseId id, string specHash, ImagePins? pins, IReadOnlyList<string> missing)
    {
        Search search;
        bool isDue;
        lock (gate)
        {
            if (!searches.TryGetValue(id, out search!) || search.SpecHash != specHash) searches[id] = search = new Search(specHash, NowMs);
            isDue = !search.IsBusy && search.NextMs <= NowMs && missing.Any(i => !search.Found.ContainsKey(i));
            if (isDue) search.IsBusy = true;
        }

        if (isDue) _ = SearchAsync(id, search, missing);
        lock (gate)
        {
            var known = new Dictionary<string, string>(pins?.Digests ?? new Dictionary<string, string>());
            foreach (var image in missing.Where(search.Found.ContainsKey)) known[image] = search.Found[image];
            var isComplete = missing.All(known.ContainsKey);
            return new ImageNews(known.Count == 0 ? null : new ImagePins(specHash, known), isComplete, isComplete ? null : search.Problem)
            {
                IsAwaited = !isComplete && search.Problem is null && NowMs - search.SinceMs < UsualMs,
            };
        }
    }

    private async Task SearchAsync(LeaseId id, Search search, IReadOnlyList<string> images)
    {
        try
        {
            await slots.WaitAsync(stop.Token);
            try
            {
                Ended(search, await FindAsync(search, images));
            }
            finally
            {
                slots.Release();
            }

            Answered?.Invoke(id);
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            // The term is over: the next one asks anew.
        }
    }

    private async Task<ImageProblem?> FindAsync(Search search, IReadOnlyList<string> images)
    {
        using var limit = new CancellationTokenSource(LongestAttempt, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop.Token);
        foreach (var image in images.Where(i => !search.Found.ContainsKey(i)))
            if (await TryAsync(search, image, either.Token) is { } problem) return problem;
        return null;
    }

    private async Task<ImageProblem?> TryAsync(Search search, string image, CancellationToken cancellation)
    {
        try
        {
            var digest = await registry.ResolveAsync(ImageReference.Parse(image), cancellation);
            lock (gate) search.Found[image] = digest;
            return null;
        }
        catch (ImageException error)
        {
            return Problem(image, error.Reason, error.Message);
        }
        catch (Exception error) when (!stop.IsCancellationRequested)
        {
            log.LogWarning("Image {Image} cannot be resolved: {Error}", image, error.Message);
            return Problem(image, "ImageUnresolved", "its tag could not be looked up in time; the datacenter's log says why");
        }
    }

    private void Ended(Search search, ImageProblem? problem)
    {
        lock (gate)
        {
            (search.IsBusy, search.Problem) = (false, problem);
            if (problem is null) return;
            var delay = Math.Min(LongestRetryMs, FirstRetryMs << Math.Min(search.Failures++, 16));
            search.NextMs = NowMs + delay / 2 + Random.Shared.NextInt64(delay / 2 + 1);
        }
    }

    private static ImageProblem Problem(string image, string reason, string message) =>
        new(reason, $"Image {image}: {message}. It is looked up again; the workload starts when that goes well.");

    private long NowMs => (long)clock.GetElapsedTime(0).TotalMilliseconds;

    private sealed class Search(string specHash, long sinceMs)
    {
        public string SpecHash { get; } = specHash;

        public long SinceMs { get; } = sinceMs;

        public Dictionary<string, string> Found { get; } = [];

        public ImageProblem? Problem { get; set; }

        public bool IsBusy { get; set; }

        public int Failures { get; set; }

        public long NextMs { get; set; }
    }
}
