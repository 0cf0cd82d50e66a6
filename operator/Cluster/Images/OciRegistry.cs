using System.Net;
using System.Security.Cryptography;
using Federation.Application.Ports;
using Federation.Domain.Workloads;

namespace Federation.Cluster.Images;

/// <summary>Reads from registries what a tag means and who signed it, by the OCI distribution API. Every size and time is bounded: tenants name the registries.</summary>
internal sealed class OciRegistry : IImageRegistry, IDisposable
{
    // As much as registries take of a manifest (OCI distribution, "Pushing Manifests").
    public const int LargestManifest = 4 * 1024 * 1024;

    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(20);

    private readonly Func<ImageSources?> sources;
    private readonly Func<IReadOnlyCollection<string>> architectures;
    private readonly TimeProvider clock;
    private readonly HttpClient guarded;
    private readonly HttpClient own;

    /// <param name="sources">Null as long as nobody understands what the datacenter says of images.</param>
    /// <param name="denied">Ranges of the datacenter's own outside of the private ones.</param>
    /// <param name="architectures">Of the datacenter's nodes; null: any.</param>
    /// <param name="lookUp">The addresses of a host; the machine's resolver when null.</param>
    public OciRegistry(Func<ImageSources?> sources, Func<IReadOnlyList<IPNetwork>> denied, TimeProvider clock, Func<IReadOnlyCollection<string>>? architectures = null, Func<string, CancellationToken, Task<IPAddress[]>>? lookUp = null)
    {
        (this.sources, this.clock, this.architectures) = (sources, clock, architectures ?? (() => []));
        var connector = new GuardedConnector(denied, lookUp ?? Dns.GetHostAddressesAsync);
        guarded = Client(new SocketsHttpHandler { ConnectCallback = connector.ConnectAsync });
        own = Client(new SocketsHttpHandler());
    }

    public bool IsAsked(ImageName image)
    {
        // While nobody understands the Datacenter, nothing counts as looked at.
        if (sources() is not { } known) return image.Registry != "localhost";
        return image.Registry != "localhost" && !known.IsPreloaded(image);
    }

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
        var known = sources() ?? throw new ImageException("DatacenterInvalid", "the Datacenter object cannot be understood, so it is not known which images may run; its administrator mends it");
        if (!known.Allows(image)) throw new ImageException("ImageNotAllowed", $"this datacenter runs images of {string.Join(", ", known.Allowed)} only (spec.images.allowed of its Datacenter); use one of those");
        var isOwn = known.Registries.TryGetValue(image.Registry, out var endpoint);
        var call = new RegistryCall(isOwn ? own : guarded, image, endpoint);
        var digest = image.Digest ?? await DigestAsync(call, cancellation);
        if (known.SignerOf(image) is { } signer) await SignatureCheck.RequireAsync(call, digest, signer, cancellation);
        await CheckSizeAsync(call, digest, known.MostMiB, cancellation);
        return digest;
    }

    // Of a closed registry only the tenant's Secret tells the manifest, and nobody but the node has that: such an image names its
    // digest. Its registry was asked, at an address where it may be asked.
    private async Task CheckSizeAsync(RegistryCall call, string digest, long mostMiB, CancellationToken cancellation)
    {
        try
        {
            await ImageSize.RequireAsync(call, digest, mostMiB, architectures(), cancellation);
        }
        catch (ImageException error) when (error.Reason == RegistryCall.Unauthorized && call.Image.Digest is not null)
        {
        }
    }

    private static async Task<string> DigestAsync(RegistryCall call, CancellationToken cancellation)
    {
        using var head = await call.SendAsync(HttpMethod.Head, $"manifests/{call.Image.Tag}", cancellation);
        // Some registries know no HEAD, and some tell no digest: the manifest itself says it.
        if (head.StatusCode is not (HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented))
        {
            call.RequireSuccess(head);
            if (head.Headers.TryGetValues("Docker-Content-Digest", out var told)) return Digest(told.First(), call.Image);
        }

        using var body = await call.SendAsync(HttpMethod.Get, $"manifests/{call.Image.Tag}", cancellation);
        call.RequireSuccess(body);
        return "sha256:" + await HashAsync(body, call, cancellation);
    }

    private static string Digest(string told, ImageName image) => ImageReference.IsDigest(told)
        ? told
        : throw new ImageException(RegistryCall.Invalid, $"registry {image.Registry} tells a digest that is none");

    private static async Task<string> HashAsync(HttpResponseMessage answer, RegistryCall call, CancellationToken cancellation)
    {
        await using var body = await answer.Content.ReadAsStreamAsync(cancellation);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (buffer, total) = (new byte[16 * 1024], 0);
        for (int count; (count = await body.ReadAsync(buffer, cancellation)) > 0; hash.AppendData(buffer, 0, count))
            if ((total += count) > LargestManifest) throw call.TooLarge(LargestManifest);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

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
}
