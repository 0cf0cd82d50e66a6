using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Federation.Cluster.Images;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Cluster.Tests.Support;

/// <summary>Debian's docker-registry, on a port of this machine, with nothing in it.</summary>
internal sealed class DockerRegistry : IDisposable
{
    private const string Manifest = "application/vnd.oci.image.manifest.v1+json";
    private const string Index = "application/vnd.oci.image.index.v1+json";

    private readonly string folder = Directory.CreateTempSubdirectory("registry-").FullName;
    private readonly HttpClient http = new();
    private readonly Daemon daemon;

    private DockerRegistry(string access)
    {
        Endpoint = new Uri($"http://127.0.0.1:{Ports.Free(1)[0]}");
        var config = Path.Combine(folder, "config.yml");
        File.WriteAllText(config, $"""
            version: 0.1
            log:
              level: warn
            storage:
              filesystem:
                rootdirectory: {folder}/data
            http:
              addr: {Endpoint.Authority}
            {access}
            """);
        daemon = new Daemon("/usr/bin/docker-registry", Path.Combine(folder, "log"), ["serve", config]);
    }

    public Uri Endpoint { get; }

    public AuthenticationHeaderValue? Pusher { get; private init; }

    public static async Task<DockerRegistry> StartAsync()
    {
        var registry = new DockerRegistry("");
        await registry.WaitAsync();
        return registry;
    }

    /// <summary>Uploads an image of nothing but its configuration; the text makes it another one.</summary>
    /// <returns>Digest of its manifest.</returns>
    public async Task<string> PushAsync(string repository, string tag, string text)
    {
        var config = Encoding.UTF8.GetBytes(new JsonObject { ["architecture"] = "amd64", ["os"] = "linux", ["author"] = text }.ToJsonString());
        await UploadAsync(repository, config);
        return await PutAsync(repository, tag, Manifest, new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = Manifest,
            ["config"] = Descriptor("application/vnd.oci.image.config.v1+json", config),
            ["layers"] = new JsonArray(),
        });
    }

    /// <summary>An index over one image: what an image for several platforms is.</summary>
    /// <returns>Digest of the index.</returns>
    public async Task<string> PushIndexAsync(string repository, string tag, string text)
    {
        var manifest = await PushAsync(repository, tag + "-amd64", text);
        using var stored = await SendAsync(HttpMethod.Get, $"/v2/{repository}/manifests/{manifest}", null, accept: Manifest);
        return await PutAsync(repository, tag, Index, new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = Index,
            ["manifests"] = new JsonArray(Descriptor(Manifest, await stored.Content.ReadAsByteArrayAsync())),
        });
    }

    /// <summary>Attaches a signature to an image, where cosign puts it.</summary>
    public async Task SignAsync(string repository, string digest, ImageKey.Signed signed)
    {
        await UploadAsync(repository, signed.Payload);
        await UploadAsync(repository, "{}"u8.ToArray());
        await PutAsync(repository, SimpleSigning.TagOf(digest), Manifest, ImageKey.Manifest(signed));
    }

    public void Dispose()
    {
        daemon.Dispose();
        http.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private async Task UploadAsync(string repository, byte[] blob)
    {
        using var started = await SendAsync(HttpMethod.Post, $"/v2/{repository}/blobs/uploads/", null);
        var location = started.Headers.Location!.ToString();
        using var put = await SendAsync(HttpMethod.Put, $"{location}&digest={Digest(blob)}", new ByteArrayContent(blob));
        Assert.Equal(HttpStatusCode.Created, put.StatusCode);
    }

    private async Task<string> PutAsync(string repository, string tag, string type, JsonObject manifest)
    {
        var bytes = Encoding.UTF8.GetBytes(manifest.ToJsonString());
        var content = new ByteArrayContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };
        using var put = await SendAsync(HttpMethod.Put, $"/v2/{repository}/manifests/{tag}", content);
        Assert.Equal(HttpStatusCode.Created, put.StatusCode);
        return Digest(bytes);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content, string? accept = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(Endpoint, path)) { Content = content };
        request.Headers.Authorization = Pusher;
        if (accept is not null) request.Headers.Accept.ParseAdd(accept);
        var answer = await http.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, $"{method} {path}: {answer.StatusCode}");
        return answer;
    }

    private Task WaitAsync() => Eventually.TrueAsync(async () =>
    {
        Assert.False(daemon.HasExited, $"docker-registry has ended: {daemon.Log}");
        try
        {
            using var answer = await http.GetAsync(new Uri(Endpoint, "/v2/"));
            return answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.Unauthorized;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    });

    private static JsonObject Descriptor(string type, byte[] content) => new() { ["mediaType"] = type, ["digest"] = Digest(content), ["size"] = content.Length };

    private static string Digest(byte[] content) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content));
}
