using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using Federation.Application.Ports;
using Federation.Domain.Workloads;

namespace Federation.Cluster.Images;

/// <summary>Reads from registries what a tag means, by the OCI distribution API. Every size and time is bounded: tenants name the registries.</summary>
internal sealed class OciRegistry : IImageRegistry, IDisposable
{
    // As much as registries take of a manifest (OCI distribution, "Pushing Manifests").
    private const int LargestManifest = 4 * 1024 * 1024;
    private const int LargestToken = 64 * 1024;
    private const string Invalid = "RegistryInvalid";

    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(20);

    private static readonly string[] Manifests =
    [
        "application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json",
    ];

    private readonly Func<ImageSources> sources;
    private readonly TimeProvider clock;
    private readonly HttpClient guarded;
    private readonly HttpClient own;

    /// <param name="denied">Ranges of the datacenter's own outside of the private ones.</param>
    /// <param name="lookUp">The addresses of a host; the machine's resolver when null.</param>
    public OciRegistry(Func<ImageSources> sources, IReadOnlyList<IPNetwork> denied, TimeProvider clock, Func<string, CancellationToken, Task<IPAddress[]>>? lookUp = null)
    {
        (this.sources, this.clock) = (sources, clock);
        var connector = new GuardedConnector(denied, lookUp ?? Dns.GetHostAddressesAsync);
        guarded = Client(new SocketsHttpHandler { ConnectCallback = connector.ConnectAsync });
        own = Client(new SocketsHttpHandler());
    }

    public bool IsPreloaded(ImageName image) =>
        image.Registry == "localhost" || sources().Preloaded.Select(p => p.TrimEnd('/')).Any(p => image.Path == p || image.Path.StartsWith(p + "/", StringComparison.Ordinal));

    public async Task<string> ResolveAsync(ImageName image, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(LongestAnswer, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            return await AskAsync(image, either.Token);
        }
        catch (HttpRequestException error) when (error.InnerException is ImageException refusal)
        {
            throw new ImageException(refusal.Reason, refusal.Message, error);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            var what = error is OperationCanceledException ? "did not answer in time" : "does not answer";
            throw new ImageException("RegistryUnavailable", $"registry {image.Registry} {what}; check its name, or use another", error);
        }
    }

    public void Dispose()
    {
        guarded.Dispose();
        own.Dispose();
    }

    private async Task<string> AskAsync(ImageName image, CancellationToken cancellation)
    {
        var isOwn = sources().Registries.TryGetValue(image.Registry, out var endpoint);
        var call = new Call(isOwn ? own : guarded, isOwn, image, new Uri(endpoint ?? PublicEndpoint(image), $"/v2/{image.Repository}/manifests/{image.Tag}"));
        using var head = await SendAsync(call, HttpMethod.Head, cancellation);
        // Some registries know no HEAD, and some tell no digest: the manifest itself says it.
        if (head.StatusCode is not (HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented))
        {
            RequireSuccess(head, image);
            if (head.Headers.TryGetValues("Docker-Content-Digest", out var told)) return Digest(told.First(), image);
        }

        using var body = await SendAsync(call, HttpMethod.Get, cancellation);
        RequireSuccess(body, image);
        return "sha256:" + await HashAsync(body, image, cancellation);
    }

    private static Uri PublicEndpoint(ImageName image) => new(image.Registry == "docker.io" ? "https://registry-1.docker.io" : $"https://{image.Registry}");

    private static async Task<HttpResponseMessage> SendAsync(Call call, HttpMethod method, CancellationToken cancellation)
    {
        var answer = await SendAsync(call, method, call.Url, cancellation);
        if (answer.StatusCode != HttpStatusCode.Unauthorized || call.Authorization is not null) return answer;
        using (answer)
        {
            if (BearerChallenge.Find(answer.Headers.WwwAuthenticate) is not { } challenge || (!call.IsOwn && challenge.Realm.Scheme != "https"))
                throw Refused(call.Image);
            call.Authorization = new AuthenticationHeaderValue("Bearer", await TokenAsync(call, challenge, cancellation));
        }

        return await SendAsync(call, method, call.Url, cancellation);
    }

