using System.Globalization;
using System.Text.Json.Nodes;
using Federation.Domain.Usage;
using Federation.Harness;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;
using Federation.Metrics;
using Federation.Metrics.Prometheus;
using Federation.Testing.Builders;
using Microsoft.Extensions.Logging.Abstractions;
using IUsageSource = Federation.Application.Ports.IUsageSource;

namespace Federation.Benchmarks.Metering;

/// <summary>Pods of one lease that come and go, on a real kubelet: what is billed for each, beside what the kernel counted in its cgroup.</summary>
internal sealed class ShortPods : IBenchmark
{
    private const double Shortest = 0.5;
    private const double Longer = 30;

    private static readonly string Folder = Path.Combine(Path.GetTempPath(), "federation-bench");
    private static readonly int Pods = Number("PODS", 200);
    private static readonly int Longest = Number("LONGEST", 600);
    private static readonly TimeSpan Scrape = TimeSpan.FromMilliseconds(Number("SCRAPE", 1000));

    // Of the store: its last scrape, and of the kubelet: its own last look.
    private static readonly TimeSpan Late = Scrape * 3;

    private static readonly TimeSpan MaxGap = Scrape * 3;

    public string Name => "short-pods";

    public string What => string.Create(CultureInfo.InvariantCulture, $"{Pods} pods (PODS=n) that live {Shortest} to {Longest} s (LONGEST=s), times not scaled; real kubelet, real Prometheus, which scrapes every {Scrape.TotalMilliseconds} ms (SCRAPE=ms); root");

    public async IAsyncEnumerable<Figure> RunAsync()
    {
        await LocalFederation.DownAsync(Folder);
        try
        {
            var federation = await LocalFederation.UpAsync(new FederationOptions { StateFolder = Folder, Datacenters = [new DatacenterSpec("bravo")], ScrapeInterval = Scrape });
            var (alone, spooled) = await RunAsync(federation.Datacenters[0]);
            foreach (var figure in Compare(alone, "")) yield return figure;
            foreach (var figure in Compare(spooled, "with the node's spool: ")) yield return figure;
        }
        finally
        {
            await LocalFederation.DownAsync(Folder);
        }
    }

    private static async Task<(IReadOnlyList<MeteredPod> Alone, IReadOnlyList<MeteredPod> Spooled)> RunAsync(Datacenter datacenter)
    {
        using var admin = new KubernetesClient(KubernetesClientConfiguration.Load(datacenter.KubeconfigPath));
        var lease = Some.LeaseId(1);
        var begin = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        var options = new PrometheusOptions { Url = new Uri(datacenter.PrometheusUrl!), Matchers = { ["job"] = "cadvisor" } };
        await using var truth = new CgroupTruth([datacenter]);
        await using var beside = await BesideSpool.StartAsync(datacenter, options, MaxGap);
        var lives = await new PodCrowd(admin, lease.Namespace).RunAsync(Lives());
        await Task.Delay(Late, TimeProvider.System);
        truth.Sample();

        using var http = new HttpClient();
        var failed = await http.GetStringAsync(new Uri($"{datacenter.PrometheusUrl}/api/v1/query?query=100*(1-avg_over_time(up{{job=%22cadvisor%22}}[{(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() - begin) / 1000}s]))"));
        Console.WriteLine($"  of the scrapes {JsonNode.Parse(failed)!["data"]!["result"]![0]!["value"]![1]} % failed: more than none is no quiet machine");
        var source = new PrometheusUsageSource(http, options, TimeProvider.System, NullLogger<PrometheusUsageSource>.Instance);
        var through = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        return (await MeteredAsync(source), await MeteredAsync(beside.Source));

        async Task<IReadOnlyList<MeteredPod>> MeteredAsync(IUsageSource read)
        {
            var series = (await read.ReadAsync(lease, [.. lives.Keys], begin, through, default)).ToLookup(s => s.PodUid);
            return [.. lives.Select(pod => new MeteredPod(pod.Value, Billed(series[pod.Key], begin, through), truth.Of(pod.Key).TotalSeconds))];
        }
    }

    private static double Billed(IEnumerable<UsageSeries> series, long from, long through) =>
        (double)UsageFold.Fold(UsagePosition.StartingAt(from), series, [], through, (long)MaxGap.TotalMilliseconds).Position.CpuNanoSeconds / 1e9;

    private static IEnumerable<Figure> Compare(IReadOnlyList<MeteredPod> pods, string how)
    {
        var longer = pods.Where(p => p.Seconds >= Longer).ToArray();
        var shorter = pods.Where(p => p.Seconds < Scrape.TotalSeconds).ToArray();
        var unseen = pods.Where(p => p.Billed == 0).ToArray();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {how}the kernel counted {pods.Sum(p => p.Truth):0.000} core-seconds, billed are {pods.Sum(p => p.Billed):0.000}"));
        yield return new Figure($"{how}whole bill, below the kernel's count", Lost(pods), "%", Target: 0.5);
        if (longer.Length > 0) yield return new Figure($"{how}worst of the {longer.Length} pods of {Longer} s and more", longer.Max(p => Lost([p])), "%", Target: 1);
        yield return new Figure($"{how}pods billed above the kernel's count", pods.Count(p => p.Billed > p.Truth), "", Target: 0);
        if (shorter.Length > 0) yield return new Figure($"{how}the {shorter.Length} pods shorter than the scrape interval lose", Lost(shorter), "%");
        yield return new Figure($"{how}pods of which nothing is billed", unseen.Length, "");
        yield return new Figure($"{how}the longest of those lived", unseen.Select(p => p.Seconds).DefaultIfEmpty().Max(), "s");
    }

    private static double Lost(IReadOnlyList<MeteredPod> pods) => 100 * (1 - (pods.Sum(p => p.Billed) / pods.Sum(p => p.Truth)));

    // As many between half a second and one as between five minutes and ten; long and short ones mixed.
    private static double[] Lives()
    {
        var lives = Enumerable.Range(0, Pods).Select(i => Shortest * Math.Pow(Longest / Shortest, i / Math.Max(1.0, Pods - 1))).ToArray();
        new Random(5).Shuffle(lives);
        return lives;
    }

    private static int Number(string variable, int usual) => int.TryParse(Environment.GetEnvironmentVariable(variable), out var number) ? number : usual;

    /// <param name="Seconds">That its program ran.</param>
    /// <param name="Billed">Core-seconds.</param>
    /// <param name="Truth">Core-seconds.</param>
    private sealed record MeteredPod(double Seconds, double Billed, double Truth);
}
