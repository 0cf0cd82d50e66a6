using System.Net;
using Federation.Domain.Usage;

namespace Federation.Host.Options;

/// <summary>Everything that is wrong with the configuration, each with its name and what is expected.</summary>
public static class OptionsCheck
{
    /// <param name="options">Of section <c>Federation</c>.</param>
    /// <param name="clock">Which certificates have ended; the machine's when null.</param>
    public static IReadOnlyList<string> Faults(OperatorOptions options, TimeProvider? clock = null)
    {
        var faults = new List<string>();
        void Need(bool holds, string fault)
        {
            if (!holds) faults.Add(fault);
        }

        Need(options.Datacenter.Length > 0, "Federation:Datacenter is missing: the name of the Datacenter object.");
        Need(options.Kubeconfig.Length == 0 || File.Exists(options.Kubeconfig), $"Federation:Kubeconfig: there is no file '{options.Kubeconfig}'.");
        Need(options.ListenUrls.Length > 0, "Federation:Listen is empty: the URL to listen on.");
        foreach (var url in options.ListenUrls) Need(IsHttp(url), $"Federation:Listen '{url}' is no http(s) URL.");
        Need(options.OwnPort == 0 || (options.ListenUrls.Length > 1 && options.ListenUrls.Any(u => u.EndsWith($":{options.OwnPort}", StringComparison.Ordinal))), $"Federation:OwnPort {options.OwnPort} is the port of none of the URLs in Federation:Listen, or of the only one: the gateway needs another.");
        Need(options.Isolation.ProbeNamespace.Length > 0, "Federation:Isolation:ProbeNamespace is empty: the namespace of the network probe's pods.");
        Need(options.Isolation.ProbeInterval >= TimeSpan.FromSeconds(10), "Federation:Isolation:ProbeInterval must be at least 10 s.");
        Networks("DeniedCidrs", options.DeniedCidrs, Need);
        Networks("TrustedProxies", options.TrustedProxies, Need);
        foreach (var server in options.Resolvers) Need(IPEndPoint.TryParse(server, out _), $"Federation:Resolvers: '{server}' is no address of a name server: write 192.0.2.53, or 192.0.2.53:5353 when it does not listen at port 53.");
        faults.AddRange(options.Tls.Faults(options.ListensTls, clock ?? TimeProvider.System).Select(f => "Federation:" + f));
        faults.AddRange(options.Connections.Faults().Select(f => "Federation:" + f));
        faults.AddRange(options.Quotes.Faults().Select(f => "Federation:" + f));
        faults.AddRange(options.Access.Faults().Select(f => "Federation:" + f));
        faults.AddRange(options.Prometheus.Faults().Select(f => "Federation:" + f));
        faults.AddRange(options.Spool.Faults().Select(f => "Federation:" + f));
        faults.AddRange(options.Evidence.Faults().Select(f => "Federation:" + f));
        faults.AddRange(options.Webhook.Faults().Select(f => "Federation:" + f));
        faults.AddRange(options.Chain.Faults().Select(f => "Federation:" + f));
        faults.AddRange(options.Settling.Faults().Select(f => "Federation:" + f));
        faults.AddRange(options.Log.Faults().Concat(options.Tracing.Faults()).Select(f => "Federation:" + f));
        Times(options.Times, Need);
        return faults;
    }

    private static void Networks(string name, string[] ranges, Action<bool, string> need)
    {
        foreach (var range in ranges) need(IPNetwork.TryParse(range, out _), $"Federation:{name}: '{range}' is no network: write its first address and the length of its prefix, such as 203.0.113.0/24.");
    }

    private static void Times(TimesSection times, Action<bool, string> need)
    {
        need(times.Epoch >= TimeSpan.FromSeconds(1), "Federation:Times:Epoch must be at least a second.");
        need(times.SettleEvery >= times.Epoch, "Federation:Times:SettleEvery must be at least an epoch: there is nothing to settle before.");
        need(times.Poll >= TimeSpan.FromMilliseconds(100), "Federation:Times:Poll must be at least 100 ms.");
        need(times.ScrapeDelay > TimeSpan.Zero && times.MaxGap > TimeSpan.Zero, "Federation:Times:ScrapeDelay and MaxGap must be above 0.");
        need(times.MaxGap.TotalMilliseconds <= UsageFold.MostGapMs, $"Federation:Times:MaxGap must be at most {UsageFold.MostGapMs / 60_000} minutes: evidence of longer gaps is refused by who checks it. Scrape more often.");
        need(times.Lateness >= TimeSpan.Zero, "Federation:Times:Lateness must not be negative; zero: a window never waits for late samples.");
        need(times.Retention >= TimeSpan.Zero, "Federation:Times:Retention must not be negative.");
        need(times.LongestLag >= TimeSpan.Zero, "Federation:Times:LongestLag must not be negative; zero: no lag makes the operator unready.");
        need(times.Coverage is > 0 and <= 1, "Federation:Times:Coverage must be above 0 and at most 1.");
    }

    private static bool IsHttp(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https";
}
