using System.Security.Cryptography;
using System.Text.Json;
using Federation.Application.Ports;

namespace Federation.Cluster.Images;

/// <summary>
/// What a node would pull of an image, by its manifest: the sum of its layers as they are sent, and its configuration. The manifest
/// is the one that the digest names, so the node pulls by the same one; how much the layers become when they are unpacked, it does not say.
/// </summary>
internal static class ImageSize
{
    public const string TooLarge = "ImageTooLarge";

    // An index of an index is as deep as runtimes go.
    private const int Deepest = 2;
    private const int MostPlatforms = 16;
    private const decimal MiB = 1024 * 1024;

    /// <param name="mostMiB">0: no bound; then it is only read.</param>
    /// <param name="architectures">Of the datacenter's nodes; of an image for several platforms the largest of these counts. Empty: of all.</param>
    /// <exception cref="ImageException">It is larger, or cannot be told.</exception>
    public static async Task RequireAsync(RegistryCall call, string digest, long mostMiB, IReadOnlyCollection<string> architectures, CancellationToken cancellation)
    {
        var size = decimal.Ceiling(await MeasureAsync(call, digest, architectures, 0, cancellation) / MiB);
        if (mostMiB > 0 && size > mostMiB)
            throw new ImageException(TooLarge, $"its layers are {size} MiB, and this datacenter runs images of {mostMiB} MiB at most (spec.images.maxSizeMiB of its Datacenter); make it smaller, or load the data when the program starts");
    }

    private static async Task<decimal> MeasureAsync(RegistryCall call, string digest, IReadOnlyCollection<string> architectures, int depth, CancellationToken cancellation)
    {
        var manifest = await ReadAsync(call, digest, cancellation);
        try
        {
            using var json = JsonDocument.Parse(manifest);
            var root = json.RootElement;
            if (root.TryGetProperty("layers", out var layers)) return layers.EnumerateArray().Append(Config(root)).Sum(SizeOf);
            if (depth == Deepest || !root.TryGetProperty("manifests", out var list)) throw Invalid(call, "has a manifest that names no layers");
            string[] platforms = [.. list.EnumerateArray().Where(m => RunsOn(m, architectures)).Select(m => m.GetProperty("digest").GetString()!).Distinct()];
            if (platforms.Length > MostPlatforms) throw Invalid(call, $"has an image for more than {MostPlatforms} platforms");
            var largest = 0m;
            foreach (var platform in platforms) largest = Math.Max(largest, await MeasureAsync(call, platform, architectures, depth + 1, cancellation));
            return largest;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new ImageException(RegistryCall.Invalid, $"registry {call.Image.Registry} has a manifest of it that cannot be read; push it again", error);
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(RegistryCall call, string digest, CancellationToken cancellation)
    {
        if (!Domain.Workloads.ImageReference.IsDigest(digest)) throw Invalid(call, "names a manifest by what is no digest");
        using var answer = await call.SendAsync(HttpMethod.Get, $"manifests/{digest}", cancellation);
        call.RequireSuccess(answer);
        var manifest = await call.ReadAsync(answer, OciRegistry.LargestManifest, cancellation);
        var hash = digest.StartsWith("sha512:", StringComparison.Ordinal) ? SHA512.HashData(manifest.Span) : SHA256.HashData(manifest.Span);
        return digest.EndsWith(Convert.ToHexStringLower(hash), StringComparison.Ordinal) ? manifest : throw Invalid(call, "answers with another manifest than the digest names");
    }

    // Where no platform is told, the image itself says it, and any node may try.
    private static bool RunsOn(JsonElement manifest, IReadOnlyCollection<string> architectures) =>
        !manifest.TryGetProperty("platform", out var platform)
        || (Is(platform, "os", "linux") && (architectures.Count == 0 || architectures.Any(a => Is(platform, "architecture", a))));

    private static bool Is(JsonElement platform, string field, string value) => platform.TryGetProperty(field, out var told) && told.GetString() == value;

    private static JsonElement Config(JsonElement root) => root.TryGetProperty("config", out var config) ? config : default;

    private static decimal SizeOf(JsonElement descriptor)
    {
        if (descriptor.ValueKind == JsonValueKind.Undefined) return 0;
        var size = descriptor.GetProperty("size").GetInt64();
        return size >= 0 ? size : throw new FormatException("a size is negative");
    }

    private static ImageException Invalid(RegistryCall call, string what) => new(RegistryCall.Invalid, $"registry {call.Image.Registry} {what}; push the image again, or use another");
}
