using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Federation.Cluster.Tests.Support;

/// <summary>Who signs images, as cosign does.</summary>
internal sealed class ImageKey : IDisposable
{
    /// <summary>A good key that has signed nothing.</summary>
    public const string Another = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEFNLqFhf4fiN6o/glAuYnq2jYUeL0
        vRuLu/z39pmbVwS9ff5AYnlwaP9sxREajdLY9ynM6G1sy6AAmb7Z63TsLg==
        -----END PUBLIC KEY-----
        """;

    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public string Pem => key.ExportSubjectPublicKeyInfoPem();

    /// <param name="size">Bytes that the payload is longer.</param>
    public Signed Sign(string digest, string type = "cosign container image signature", int size = 0)
    {
        var payload = Encoding.UTF8.GetBytes(new JsonObject
        {
            ["critical"] = new JsonObject
            {
                ["identity"] = new JsonObject { ["docker-reference"] = "elsewhere.example/x" },
                ["image"] = new JsonObject { ["docker-manifest-digest"] = digest },
                ["type"] = type,
            },
            ["optional"] = new JsonObject { ["note"] = new string('x', size) },
        }.ToJsonString());
        return new Signed(payload, Convert.ToBase64String(key.SignData(payload, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)));
    }

    /// <summary>What stands at an image's tag of signatures.</summary>
    public static JsonObject Manifest(params Signed[] signed) => new()
    {
        ["schemaVersion"] = 2,
        ["mediaType"] = "application/vnd.oci.image.manifest.v1+json",
        ["config"] = new JsonObject { ["mediaType"] = "application/vnd.oci.image.config.v1+json", ["size"] = 2, ["digest"] = "sha256:" + Convert.ToHexStringLower(SHA256.HashData("{}"u8)) },
        ["layers"] = new JsonArray([.. signed.Select(s => new JsonObject
        {
            ["mediaType"] = "application/vnd.dev.cosign.simplesigning.v1+json",
            ["size"] = s.Payload.Length,
            ["digest"] = s.Digest,
            ["annotations"] = new JsonObject { ["dev.cosignproject.cosign/signature"] = s.Signature },
        })]),
    };

    public void Dispose() => key.Dispose();

    internal sealed record Signed(byte[] Payload, string Signature)
    {
        public string Digest => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Payload));
    }
}
