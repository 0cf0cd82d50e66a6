using System.Net;
using System.Text.Json;
using Federation.Application.Ports;
using Federation.Domain.Workloads;

namespace Federation.Cluster.Images;

/// <summary>Requires that an image is signed by whom the datacenter trusts, for the very digest that will run.</summary>
internal static class SignatureCheck
{
    private const int LargestManifest = 256 * 1024;
    private const int LargestPayload = 64 * 1024;

    /// <exception cref="ImageException">It is not, or that cannot be told.</exception>
    public static async Task RequireAsync(RegistryCall call, string digest, ImageSigner signer, CancellationToken cancellation)
    {
        var (untrusted, other) = (0, (string?)null);
        foreach (var one in await ListAsync(call, digest, signer, cancellation))
        {
            using var answer = await call.SendAsync(HttpMethod.Get, $"blobs/{one.Payload}", cancellation);
            call.RequireSuccess(answer);
            var signed = SimpleSigning.SignedDigest(await call.ReadAsync(answer, LargestPayload, cancellation), one.Signature, signer.Keys);
            if (signed == digest) return;
            if (signed is null) untrusted++;
            else other = signed;
        }

        if (other is not null)
        {
            // No digest is told, here and below: a tag may mean another one at each look, and each would be a write of the lease's status.
            var what = ImageReference.IsDigest(other) ? "another one" : "no image";
            throw new ImageException("SignatureForAnotherDigest", $"what is signed beside it is {what}; sign this image, or run the one that is signed");
        }

        throw untrusted == 0
            ? Missing(signer)
            : new ImageException("SignatureUntrusted", $"it is signed, and not by a key that this datacenter trusts for {signer.Prefix} (spec.images.signatures of its Datacenter)");
    }

    private static async Task<IReadOnlyList<ImageSignature>> ListAsync(RegistryCall call, string digest, ImageSigner signer, CancellationToken cancellation)
    {
        using var answer = await call.SendAsync(HttpMethod.Get, $"manifests/{SimpleSigning.TagOf(digest)}", cancellation);
        if (answer.StatusCode == HttpStatusCode.NotFound) throw Missing(signer);
        call.RequireSuccess(answer);
        try
        {
            return SimpleSigning.Read(await call.ReadAsync(answer, LargestManifest, cancellation));
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new ImageException("SignatureInvalid", $"registry {call.Image.Registry} has a list of signatures for it that cannot be read; sign it again", error);
        }
    }

    private static ImageException Missing(ImageSigner signer) =>
        new("SignatureMissing", $"it is not signed, and this datacenter runs of {signer.Prefix} only what is; sign it with one of its keys as cosign sign --key --new-bundle-format=false does");
}
