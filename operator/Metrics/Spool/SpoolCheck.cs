using System.Collections.Concurrent;
using System.Net;
using Federation.Application.Ports;
using Federation.Metrics.Prometheus;

namespace Federation.Metrics.Spool;

/// <summary>Whether each node's spool answers who asks it as the operator does. Its connections are kept from one look to the next.</summary>
public sealed class SpoolCheck(SpoolSourceOptions options, TimeProvider clock) : ISpoolProbe
{
    private const string Reach = "see that the pods of the DaemonSet federation-spool run, and that a NetworkPolicy lets the operator in; until then what this node's pods use after their last scrape is not billed";
    private const string Named = "see that its Service is there, and mend the cluster's name service";

    // So many that are all silent still take no longer than the time that the doctor's look has.
    private const int MostAtOnce = 256;

    // What has a row is any pod; of how many is of no interest.
    private static readonly string Pods = $$"""count by (id) (count_over_time({{PromQl.Cpu}}{id=~".+"}[60000ms]))""";

    private ConcurrentDictionary<(Uri Url, IPAddress Address), PrometheusClient> clients = [];

    /// <returns>What was found, and what mends it; the latter is null when all is well. A line for each that does not answer, and one for all others.</returns>
    public async Task<IReadOnlyList<(string Found, string? Fix)>> LookAsync(CancellationToken cancellation)
    {
        var spools = await AskAsync(cancellation);
        var asked = spools.Where(s => s.Address is not null).ToArray();
        var answering = asked.Count(s => s.Fault is null);
        var found = spools.Where(s => s.Fault is not null).Select(s => (s.Fault!, (string?)(s.Address is null ? Named : Reach)));
        return [.. found, .. answering > 0 ? [($"{answering} of {asked.Length} spools answer", null)] : Array.Empty<(string, string?)>()];
    }

    /// <inheritdoc/>
    public async Task<SpoolStanding> StandingAsync(CancellationToken cancellation)
    {
        var spools = await AskAsync(cancellation);
        return new SpoolStanding(spools.Count(s => s.Fault is null), [.. spools.Where(s => s.Fault is not null).Select(s => new AwaySpool(s.Address?.ToString() ?? s.Url.DnsSafeHost, s.Fault!))]);
    }

    /// <returns>Where they are, all names together; null when one leads to none.</returns>
    public static async Task<IReadOnlyCollection<IPAddress>?> AddressesAsync(SpoolSourceOptions options, CancellationToken cancellation)
    {
        try
        {
            return (await Task.WhenAll(options.Urls.Select(url => SpoolFinder.AddressesAsync(url, cancellation)))).SelectMany(a => a).ToHashSet();
        }
        catch (UsageUnavailableException)
        {
            return null;
        }
    }

    private async Task<IReadOnlyList<Asked>> AskAsync(CancellationToken cancellation)
    {
        var spools = new List<Asked>();
        foreach (var url in options.Urls)
        {
            try
            {
                spools.AddRange((await SpoolFinder.AddressesAsync(url, cancellation)).Select(address => new Asked(url, address, null)));
            }
            catch (UsageUnavailableException e)
            {
                spools.Add(new Asked(url, null, e.Message));
            }
        }

        // Those of nodes that are gone go with their connections.
        clients = new(clients.Where(c => spools.Any(s => s.Url == c.Key.Url && c.Key.Address.Equals(s.Address))));
        var answers = new Asked[spools.Count];
        await Parallel.ForAsync(0, spools.Count, new ParallelOptions { MaxDegreeOfParallelism = MostAtOnce, CancellationToken = cancellation }, async (i, stop) =>
            answers[i] = spools[i].Address is { } address ? spools[i] with { Fault = await FaultAsync(spools[i].Url, address, stop) } : spools[i]);
        return answers;
    }

    private async Task<string?> FaultAsync(Uri url, IPAddress address, CancellationToken cancellation)
    {
        try
        {
            await clients.GetOrAdd((url, address), _ => Client(url, address)).QueryAsync(Pods, clock.GetUtcNow().ToUnixTimeMilliseconds(), cancellation);
            return null;
        }
        catch (PrometheusException e)
        {
            return $"the spool at {address} gives no answer: {e.Message.Replace("Prometheus at", "the one at", StringComparison.Ordinal)}";
        }
    }

    private PrometheusClient Client(Uri url, IPAddress address)
    {
        var settings = options.Of(url, "");
        // What it missed it says with a warning: that is for who bills.
        settings.AcceptWarnings = true;
        return new PrometheusClient(new HttpClient(SpoolFinder.Handler(settings, url, address)) { Timeout = Timeout.InfiniteTimeSpan }, settings, clock);
    }

    /// <param name="Address">Null: the name leads to none.</param>
    /// <param name="Fault">Why it gives no answer; null when it does, or was not asked yet.</param>
    private sealed record Asked(Uri Url, IPAddress? Address, string? Fault);
}