    private static async Task<HttpResponseMessage> SendAsync(Call call, HttpMethod method, Uri url, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, url);
        foreach (var type in Manifests) request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(type));
        request.Headers.Authorization = call.Authorization;
        return await call.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
    }

    private static async Task<string> TokenAsync(Call call, BearerChallenge challenge, CancellationToken cancellation)
    {
        using var answer = await SendAsync(call, HttpMethod.Get, challenge.UrlFor(call.Image.Repository), cancellation);
        RequireSuccess(answer, call.Image);
        try
        {
            using var json = JsonDocument.Parse(await ReadAsync(answer, call.Image, cancellation));
            foreach (var name in new[] { "token", "access_token" })
                if (json.RootElement.TryGetProperty(name, out var token) && token.GetString() is { Length: > 0 } text && text.All(c => c is > ' ' and <= '~'))
                    return text;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new ImageException(Invalid, $"registry {call.Image.Registry} gives out a token that cannot be read", error);
        }

        throw new ImageException(Invalid, $"registry {call.Image.Registry} gives out no token");
    }

    private static void RequireSuccess(HttpResponseMessage answer, ImageName image)
    {
        if (answer.IsSuccessStatusCode) return;
        throw (int)answer.StatusCode switch
        {
            401 or 403 => Refused(image),
            404 => new ImageException("ImageNotFound", $"registry {image.Registry} has no {image.Repository} with tag {image.Tag}; push it, or correct the reference"),
            429 or >= 500 => new ImageException("RegistryUnavailable", $"registry {image.Registry} answers {(int)answer.StatusCode}; it may be better later"),
            _ => new ImageException(Invalid, $"registry {image.Registry} answers {(int)answer.StatusCode}, which is no answer to a pull"),
        };
    }

    private static ImageException Refused(ImageName image) =>
        new("ImageUnauthorized", $"registry {image.Registry} does not let {image.Repository} be pulled; check that it exists and is public; a private image names its digest and imagePullSecrets");

    private static string Digest(string told, ImageName image) => ImageReference.IsDigest(told)
        ? told
        : throw new ImageException(Invalid, $"registry {image.Registry} tells a digest that is none");

    private static async Task<string> HashAsync(HttpResponseMessage answer, ImageName image, CancellationToken cancellation)
    {
        await using var body = await answer.Content.ReadAsStreamAsync(cancellation);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (buffer, total) = (new byte[16 * 1024], 0);
        for (int count; (count = await body.ReadAsync(buffer, cancellation)) > 0; hash.AppendData(buffer, 0, count))
            if ((total += count) > LargestManifest) throw TooLarge(image, LargestManifest);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpResponseMessage answer, ImageName image, CancellationToken cancellation)
    {
        await using var body = await answer.Content.ReadAsStreamAsync(cancellation);
        var buffer = new byte[LargestToken + 1];
        var count = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);
        return count <= LargestToken ? buffer.AsMemory(0, count) : throw TooLarge(image, LargestToken);
    }

    private static ImageException TooLarge(ImageName image, int most) => new(Invalid, $"registry {image.Registry} answers with more than {most} bytes");

    private static HttpClient Client(SocketsHttpHandler handler)
    {
        handler.ConnectTimeout = TimeSpan.FromSeconds(5);
        handler.PooledConnectionLifetime = TimeSpan.FromMinutes(1);
        handler.MaxAutomaticRedirections = 3;
        handler.MaxResponseHeadersLength = 32;
        // The checks of addresses are this process's own: a proxy would connect for it.
        (handler.UseProxy, handler.UseCookies) = (false, false);
        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>One question to one registry, with the token that it wanted for it.</summary>
    private sealed class Call(HttpClient client, bool isOwn, ImageName image, Uri url)
    {
        public HttpClient Client { get; } = client;

        public bool IsOwn { get; } = isOwn;

        public ImageName Image { get; } = image;

        public Uri Url { get; } = url;

        public AuthenticationHeaderValue? Authorization { get; set; }
    }
}
