using System.Diagnostics;
using Federation.Testing;

namespace Federation.Metrics.Tests.Support;

/// <summary>A real Prometheus on a free port of the loopback, with its data in a folder that goes with it.</summary>
internal sealed class PrometheusProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly DirectoryInfo folder;

    private PrometheusProcess(Process process, DirectoryInfo folder, Uri url)
    {
        this.process = process;
        this.folder = folder;
        Url = url;
    }

    public Uri Url { get; }

    public static async Task<PrometheusProcess> StartAsync(string target, params string[] arguments)
    {
        var folder = Directory.CreateTempSubdirectory("federation-prometheus-");
        return await RunAsync(folder, $"""
            global: {"{"}scrape_interval: 500ms, scrape_timeout: 400ms{"}"}
            scrape_configs:
            - job_name: kubelet
              metrics_path: /metrics/cadvisor
              static_configs: [{"{"}targets: ["{target}"]{"}"}]
            """, arguments);
    }

    /// <summary>Scrapes nothing, and answers from the blocks in the folder's <c>data</c>.</summary>
    public static Task<PrometheusProcess> ServeAsync(DirectoryInfo folder) => RunAsync(folder, "global: {}", []);

    private static async Task<PrometheusProcess> RunAsync(DirectoryInfo folder, string configuration, string[] arguments)
    {
        var config = Path.Combine(folder.FullName, "prometheus.yml");
        await File.WriteAllTextAsync(config, configuration);
        var url = new Uri($"http://127.0.0.1:{FreePorts.Take()}");
        var start = new ProcessStartInfo(Tools.Find("prometheus"))
        {
            RedirectStandardError = true,
            ArgumentList = { $"--config.file={config}", $"--storage.tsdb.path={folder.FullName}/data", $"--web.listen-address={url.Authority}" },
        };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        var log = process.StandardError.ReadToEndAsync();
        var started = new PrometheusProcess(process, folder, url);
        await started.UntilReadyAsync(log);
        return started;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        folder.Delete(recursive: true);
    }

    private async Task UntilReadyAsync(Task<string> log)
    {
        using var http = new HttpClient();
        for (var attempt = 0; attempt < 1200; attempt++)
        {
            if (process.HasExited) throw new InvalidOperationException($"prometheus ended at once:\n{await log}");
            try
            {
                using var response = await http.GetAsync(new Uri(Url, "/-/ready"));
                if (response.IsSuccessStatusCode) return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        throw new TimeoutException("prometheus was not ready within 120 s");
    }
}
