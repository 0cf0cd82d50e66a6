using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Federation.Application.Ports;
using Federation.Domain.Workloads;

namespace Federation.Cluster.Images;

/// <summary>Questions to one registry about one image, with the token that it wanted for them.</summary>
/// <param name="endpoint">Null: where the registry's name leads to.</param>
internal sealed class RegistryCall(HttpClient client, ImageName image, Uri? endpoint)
{
    public const string Invalid = "RegistryInvalid";
    public const string Unauthorized = "ImageUnauthorized";

    private const int LargestToken = 64 * 1024;

    private static readonly string[] Manifests =
    [
        "application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json",
    ];

    private readonly Uri root = endpoint ?? new Uri(image.Registry == "docker.io" ? "https://registry-1.docker.io" : $"https://{image.Registry}");
    private AuthenticationHeaderValue? authorization;

    public ImageName Image => image;

    /// <param name="path">Below the repository, such as <c>manifests/latest</c>.</param>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, CancellationToken cancellation)
    {
        var url = new Uri(root, $"/v2/{image.Repository}/{path}");
        var answer = await SendAsync(method, url, cancellation);
        if (answer.StatusCode != HttpStatusCode.Unauthorized || authorization is not null) return answer;
        using (answer)
        {
            if (BearerChallenge.Find(answer.Headers.WwwAuthenticate) is not { } challenge || (endpoint is null && challenge.Realm.Scheme != "https"))
                throw Refused();
            authorization = new AuthenticationHeaderValue("Bearer", await TokenAsync(challenge, cancellation));
        }

        return await SendAsync(method, url, cancellation);
    }

    public void RequireSuccess(HttpResponseMessage answer)
    {
        if (answer.IsSuccessStatusCode) return;
        throw (int)answer.StatusCode switch
        {
            401 or 403 => Refused(),
            404 => new ImageException("ImageNotFound", $"registry {image.Registry} has no {image.Repository} {(image.Digest is null ? "with tag " + image.Tag : "of this digest")}; push it, or correct the reference"),
            429 or >= 500 => new ImageException("RegistryUnavailable", $"registry {image.Registry} answers {(int)answer.StatusCode}; it may be better later"),
            _ => new ImageException(Invalid, $"registry {image.Registry} answers {(int)answer.StatusCode}, which is no answer to a pull"),
        };
    }

    public async Task<ReadOnlyMemory<byte>> ReadAsync(HttpResponseMessage answer, int most, CancellationToken cancellation)
    {
        await using var body = await answer.Content.ReadAsStreamAsync(cancellation);
        var buffer = new byte[most + 1];
        var count = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);
        return count <= most ? buffer.AsMemory(0, count) : throw TooLarge(most);
    }

    public ImageException TooLarge(int most) => new(Invalid, $"registry {image.Registry} answers with more than {most} bytes");

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, Uri url, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, url);
        foreach (var type in Manifests) request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(type));
        request.Headers.Authorization = authorization;
        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
    }

    private async Task<string> TokenAsync(BearerChallenge challenge, CancellationToken cancellation)
    {
        using var answer = await SendAsync(HttpMethod.Get, challenge.UrlFor(image.Repository), cancellation);
        RequireSuccess(answer);
        try
        {
            using var json = JsonDocument.Parse(await ReadAsync(answer, LargestToken, cancellation));
            foreach (var name in new[] { "token", "access_token" })
                if (json.RootElement.TryGetProperty(name, out var token) && token.GetString() is { Length: > 0 } text && text.All(c => c is > ' ' and <= '~'))
                    return text;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new ImageException(Invalid, $"registry {image.Registry} gives out a token that cannot be read", error);
        }

        throw new ImageException(Invalid, $"registry {image.Registry} gives out no token");
    }

    private ImageException Refused() =>
        new(Unauthorized, $"registry {image.Registry} does not let {image.Repository} be pulled; check that it exists and is public; a private image names its digest and imagePullSecrets");
}
