using System.Diagnostics;
using System.Text;
using Federation.Metrics.Prometheus;
using Federation.Testing;

namespace Federation.Metrics.Tests.Support;

/// <summary>A real VictoriaMetrics on a free port of the loopback, that asks for a name and a password; its data is in a folder that goes with it.</summary>
internal sealed class VictoriaProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly DirectoryInfo folder;
    private readonly HttpClient http = new();

    private VictoriaProcess(Process process, DirectoryInfo folder, Uri url)
    {
        (this.process, this.folder, Url) = (process, folder, url);
        http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", Authorization);
    }

    public static string Authorization { get; } = $"Basic {Convert.ToBase64String("operator:s3cret"u8)}";

    public Uri Url { get; }

    public PrometheusOptions Options => new() { AnyJob = true, Url = Url, Authorization = Authorization };

    public static async Task<VictoriaProcess> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("federation-victoria-");
        var url = new Uri($"http://127.0.0.1:{FreePorts.Take()}");
        var start = new ProcessStartInfo(Tools.Find("victoria-metrics"))
        {
            RedirectStandardError = true,
            ArgumentList =
            {
                $"-storageDataPath={folder.FullName}", $"-httpListenAddr={url.Authority}", "-httpAuth.username=operator", "-httpAuth.password=s3cret", "-memory.allowedBytes=256MB", "-loggerLevel=WARN",
            },
        };
        var process = Process.Start(start)!;
        var started = new VictoriaProcess(process, folder, url);
        await started.UntilReadyAsync(process.StandardError.ReadToEndAsync());
        return started;
    }

    /// <summary>Stores lines of the text format with their times in unix milliseconds; returns when they can be asked for.</summary>
    public async Task StoreAsync(IEnumerable<string> lines)
    {
        using var body = new StringContent(string.Concat(lines.Select(l => l + "\n")), Encoding.UTF8, "text/plain");
        (await http.PostAsync(new Uri(Url, "/api/v1/import/prometheus"), body)).EnsureSuccessStatusCode().Dispose();
        (await http.GetAsync(new Uri(Url, "/internal/force_flush"))).EnsureSuccessStatusCode().Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        if (!process.HasExited) process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        folder.Delete(recursive: true);
    }

    private async Task UntilReadyAsync(Task<string> log)
    {
        for (var attempt = 0; attempt < 1200; attempt++)
        {
            if (process.HasExited) throw new InvalidOperationException($"victoria-metrics ended at once:\n{await log}");
            try
            {
                using var response = await http.GetAsync(new Uri(Url, "/health"));
                if (response.IsSuccessStatusCode) return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        throw new TimeoutException("victoria-metrics was not ready within 120 s");
    }
}
