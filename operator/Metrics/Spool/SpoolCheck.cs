using System.Net;
using Federation.Application.Ports;
using Federation.Metrics.Prometheus;

namespace Federation.Metrics.Spool;

/// <summary>Whether each node's spool answers who asks it as the operator does.</summary>
public sealed class SpoolCheck(SpoolSourceOptions options, TimeProvider clock)
{
    private const string Reach = "see that the pods of the DaemonSet federation-spool run, and that a NetworkPolicy lets the operator in; until then what this node's pods use after their last scrape is not billed";

    // What has a row is any pod; of how many is of no interest.
    private static readonly string Pods = $$"""count by (id) (count_over_time({{PromQl.Cpu}}{id=~".+"}[60000ms]))""";

    /// <returns>What was found, and what mends it; the latter is null when all is well. One line when all answer, else one for each that does not.</returns>
    public async Task<IReadOnlyList<(string Found, string? Fix)>> LookAsync(CancellationToken cancellation)
    {
        var asked = new List<Task<(string Found, string? Fix)?>>();
        var found = new List<(string, string?)>();
        foreach (var url in options.Urls)
        {
            try
            {
                asked.AddRange((await SpoolFinder.AddressesAsync(url, cancellation)).Select(address => AskAsync(url, address, cancellation)));
            }
            catch (UsageUnavailableException e)
            {
                found.Add((e.Message, "see that its Service is there, and mend the cluster's name service"));
            }
        }

        var missing = (await Task.WhenAll(asked)).OfType<(string, string?)>().ToArray();
        found.AddRange(missing);
        if (asked.Count > missing.Length) found.Add(($"{asked.Count - missing.Length} of {asked.Count} spools answer", null));
        return found;
    }

    private async Task<(string Found, string? Fix)?> AskAsync(Uri url, IPAddress address, CancellationToken cancellation)
    {
        var settings = options.Of(url, "");
        // What it missed it says with a warning: that is for who bills.
        settings.AcceptWarnings = true;
        using var http = new HttpClient(SpoolFinder.Handler(settings, url, address)) { Timeout = Timeout.InfiniteTimeSpan };
        try
        {
            await new PrometheusClient(http, settings, clock).QueryAsync(Pods, clock.GetUtcNow().ToUnixTimeMilliseconds(), cancellation);
            return null;
        }
        catch (PrometheusException e)
        {
            return ($"the spool at {address} gives no answer: {e.Message.Replace("Prometheus at", "the one at", StringComparison.Ordinal)}", Reach);
        }
    }
}
