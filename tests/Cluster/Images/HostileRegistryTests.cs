using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Images;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Workloads;
using Federation.Testing;

namespace Federation.Cluster.Tests.Images;

/// <summary>Registries that lie, lead elsewhere, or never end: each comes to a reason, in bounded time and space.</summary>
public sealed class HostileRegistryTests : IDisposable
{
    // Two MiB, on the byte.
    private const string Image = """{"schemaVersion":2,"config":{"size":1},"layers":[{"size":1048576},{"size":1048575}]}""";

    private const string Digest = "sha256:8684a40d267662204b5f2323d9afd044b982e9ebf1b303e1fa4d8867cc1ffaaf";

    private const string Other = "sha256:ffff456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    private readonly List<IDisposable> open = [];
    private readonly ImageKey key = new();
    private readonly ImageKey stranger = new();

    public void Dispose() => open.Append(key).Append(stranger).ToList().ForEach(o => o.Dispose());

    // What a name leads to is known only when it is looked up, and what it redirects to only when it is asked.
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("10.0.0.1")]
    [InlineData("198.18.7.7")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("1.1.1.1,127.0.0.1")]
    [InlineData("203.0.114.9")]
    public async Task NameThatLeadsInside_IsRefused_AndNothingIsConnectedTo(string addresses)
    {
        var server = Serve(_ => Task.CompletedTask);
        var registry = Registry(ImageSources.None, addresses);
        var error = await Assert.ThrowsAsync<ImageException>(() => ResolveAsync(registry, $"rebind.example:{server.Endpoint.Port}/x:1"));
        Assert.Equal("RegistryAddressRefused", error.Reason);
        Assert.Contains("rebind.example", error.Message, StringComparison.Ordinal);
        // Else the node would ask there in the operator's place, and tell the tenant how it went.
        var byDigest = $"rebind.example:{server.Endpoint.Port}/x@{Digest}";
        Assert.True(registry.IsAsked(ImageReference.Parse(byDigest)));
        Assert.Equal("RegistryAddressRefused", (await Assert.ThrowsAsync<ImageException>(() => ResolveAsync(registry, byDigest))).Reason);
        Assert.Empty(server.Asked);
    }

    [Fact]
    public async Task RedirectInside_IsRefused_AndNothingIsConnectedTo()
    {
        var inner = Serve(_ => Task.CompletedTask);
        var outer = Serve(c => RedirectAsync(c, new Uri($"http://inner.example:{inner.Endpoint.Port}/latest/meta-data")));
        // As if the first server were at a public address: its own connection is let through, the next one is checked.
        var connector = new GuardedConnector(() => [], (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]));
        using var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancellation) =>
            {
                if (context.DnsEndPoint.Port != outer.Endpoint.Port) return await connector.ConnectAsync(context, cancellation);
                var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, outer.Endpoint.Port, cancellation);
                return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
            },
        });
        var error = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(outer.Endpoint, TestContext.Current.CancellationToken));
        Assert.Equal("RegistryAddressRefused", Assert.IsType<ImageException>(error.InnerException).Reason);
        Assert.Single(outer.Asked);
        Assert.Empty(inner.Asked);
    }

    [Theory]
    [InlineData("not-a-digest")]
    [InlineData("sha256:0123")]
    [InlineData("md5:0123456789abcdef0123456789abcdef")]
    [InlineData("sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef")]
    public async Task DigestThatIsNone_IsRefused(string digest) => await FailsAsync("RegistryInvalid", c => Tell(c, digest));

    [Theory]
    [InlineData(401, "ImageUnauthorized")]
    [InlineData(403, "ImageUnauthorized")]
    [InlineData(404, "ImageNotFound")]
    [InlineData(418, "RegistryInvalid")]
    [InlineData(429, "RegistryUnavailable")]
    [InlineData(503, "RegistryUnavailable")]
    public async Task Refusals_HaveTheirReasons(int status, string reason) => await FailsAsync(reason, c => c.Response.StatusCode = status);

    [Fact]
    public async Task RegistryWithoutHead_IsReadItself()
    {
        var body = Encoding.UTF8.GetBytes(Image);
        var registry = Own(async c =>
        {
            if (c.Request.HttpMethod == "HEAD") c.Response.StatusCode = 405;
            else await c.Response.OutputStream.WriteAsync(body);
        });
        Assert.Equal("sha256:" + Convert.ToHexStringLower(SHA256.HashData(body)), await ResolveAsync(registry, "own.example/x:1"));
    }

    [Theory]
    [InlineData("/v2/x/manifests/1")]
    [InlineData("/token")]
    public async Task EndlessBody_IsCut(string endless)
    {
        var registry = Own(async c =>
        {
            if (c.Request.Url!.AbsolutePath != endless) Challenge(c);
            else if (c.Request.HttpMethod == "HEAD") c.Response.StatusCode = 405;
            else while (true) await c.Response.OutputStream.WriteAsync(new byte[64 * 1024]);
        });
        Assert.Equal("RegistryInvalid", (await Assert.ThrowsAsync<ImageException>(() => ResolveAsync(registry, "own.example/x:1"))).Reason);
    }

    [Fact]
    public async Task Token_IsAskedForOnce_AndCarried()
    {
        RegistryServer server = null!;
        var registry = Own(async c =>
        {
            if (c.Request.Url!.AbsolutePath == "/token") await c.Response.OutputStream.WriteAsync("""{"token":"t.o-k"}"""u8.ToArray());
            else if (c.Request.Headers["Authorization"] == "Bearer t.o-k") Tell(c, Digest);
            else Challenge(c);
        }, s => server = s);
        Assert.Equal(Digest, await ResolveAsync(registry, "own.example/x:1"));
        Assert.Equal(["HEAD /v2/x/manifests/1", "GET /token?scope=repository%3Ax%3Apull&service=s", "HEAD /v2/x/manifests/1 Bearer t.o-k", $"GET /v2/x/manifests/{Digest} Bearer t.o-k"], server.Asked);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"token":7}""")]
    [InlineData("""{"token":""}""")]
    [InlineData("""{"token":"a\r\nX-Injected: b"}""")]
    public async Task TokenThatIsNone_IsRefused(string body) => await FailsAsync("RegistryInvalid", c =>
    {
        if (c.Request.Url!.AbsolutePath == "/token") c.Response.OutputStream.Write(Encoding.UTF8.GetBytes(body));
        else Challenge(c);
    });

    [Fact]
    public async Task RegistryThatIsNotThere_IsUnavailable()
    {
        var server = Serve(_ => Task.CompletedTask);
        var registry = Registry(Sources(server));
        server.Dispose();
        var error = await Assert.ThrowsAsync<ImageException>(() => ResolveAsync(registry, "own.example/x:1"));
        Assert.Equal("RegistryUnavailable", error.Reason);
        Assert.DoesNotContain("127.0.0.1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RegistryThatNeverAnswers_IsGivenUp()
    {
        var asked = new TaskCompletionSource();
        var never = new TaskCompletionSource();
        var server = Serve(_ =>
        {
            asked.TrySetResult();
            return never.Task;
        });
        var clock = new FakeClock();
        using var registry = new OciRegistry(() => Sources(server), () => [], clock);
        var answer = ResolveAsync(registry, "own.example/x:1");
        await asked.Task.WaitAsync(TestContext.Current.CancellationToken);
        Assert.False(answer.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(21));
        Assert.Equal("RegistryUnavailable", (await Assert.ThrowsAsync<ImageException>(() => answer)).Reason);
        never.SetResult();
    }

    // Bad input 21: of what is named by tag and by digest.
    [Theory]
    [InlineData("own.example/x:1")]
    [InlineData("own.example/x@" + Digest)]
    public async Task Signatures_HaveTheirReasons(string image)
    {
        await SignedAsync(image, null, ImageKey.Manifest(key.Sign(Digest)), key.Sign(Digest));
        await SignedAsync(image, "SignatureMissing", null);
        await SignedAsync(image, "SignatureMissing", ImageKey.Manifest());
        await SignedAsync(image, "SignatureForAnotherDigest", ImageKey.Manifest(key.Sign(Other)), key.Sign(Other));
        await SignedAsync(image, "SignatureForAnotherDigest", ImageKey.Manifest(key.Sign(Digest, type: "something else")), key.Sign(Digest, type: "something else"));
        await SignedAsync(image, "SignatureUntrusted", ImageKey.Manifest(stranger.Sign(Digest)), stranger.Sign(Digest));
        await SignedAsync(image, "SignatureUntrusted", ImageKey.Manifest(key.Sign(Digest) with { Signature = "bm9uZQ==" }), key.Sign(Digest));
        await SignedAsync(image, "SignatureUntrusted", ImageKey.Manifest(key.Sign(Digest) with { Signature = "%" }), key.Sign(Digest));
        await SignedAsync(image, "SignatureInvalid", new JsonObject { ["layers"] = "none" });
        await SignedAsync(image, "ImageNotFound", ImageKey.Manifest(key.Sign(Digest)));
        await SignedAsync(image, "RegistryInvalid", new JsonObject { ["layers"] = new string('x', 300_000) });
        await SignedAsync(image, "RegistryInvalid", ImageKey.Manifest(key.Sign(Digest, size: 70_000)), key.Sign(Digest, size: 70_000));
    }

    // Whatever is pushed or told meanwhile: the words are the lease's condition, and other ones would be a write at every look.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TagThatMovesAtEveryLook_UnsignedOrSignedForAnother_IsSaidInTheSameWords(bool isSigned)
    {
        var (looks, signed) = (0, Array.Empty<ImageKey.Signed>());
        string Another(int salt) => $"sha256:{2 * looks + salt:x64}";
        var server = Serve(async c =>
        {
            var path = c.Request.Url!.AbsolutePath;
            if (path == "/v2/x/manifests/1") Tell(c, Another(0));
            else if (path.EndsWith(".sig", StringComparison.Ordinal) && isSigned) await c.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(ImageKey.Manifest(signed).ToJsonString()));
            else if (signed.FirstOrDefault(s => path == $"/v2/x/blobs/{s.Digest}") is { } found) await c.Response.OutputStream.WriteAsync(found.Payload);
            else c.Response.StatusCode = 404;
        });
        var registry = Registry(Sources(server) with { Signers = [new ImageSigner(ImageReference.ParsePath("own.example"), [key.Pem])] });
        var said = new HashSet<(string, string)>();
        for (; looks < 3; looks++)
        {
            signed = [key.Sign(Another(1))];
            var error = await Assert.ThrowsAsync<ImageException>(() => ResolveAsync(registry, "own.example/x:1"));
            said.Add((error.Reason, error.Message));
        }

        Assert.Equal(isSigned ? "SignatureForAnotherDigest" : "SignatureMissing", Assert.Single(said).Item1);
    }

    [Fact]
    public async Task OneGoodSignatureOfMany_IsEnough_AndNoMoreThanSixteenAreRead()
    {
        ImageKey.Signed[] others = [.. Enumerable.Range(0, 20).Select(i => stranger.Sign(Digest, size: i))];
        await SignedAsync("own.example/x:1", null, ImageKey.Manifest([.. others.Take(15), key.Sign(Digest)]), [.. others, key.Sign(Digest)]);
        await SignedAsync("own.example/x:1", "SignatureUntrusted", ImageKey.Manifest([.. others.Take(16), key.Sign(Digest)]), [.. others, key.Sign(Digest)]);
    }

    [Fact]
    public async Task ImageFromElsewhere_IsNotAskedFor()
    {
        var server = Serve(c => Task.Run(() => Tell(c, Digest)));
        var registry = Registry(Sources(server) with { Allowed = [ImageReference.ParsePath("own.example/team"), ImageReference.ParsePath("other.example")] });
        Assert.Equal(Digest, await ResolveAsync(registry, "own.example/team/x:1"));
        foreach (var image in new[] { "own.example/teams/x:1", "own.example/x@" + Digest, "nginx" })
        {
            Assert.True(registry.IsAsked(ImageReference.Parse(image)));
            var error = await Assert.ThrowsAsync<ImageException>(() => ResolveAsync(registry, image));
            Assert.Equal(("ImageNotAllowed", true), (error.Reason, error.Message.Contains("own.example/team, other.example", StringComparison.Ordinal)));
        }

        Assert.Equal(["HEAD /v2/team/x/manifests/1", $"GET /v2/team/x/manifests/{Digest}"], server.Asked);
    }

    // Else an unsigned image would be pinned while a typing error stands, and run when it is mended.
    [Fact]
    public async Task DatacenterThatNobodyUnderstands_LetsNothingBePinned()
    {
        using var registry = new OciRegistry(() => null, () => [], TimeProvider.System);
        Assert.Equal("DatacenterInvalid", (await Assert.ThrowsAsync<ImageException>(() => ResolveAsync(registry, "own.example/x:1"))).Reason);
    }

    private async Task SignedAsync(string image, string? reason, JsonObject? manifest, params ImageKey.Signed[] signed)
    {
        var server = Serve(async c =>
        {
            var path = c.Request.Url!.AbsolutePath;
            if (path == "/v2/x/manifests/1") Tell(c, Digest);
            else if (path == $"/v2/x/manifests/{Digest.Replace(':', '-')}.sig" && manifest is not null) await c.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(manifest.ToJsonString()));
            else if (signed.FirstOrDefault(s => path == $"/v2/x/blobs/{s.Digest}") is { } found) await c.Response.OutputStream.WriteAsync(found.Payload);
            else c.Response.StatusCode = 404;
        });
        var registry = Registry(Sources(server) with { Signers = [new ImageSigner(ImageReference.ParsePath("own.example"), [ImageKey.Another, key.Pem])] });
        Assert.True(registry.IsAsked(ImageReference.Parse(image)));
        if (reason is null) Assert.Equal(Digest, await ResolveAsync(registry, image));
        else Assert.Equal(reason, (await Assert.ThrowsAsync<ImageException>(() => ResolveAsync(registry, image))).Reason);
    }

    private async Task FailsAsync(string reason, Action<HttpListenerContext> answer)
    {
        var registry = Own(c =>
        {
            answer(c);
            return Task.CompletedTask;
        });
        Assert.Equal(reason, (await Assert.ThrowsAsync<ImageException>(() => ResolveAsync(registry, "own.example/x:1"))).Reason);
    }

    private OciRegistry Own(Func<HttpListenerContext, Task> answer, Action<RegistryServer>? started = null)
    {
        var server = Serve(answer);
        started?.Invoke(server);
        return Registry(Sources(server));
    }

    private RegistryServer Serve(Func<HttpListenerContext, Task> answer)
    {
        // Where a digest is told, its manifest is there.
        var server = new RegistryServer(c => c.Request is { HttpMethod: "GET", Url.AbsolutePath: var path } && path.EndsWith($"/manifests/{Digest}", StringComparison.Ordinal)
            ? c.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(Image)).AsTask() : answer(c));
        open.Add(server);
        return server;
    }

    private OciRegistry Registry(ImageSources sources, string addresses = "127.0.0.1")
    {
        var registry = new OciRegistry(() => sources, () => [IPNetwork.Parse("203.0.114.0/24")], TimeProvider.System,
            lookUp: (_, _) => Task.FromResult(addresses.Split(',').Select(IPAddress.Parse).ToArray()));
        open.Add(registry);
        return registry;
    }

    private static ImageSources Sources(RegistryServer server) => new([], new Dictionary<string, Uri> { ["own.example"] = server.Endpoint });

    private static Task<string> ResolveAsync(OciRegistry registry, string image) =>
        registry.ResolveAsync(ImageReference.Parse(image), TestContext.Current.CancellationToken);

    private static void Tell(HttpListenerContext context, string digest) => context.Response.Headers["Docker-Content-Digest"] = digest;

    private static void Challenge(HttpListenerContext context)
    {
        context.Response.StatusCode = 401;
        context.Response.Headers["WWW-Authenticate"] = $"Bearer realm=\"http://127.0.0.1:{context.Request.Url!.Port}/token\",service=\"s\"";
    }

    private static Task RedirectAsync(HttpListenerContext context, Uri to)
    {
        context.Response.StatusCode = 307;
        context.Response.RedirectLocation = to.AbsoluteUri;
        return Task.CompletedTask;
    }
}
