using System.Net;
using System.Security.Cryptography;
using System.Text;
using Federation.Application.Ports;
using Federation.Cluster.Images;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Workloads;

namespace Federation.Cluster.Tests.Images;

/// <summary>Bad input 23: images that would fill a node are refused by their manifests, before anything of them is pulled.</summary>
public sealed class ImageSizeTests : IDisposable
{
    private const string TwoMiB = """{"config":{"size":1},"layers":[{"size":1048576},{"size":1048575}]}""";
    private const string OneByteMore = """{"config":{"size":1},"layers":[{"size":1048576},{"size":1048576}]}""";

    private readonly List<IDisposable> open = [];

    public void Dispose() => open.ForEach(o => o.Dispose());

    [Theory]
    [InlineData(TwoMiB, null)]
    [InlineData(OneByteMore, "ImageTooLarge")]
    [InlineData("""{"layers":[{"size":9223372036854775807},{"size":9223372036854775807}]}""", "ImageTooLarge")]
    [InlineData("""{"layers":[{"size":-1}]}""", "RegistryInvalid")]
    [InlineData("""{"layers":[{"size":"1"}]}""", "RegistryInvalid")]
    [InlineData("""{"layers":[{"size":1.5}]}""", "RegistryInvalid")]
    [InlineData("""{"layers":[{}]}""", "RegistryInvalid")]
    [InlineData("""{"layers":{}}""", "RegistryInvalid")]
    [InlineData("{}", "RegistryInvalid")]
    [InlineData("[", "RegistryInvalid")]
    public async Task Image_IsAsLargeAsItsManifestSays(string manifest, string? reason)
    {
        foreach (var image in new[] { "own.example/x:1", $"own.example/x@{DigestOf(manifest)}" }) await CheckAsync(image, reason, 2, [], manifest);
        if (reason == "ImageTooLarge") await CheckAsync("own.example/x:1", null, 0, [], manifest);
    }

    [Fact]
    public async Task ImageForSeveralPlatforms_IsAsLargeAsThatOfTheNodes()
    {
        string Platform(string manifest, string os, string architecture) => $$$"""{"digest":"{{{DigestOf(manifest)}}}","platform":{"os":"{{{os}}}","architecture":"{{{architecture}}}"} }""";
        var index = $$"""{"manifests":[{{Platform(TwoMiB, "linux", "amd64")}},{{Platform(OneByteMore, "linux", "arm64")}},{{Platform("nothing that is there", "windows", "amd64")}},{{Platform("nor this", "unknown", "unknown")}}]}""";
        await CheckAsync("own.example/x:1", null, 2, ["amd64"], index, TwoMiB, OneByteMore);
        await CheckAsync("own.example/x:1", "ImageTooLarge", 2, ["amd64", "arm64"], index, TwoMiB, OneByteMore);
        await CheckAsync("own.example/x:1", "ImageTooLarge", 2, [], index, TwoMiB, OneByteMore);
        var deeper = $$"""{"manifests":[{"digest":"{{DigestOf(index)}}"}]}""";
        await CheckAsync("own.example/x:1", "ImageTooLarge", 2, ["arm64"], deeper, index, TwoMiB, OneByteMore);
        await CheckAsync("own.example/x:1", "RegistryInvalid", 2, ["arm64"], $$"""{"manifests":[{"digest":"{{DigestOf(deeper)}}"}]}""", deeper, index, TwoMiB, OneByteMore);
        await CheckAsync("own.example/x:1", "RegistryInvalid", 2, [], $$"""{"manifests":[{{string.Join(',', Enumerable.Range(0, 17).Select(i => Platform($"{i}", "linux", $"{i}")))}}]}""");
        await CheckAsync("own.example/x:1", "RegistryInvalid", 2, [], """{"manifests":[{"digest":"../../secrets"}]}""");
    }

    // To the operator one manifest, to the node another: the digest binds both.
    [Fact]
    public async Task ManifestThatIsNotTheOneNamed_IsRefused()
    {
        var registry = Registry(2, [], c => c.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(TwoMiB)).AsTask());
        Assert.Equal("RegistryInvalid", (await Assert.ThrowsAsync<ImageException>(() => ResolveAsync(registry, $"own.example/x@{DigestOf(OneByteMore)}"))).Reason);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    public async Task PrivateImage_IsTheNodesToPull_ByItsDigest(int status)
    {
        var registry = Registry(2, [], c =>
        {
            c.Response.StatusCode = status;
            return Task.CompletedTask;
        });
        Assert.Equal(DigestOf(OneByteMore), await ResolveAsync(registry, $"own.example/x@{DigestOf(OneByteMore)}"));
        Assert.Equal("ImageUnauthorized", (await Assert.ThrowsAsync<ImageException>(() => ResolveAsync(registry, "own.example/x:1"))).Reason);
    }

    private async Task CheckAsync(string image, string? reason, long mostMiB, string[] architectures, string first, params string[] others)
    {
        var registry = Registry(mostMiB, architectures, async c =>
        {
            var path = c.Request.Url!.AbsolutePath;
            if (path == "/v2/x/manifests/1") c.Response.Headers["Docker-Content-Digest"] = DigestOf(first);
            else if (others.Prepend(first).FirstOrDefault(m => path == $"/v2/x/manifests/{DigestOf(m)}") is { } found) await c.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(found));
            else c.Response.StatusCode = 404;
        });
        if (reason is null) Assert.Equal(DigestOf(first), await ResolveAsync(registry, image));
        else Assert.Equal(reason, (await Assert.ThrowsAsync<ImageException>(() => ResolveAsync(registry, image))).Reason);
    }

    private OciRegistry Registry(long mostMiB, string[] architectures, Func<HttpListenerContext, Task> answer)
    {
        var server = new RegistryServer(answer);
        var sources = new ImageSources([], new Dictionary<string, Uri> { ["own.example"] = server.Endpoint }) { MostMiB = mostMiB };
        var registry = new OciRegistry(() => sources, () => [], TimeProvider.System, () => architectures);
        open.AddRange([registry, server]);
        return registry;
    }

    private static Task<string> ResolveAsync(OciRegistry registry, string image) => registry.ResolveAsync(ImageReference.Parse(image), TestContext.Current.CancellationToken);

    private static string DigestOf(string manifest) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(manifest)));
}
