using Federation.Application.Ports;
using Federation.Cluster.Images;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Workloads;

namespace Federation.Cluster.Tests.Images;

/// <summary>Against Debian's docker-registry.</summary>
public sealed class OciRegistryTests : IAsyncLifetime
{
    private DockerRegistry server = null!;
    private OciRegistry registry = null!;

    public async ValueTask InitializeAsync()
    {
        server = await DockerRegistry.StartAsync();
        var sources = new ImageSources([ImageReference.ParsePath("base.example/os"), ImageReference.ParsePath("docker.io/library")], new Dictionary<string, Uri> { ["images.example"] = server.Endpoint });
        registry = new OciRegistry(() => sources, () => [], TimeProvider.System);
    }

    public ValueTask DisposeAsync()
    {
        registry.Dispose();
        server.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Tag_IsTheDigestOfItsManifest_AndFollowsAPush()
    {
        var first = await server.PushAsync("team/app", "1", "first");
        Assert.Equal(first, await ResolveAsync("images.example/team/app:1"));
        var second = await server.PushAsync("team/app", "1", "second");
        Assert.NotEqual(first, second);
        Assert.Equal(second, await ResolveAsync("images.example/team/app:1"));
    }

    [Fact]
    public async Task TagOfAnIndex_IsTheIndex_NotTheImageOfAPlatform() =>
        Assert.Equal(await server.PushIndexAsync("team/multi", "latest", "x"), await ResolveAsync("images.example/team/multi"));

    [Theory]
    [InlineData("images.example/team/none:1")]
    [InlineData("images.example/team/app:none")]
    public async Task WhatIsNotThere_IsNamed(string image)
    {
        var error = await Assert.ThrowsAsync<ImageException>(() => ResolveAsync(image));
        Assert.Equal("ImageNotFound", error.Reason);
    }

    [Theory]
    [InlineData("localhost/a:1", true)]
    [InlineData("base.example/os", true)]
    [InlineData("base.example/os/slim:1", true)]
    [InlineData("redis:7", true)]
    [InlineData("docker.io/redis:7", true)]
    [InlineData("base.example:443/os:1", false)]
    [InlineData("Base.example/os:1", false)]
    [InlineData("base.example/oslo:1", false)]
    [InlineData("base.example/other:1", false)]
    [InlineData("docker.io/team/redis:7", false)]
    public void Preloaded_AreWholePaths_AndNotAskedFor(string image, bool preloaded) => Assert.Equal(!preloaded, registry.IsAsked(ImageReference.Parse(image)));

    // The registry's own digest of the image is what was signed, for a tag as for a digest.
    [Fact]
    public async Task SignedImage_IsWhatItsKeySigned()
    {
        using var key = new ImageKey();
        using var checking = new OciRegistry(() => new ImageSources([], new Dictionary<string, Uri> { ["images.example"] = server.Endpoint }) { Signers = [new ImageSigner(ImageReference.ParsePath("images.example/signed"), [key.Pem])] }, () => [], TimeProvider.System);
        var digest = await server.PushAsync("signed/app", "1", "signed");
        Task<string> Resolve(string image) => checking.ResolveAsync(ImageReference.Parse(image), TestContext.Current.CancellationToken);
        foreach (var unsigned in new[] { "images.example/signed/app:1", "images.example:443/signed/app:1", "Images.EXAMPLE:0443/signed/app:1", $"images.example:443/signed/app@{digest}" })
        {
            Assert.True(checking.IsAsked(ImageReference.Parse(unsigned)));
            Assert.Equal("SignatureMissing", (await Assert.ThrowsAsync<ImageException>(() => Resolve(unsigned))).Reason);
        }

        await server.SignAsync("signed/app", digest, key.Sign(digest));
        Assert.Equal(digest, await Resolve("images.example/signed/app:1"));
        Assert.Equal(digest, await Resolve($"images.example/signed/app@{digest}"));
        await server.PushAsync("signed/app", "1", "moved");
        Assert.Equal("SignatureMissing", (await Assert.ThrowsAsync<ImageException>(() => Resolve("images.example/signed/app:1"))).Reason);
        Assert.Equal(await server.PushAsync("team/app", "1", "free"), await Resolve("images.example/team/app:1"));
    }

    private Task<string> ResolveAsync(string image) => registry.ResolveAsync(ImageReference.Parse(image), TestContext.Current.CancellationToken);
}
