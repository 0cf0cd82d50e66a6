using System.Security.Cryptography;
using System.Text.Json;
using Federation.Domain.Workloads;

namespace Federation.Cluster.Images;

/// <summary>A signature that stands in a registry.</summary>
/// <param name="Payload">Digest of what was signed.</param>
/// <param name="Signature">ASN.1, in base64.</param>
internal sealed record ImageSignature(string Payload, string Signature);

/// <summary>
/// Signatures of images as <c>cosign sign --key</c> attaches them: a manifest beside the image lists payloads, each of which names
/// the digest that is signed for. Format: SIGNATURE_SPEC.md of github.com/sigstore/cosign, "Tag-based Discovery" and "Simple Signing".
/// </summary>
internal static class SimpleSigning
{
    // Whoever may push there may add to them, and each is a question to the registry.
    private const int MostSignatures = 16;
    private const string PayloadLayer = "application/vnd.dev.cosign.simplesigning.v1+json";
    private const string SignatureAnnotation = "dev.cosignproject.cosign/signature";
    private const string PayloadType = "cosign container image signature";
    private const string PublicKeyLabel = "PUBLIC KEY";
    private const string NistP256 = "1.2.840.10045.3.1.7";

    /// <summary>Where the signatures of an image are.</summary>
    public static string TagOf(string digest) => digest.Replace(':', '-') + ".sig";

    /// <summary>A public key that can be checked with: ECDSA on P-256, in PEM.</summary>
    public static bool IsKey(string pem)
    {
        using var key = TryRead(pem);
        return key is not null;
    }

    /// <summary>The signatures that a manifest lists, the first ones of many.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    /// <exception cref="InvalidOperationException">It is no manifest.</exception>
    public static IReadOnlyList<ImageSignature> Read(ReadOnlyMemory<byte> manifest)
    {
        using var json = JsonDocument.Parse(manifest);
        return json.RootElement.TryGetProperty("layers", out var layers) ? [.. layers.EnumerateArray().Select(Find).OfType<ImageSignature>().Take(MostSignatures)] : [];
    }

    /// <summary>The digest that a payload is signed for; null when it is signed by none of the keys, empty when it names none.</summary>
    public static string? SignedDigest(ReadOnlyMemory<byte> payload, string signature, IReadOnlyList<string> keys) =>
        keys.Any(key => IsSigned(payload.Span, signature, key)) ? DigestIn(payload) : null;

    private static ImageSignature? Find(JsonElement layer) =>
        Text(layer, "mediaType") == PayloadLayer && Text(layer, "digest") is { } digest && ImageReference.IsDigest(digest)
        && layer.TryGetProperty("annotations", out var notes) && Text(notes, SignatureAnnotation) is { } signature
            ? new ImageSignature(digest, signature)
            : null;

    private static bool IsSigned(ReadOnlySpan<byte> payload, string signature, string pem)
    {
        using var key = TryRead(pem);
        var bytes = new byte[signature.Length];
        return key is not null && Convert.TryFromBase64String(signature, bytes, out var length)
            && key.VerifyData(payload, bytes.AsSpan(0, length), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }

    private static string DigestIn(ReadOnlyMemory<byte> payload)
    {
        try
        {
            using var json = JsonDocument.Parse(payload);
            var critical = json.RootElement.GetProperty("critical");
            return Text(critical, "type") == PayloadType ? Text(critical.GetProperty("image"), "docker-manifest-digest") ?? "" : "";
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            // The key signs other things too.
            return "";
        }
    }

    private static ECDsa? TryRead(string pem)
    {
        var key = ECDsa.Create();
        try
        {
            // By its label: a private key, which would be taken too, has no business in a Datacenter.
            if (PemEncoding.TryFind(pem, out var found) && pem[found.Label] == PublicKeyLabel)
            {
                key.ImportSubjectPublicKeyInfo(Convert.FromBase64String(pem[found.Base64Data]), out _);
                if (key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value == NistP256) return key;
            }
        }
        catch (CryptographicException)
        {
            // It is no key.
        }

        key.Dispose();
        return null;
    }

    private static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
