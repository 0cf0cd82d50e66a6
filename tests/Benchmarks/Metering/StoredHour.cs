using System.Globalization;
using Federation.Domain.Leases;
using Federation.Harness.Machine;
using Federation.Metrics.Tests.Support;
using Federation.Testing.Builders;

namespace Federation.Benchmarks.Metering;

/// <summary>More than an hour of cAdvisor's rows of many leases, written as Prometheus' own blocks, so that a real one answers from them at once.</summary>
internal sealed class StoredHour(int leases, int pods) : IAsyncDisposable
{
    public const int ScrapeSeconds = 30;

    /// <summary>Of every pod, thousandths of a core.</summary>
    public const int MilliCores = 250;

    private const int BlockSeconds = 7200;

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("federation-bench-hour-");
    private PrometheusProcess? prometheus;

    /// <summary>Unix seconds of the first sample; all are in one of Prometheus' blocks of two hours, the last one 75 minutes later.</summary>
    public long Start { get; } = ((TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() / BlockSeconds) - 2) * BlockSeconds;

    public string Folder => folder.FullName;

    public Uri Url => prometheus!.Url;

    public long Samples { get; private set; }

    public static LeaseId Lease(int lease) => Some.LeaseId(lease + 1);

    public static string Pod(int lease, int pod) => $"{lease:x8}-{pod:x4}-4b63-9d60-1c9f4f9a1c11";

    public async Task OpenAsync()
    {
        var text = Path.Combine(Folder, "samples.txt");
        await WriteAsync(text);
        await Command.RunAsync("promtool", ["tsdb", "create-blocks-from", "openmetrics", text, Path.Combine(Folder, "data")]);
        File.Delete(text);
        prometheus = await PrometheusProcess.ServeAsync(folder);
    }

    public ValueTask DisposeAsync()
    {
        if (prometheus is not null) return prometheus.DisposeAsync();
        folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    private async Task WriteAsync(string path)
    {
        await using var file = new StreamWriter(path);
        for (var lease = 0; lease < leases; lease++)
            for (var pod = 0; pod < pods; pod++)
                foreach (var (row, at) in Rows(lease, pod))
                    for (var second = (lease + pod) % ScrapeSeconds; second < 75 * 60; second += ScrapeSeconds)
                    {
                        await file.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{row} {at(second)} {Start + second}"));
                        Samples++;
                    }

        await file.WriteLineAsync("# EOF");
    }

    // As a kubelet has them: the pod's own cgroup, its container, and the sandbox, where the network is.
    private static IEnumerable<(string Row, Func<long, decimal> At)> Rows(int lease, int pod)
    {
        var (cgroup, node) = ($"/kubepods/burstable/pod{Pod(lease, pod)}", $"10.0.{lease / 20 % 256}.1:10250");
        string Row(string metric, string id, string container, string more = "") =>
            $"{metric}{{job=\"kubelet\",instance=\"{node}\",namespace=\"{Lease(lease).Namespace}\",pod=\"web-{pod}\",container=\"{container}\",id=\"{id}\"{more}}}";
        foreach (var (id, container) in new[] { (cgroup, ""), ($"{cgroup}/c0ffee", "web") })
        {
            yield return (Row("container_cpu_usage_seconds_total", id, container, ",cpu=\"total\""), second => second * MilliCores / 1000m);
            yield return (Row("container_memory_working_set_bytes", id, container), second => 200_000_000 + (second % 7 * 4096));
        }

        yield return (Row("container_network_transmit_bytes_total", $"{cgroup}/5f3a", "", ",interface=\"eth0\""), second => second * 1500);
    }
}
