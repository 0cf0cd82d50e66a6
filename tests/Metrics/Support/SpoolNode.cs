using Federation.Metrics.Spool;
using Federation.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Federation.Metrics.Tests.Support;

/// <summary>A node's spool as its program serves it, on a free port; the node has no pods, what it keeps is appended by the test.</summary>
internal sealed class SpoolNode : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly DirectoryInfo folder;

    private readonly long startMs;

    private SpoolNode(WebApplication app, DirectoryInfo folder, long startMs) => (this.app, this.folder, this.startMs) = (app, folder, startMs);

    public Uri Url => new(app.Urls.First());

    public string TokenFile => Path.Combine(folder.FullName, "token");

    public SpoolLog Log => app.Services.GetRequiredService<SpoolLog>();

    /// <summary>Has them on its disk, as all that its node showed until then.</summary>
    public void Keep(IReadOnlyList<SpoolSample> samples, long throughMs) =>
        Log.Append(samples, throughMs, ([new SpoolSpan(startMs, throughMs)], new SpoolMoment(throughMs, throughMs - startMs, "")));

    /// <param name="startMs">When its program starts.</param>
    public static async Task<SpoolNode> StartAsync(long startMs)
    {
        var folder = Directory.CreateTempSubdirectory("federation-spool-");
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "cgroup.controllers"), "cpu memory");
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var node = new SpoolOptions { Folder = Path.Combine(folder.FullName, "spool"), Cgroups = folder.FullName, BearerTokenFile = Path.Combine(folder.FullName, "token") };
        await File.WriteAllTextAsync(node.BearerTokenFile, "secret\n");
        builder.Services.AddSingleton<TimeProvider>(new FakeClock(startMs)).AddSpool(node);
        var app = builder.Build();
        app.MapSpool();
        await app.StartAsync();
        return new SpoolNode(app, folder, startMs);
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        folder.Delete(recursive: true);
    }
}
