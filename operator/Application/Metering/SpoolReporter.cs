using Federation.Application.Ports;
using Microsoft.Extensions.Logging;

namespace Federation.Application.Metering;

/// <summary>Asks the nodes' spools again and again whether they answer: whoever misses one only when the store is away learns of it too late.</summary>
public sealed class SpoolReporter(ISpoolProbe probe, SpoolMetrics metrics, TimeProvider clock, ILogger<SpoolReporter> log)
{
    // Of some hundred that are away after a network's fault the first ones say enough.
    private const int MostNamed = 5;

    // Connections to them are kept for a minute: none is opened anew for this.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    // What is mended is to be seen soon.
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(10);

    private HashSet<string> away = [];

    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (true) await Task.Delay(await PassAsync(cancellation), clock, cancellation);
        }
        finally
        {
            metrics.Clear();
        }
    }

    /// <summary>Looks once.</summary>
    /// <returns>How long to wait before the next time.</returns>
    public async Task<TimeSpan> PassAsync(CancellationToken cancellation)
    {
        try
        {
            var standing = await probe.StandingAsync(cancellation);
            metrics.Seen(standing);
            Say(standing);
            return standing.Away.Count == 0 ? Interval : Retry;
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested)
        {
            log.LogWarning("Whether the nodes' spools answer could not be looked at: {Error}", error.Message);
            return Retry;
        }
    }

    // Once for each change, however long it lasts.
    private void Say(SpoolStanding standing)
    {
        var names = standing.Away.Select(a => a.Name).ToHashSet(StringComparer.Ordinal);
        if (names.SetEquals(away)) return;
        away = names;
        var all = standing.Answering + standing.Away.Count;
        if (names.Count == 0) log.LogInformation("All {All} spools answer again", all);
        else
            log.LogWarning(
                "{Away} of {All} spools do not answer, and what pods of their nodes use after their last scrape is not billed meanwhile: {Faults}",
                names.Count, all, string.Join("; ", standing.Away.Take(MostNamed).Select(a => a.Fault)) + (standing.Away.Count > MostNamed ? $"; and {standing.Away.Count - MostNamed} more" : ""));
    }
}
