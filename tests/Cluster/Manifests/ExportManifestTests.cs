using System.Diagnostics;
using System.Formats.Tar;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Federation.Cluster.Manifests;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Exports;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Cluster.Tests.Manifests;

/// <summary>The Job that sends a volume, and its script by itself: on this machine, with folders of the test's.</summary>
public sealed class ExportManifestTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("export-").FullName;

    public ExportManifestTests()
    {
        Directory.CreateDirectory(Path.Combine(folder, "tmp"));
        var volume = Directory.CreateDirectory(Path.Combine(folder, "volume")).FullName;
        Directory.CreateDirectory(Path.Combine(volume, "lost+found"));
        Directory.CreateDirectory(Path.Combine(volume, "deep", "er"));
        File.WriteAllText(Path.Combine(volume, "deep", "er", "said"), "forty-two");
        File.WriteAllBytes(Path.Combine(volume, "big"), RandomNumberGenerator.GetBytes(3_000_001));
        File.WriteAllText(Path.Combine(volume, "-x\n$(id)"), "");
        File.CreateSymbolicLink(Path.Combine(volume, "link"), "/etc/passwd");
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Job_IsAsCommitted() => Golden.Check("export", [Build(Cases.Terms())]);

    [Fact]
    public void SmallLease_ItFitsWhatWasLeased()
    {
        var job = Build(Cases.Terms() with { Resources = new Resources(50, 32, 8, 0, GpuCount.None, GpuCount.None) });
        var resources = job.At("spec", "template", "spec")!["containers"]![0]!["resources"]!;
        Assert.Equal("""{"cpu":"50m","memory":"32Mi","ephemeral-storage":"8Mi"}""", resources["limits"]!.ToJsonString());
        Assert.Equal("50m", resources.Text("requests", "cpu"));
    }

    [Fact]
    public async Task Script_SendsATarOfIt_AndSaysItsDigest()
    {
        byte[] body = [];
        using var server = new RegistryServer(async context =>
        {
            using var taken = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(taken);
            body = taken.ToArray();
        });
        var (code, said) = await RunAsync($"{server.Endpoint}inbox?x-signature=a%2Fb[1-2]");
        Assert.Equal((0, $"{Convert.ToHexStringLower(SHA256.HashData(body))} {body.Length}"), (code, said));
        Assert.StartsWith("PUT /inbox?x-signature=a%2Fb", Assert.Single(server.Asked), StringComparison.Ordinal);
        Assert.Equal(["-x\n$(id)", "big", "deep", "deep/er", "deep/er/said", "link"], Names(body));
    }

    [Fact]
    public async Task ServerThatRefusesIt_IsSaidSo()
    {
        using var server = new RegistryServer(async context =>
        {
            await context.Request.InputStream.CopyToAsync(Stream.Null);
            context.Response.StatusCode = 403;
        });
        Assert.Equal((1, "the server answered with HTTP status 403"), await RunAsync(server.Endpoint.ToString()));
    }

    // It says that all is well before it has taken anything.
    [Fact]
    public async Task ServerThatTakesNothing_IsNotBelieved()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var answering = AnswerAsync(listener);
        var (code, said) = await RunAsync($"http://{listener.LocalEndpoint}/");
        await answering;
        Assert.Equal(1, code);
        Assert.StartsWith("the server took 0 of ", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:1/x?token=secret", "it could not be sent (curl: (7)")]
    [InlineData("file:///etc/passwd", "it could not be sent (curl: (1)")]
    [InlineData("-o/etc/passwd", "it could not be sent (curl: ")]
    [InlineData("", "it could not be sent (curl: (3)")]
    public async Task UrlThatLeadsNowhere_IsSaidSo_AndNotTold(string url, string expected)
    {
        var (code, said) = await RunAsync(url);
        Assert.Equal(1, code);
        Assert.StartsWith(expected, said, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", said, StringComparison.Ordinal);
    }

    private static System.Text.Json.Nodes.JsonObject Build(LeaseTerms terms) => ExportManifest.Build(
        new EnsureExport(LeaseId.Parse("0x" + string.Concat(Enumerable.Repeat("0123456789abcdef", 4))), terms, "data-data-db-0", new ExportWish(["data-data-db-0"], "urls", 999), 86_400), 1 << 30, "curl:8", "gvisor");

    // Its blocks are nowhere, and there would be no end of sending them.
    [Fact]
    public async Task SparseFile_LargerThanTheVolume_IsNotSent()
    {
        using (var sparse = File.Create(Path.Combine(folder, "volume", "sparse"))) sparse.SetLength(1L << 42);
        using var server = new RegistryServer(async context => await context.Request.InputStream.CopyToAsync(Stream.Null));
        var (code, said) = await RunAsync(server.Endpoint.ToString(), most: 8_000_000);
        Assert.Equal(1, code);
        Assert.StartsWith("it is larger than the volume, of which 8000000 bytes are sent at most", said, StringComparison.Ordinal);
        Assert.Empty(server.Asked);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public async Task VolumeThatIsFull_IsSent_ToItsLastByte(int less, bool isSent)
    {
        long length = 0;
        using var server = new RegistryServer(async context =>
        {
            using var taken = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(taken);
            length = taken.Length;
        });
        Assert.Equal(0, (await RunAsync(server.Endpoint.ToString())).Code);
        foreach (var file in Directory.GetFileSystemEntries(Path.Combine(folder, "tmp"))) File.Delete(file);
        Assert.Equal(isSent ? 0 : 1, (await RunAsync(server.Endpoint.ToString(), most: length - less)).Code);
    }

    private async Task<(int Code, string Said)> RunAsync(string url, long most = 1 << 30)
    {
        var log = Path.Combine(folder, "log");
        var script = ExportManifest.Script
            .Replace("/tmp/", "@/", StringComparison.Ordinal).Replace("/volume", Path.Combine(folder, "volume"), StringComparison.Ordinal)
            .Replace("/dev/termination-log", log, StringComparison.Ordinal).Replace("@/", Path.Combine(folder, "tmp") + "/", StringComparison.Ordinal);
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script]) { Environment = { ["URL"] = url, ["MOST"] = $"{most}" } })!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, await File.ReadAllTextAsync(log, limit.Token));
    }

    private static async Task AnswerAsync(TcpListener listener)
    {
        using var client = await listener.AcceptTcpClientAsync();
        await using var stream = client.GetStream();
        await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray());
        await stream.CopyToAsync(Stream.Null);
    }

    private static IEnumerable<string> Names(byte[] tar)
    {
        using var reader = new TarReader(new MemoryStream(tar));
        var names = new List<string>();
        while (reader.GetNextEntry() is { } entry) names.Add(entry.Name.TrimEnd('/')[1..].TrimStart('/'));
        return names.Where(n => n.Length > 0).Order(StringComparer.Ordinal);
    }
}
