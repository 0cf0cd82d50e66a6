using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Federation.Host.Tests.Alerts;

/// <summary>
/// What Prometheus scrapes beside the operator. The kubelet's cAdvisor, whose pods work evenly, and the exporters beside it: no kubelet runs
/// here. A tenant's page that writes of the same pods. A page that says what no operator can be made to say. And the way by which the
/// operator asks that Prometheus.
/// </summary>
internal sealed class PlayedTargets : IAsyncDisposable
{
    /// <summary>An instrument that has more label sets than are shown.</summary>
    public const string Boundless = "federation_of_no_bound";

    private const int MostLabelSets = 500;

    // As a kubelet tells of the operator's own pod.
    private const string OperatorPod = "pod=\"federation-operator-5d4f7c9b8-x2x7k\",container=\"operator\"";

    private readonly HttpClient http = new();
    private readonly long started = TimeProvider.System.GetTimestamp();
    private WebApplication app = null!;

    public string Authority => new Uri(app.Urls.First()).Authority;

    /// <summary>Pods by namespace.</summary>
    public IReadOnlyDictionary<string, string> Uids { get; set; } = new Dictionary<string, string>();

    public bool IsKubeletUp { get; set; } = true;

    public bool IsTenantWriting { get; set; }

    public bool IsDropping { get; set; }

    public bool IsStoreUp { get; set; } = true;

    /// <summary>The Prometheus behind <c>/store</c>.</summary>
    public Uri? Store { get; set; }

    public static async Task<PlayedTargets> StartAsync()
    {
        var played = new PlayedTargets();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        played.app = builder.Build();
        played.app.MapGet("/metrics/cadvisor", () => played.IsKubeletUp ? Results.Text(played.Rows()) : Results.StatusCode(503));
        played.app.MapGet("/tenant", () => Results.Text(played.IsTenantWriting ? string.Concat(played.Uids.Select(p => Row("container_cpu_usage_seconds_total", p, "", double.NaN))) : ""));
        played.app.MapGet("/dropped", () => Results.Text(played.IsDropping ? Dropped() : ""));
        played.app.MapGet("/kube-state", () => Results.Text(PlayedExporters.KubeState(played.Uids)));
        played.app.MapGet("/dcgm", () => Results.Text(PlayedExporters.Dcgm(played.Uids, played.Seconds)));
        played.app.MapMethods("/store/{**path}", ["GET", "POST"], played.AskAsync);
        await played.app.StartAsync();
        return played;
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        http.Dispose();
    }

    private double Seconds => TimeProvider.System.GetElapsedTime(started).TotalSeconds;

    private string Rows()
    {
        var (text, seconds) = (new StringBuilder(), Seconds);
        foreach (var (metric, value) in new[] { ("container_cpu_usage_seconds_total", seconds / 20), ("container_memory_working_set_bytes", 128 << 20) })
            text.Append(CultureInfo.InvariantCulture, $"{metric}{{namespace=\"{AlertWorld.Space}\",{OperatorPod}}} {value}\n");
        foreach (var pod in Uids)
            foreach (var container in new[] { "", "web" })
                text.Append(Row("container_cpu_usage_seconds_total", pod, container, seconds / 10)).Append(Row("container_memory_working_set_bytes", pod, container, 64 << 20));
        return text.ToString();
    }

    private static string Dropped()
    {
        var text = new StringBuilder("federation_metrics_dropped_total 3\n");
        for (var i = 0; i < MostLabelSets; i++) text.Append(CultureInfo.InvariantCulture, $"{Boundless}{{lease=\"{i}\"}} 1\n");
        return text.ToString();
    }

    private static string Row(string metric, KeyValuePair<string, string> pod, string container, double value)
    {
        var below = container.Length > 0 ? "/" + new string('c', 64) : "";
        return string.Create(CultureInfo.InvariantCulture, $"{metric}{{id=\"/kubepods/burstable/pod{pod.Value}{below}\",namespace=\"{pod.Key}\",pod=\"web-0\",container=\"{container}\"}} {value}\n");
    }

    private async Task<IResult> AskAsync(HttpRequest request, string path)
    {
        if (!IsStoreUp || Store is null) return Results.StatusCode(503);
        using var message = new HttpRequestMessage(new HttpMethod(request.Method), new Uri(Store, path + request.QueryString));
        if (request.ContentLength > 0)
        {
            message.Content = new StreamContent(request.Body);
            message.Content.Headers.TryAddWithoutValidation("Content-Type", request.ContentType);
        }

        using var answer = await http.SendAsync(message);
        return Results.Text(await answer.Content.ReadAsStringAsync(), "application/json", statusCode: (int)answer.StatusCode);
    }
}
