using System.Security.Cryptography;
using System.Text;
using Federation.Cluster.Images;
using Federation.Cluster.Tests.Support;

namespace Federation.Cluster.Tests.Images;

public sealed class SimpleSigningTests
{
    // Made by cosign itself: signature/fixtures/dir-img-cosign-valid and cosign.pub of github.com/containers/image, Apache 2.0.
    private const string Payload =
        """{"critical":{"identity":{"docker-reference":"192.168.64.2:5000/cosign-signed-single-sample"},"image":{"docker-manifest-digest":"sha256:634a8f35b5f16dcf4aaa0822adc0b1964bb786fca12f6831de8ddc45e5986a00"},"type":"cosign container image signature"},"optional":null}""";

    private const string Signature = "MEYCIQDmtamqYPjMg81nqeBhptrPls44aA/r7PwLmspINJY4MwIhANKRpqe2E9UCBtGFdPoz/8jAbaQm4uP4h+IpwKTE6ClR";

    [Fact]
    public void WhatCosignSigned_IsSigned_AndNothingElse()
    {
        using var other = new ImageKey();
        Assert.Equal("sha256:634a8f35b5f16dcf4aaa0822adc0b1964bb786fca12f6831de8ddc45e5986a00", Read(Payload, Signature, other.Pem, ImageKey.Another));
        Assert.Null(Read(Payload, Signature, other.Pem));
        Assert.Null(Read(Payload + " ", Signature, ImageKey.Another));
        Assert.Null(Read(Payload, Signature[..^4] + "AAAA", ImageKey.Another));
        Assert.Null(Read(Payload, "", ImageKey.Another));
    }

    [Theory]
    [InlineData("""{"critical":{"type":"cosign container image signature"}}""")]
    [InlineData("""{"critical":{"image":{"docker-manifest-digest":7},"type":"cosign container image signature"}}""")]
    [InlineData("""{"critical":7}""")]
    [InlineData("[]")]
    [InlineData("a release note")]
    public void WhatAKeySignedBesides_NamesNoImage(string payload)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var signature = Convert.ToBase64String(key.SignData(Encoding.UTF8.GetBytes(payload), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        Assert.Equal("", Read(payload, signature, key.ExportSubjectPublicKeyInfoPem()));
    }

    [Fact]
    public void Keys_ArePublic_AndOfP256()
    {
        Assert.True(SimpleSigning.IsKey(ImageKey.Another + "\n"));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var wide = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var rsa = RSA.Create(2048);
        string[] wrong = [key.ExportPkcs8PrivateKeyPem(), key.ExportECPrivateKeyPem(), wide.ExportSubjectPublicKeyInfoPem(), rsa.ExportSubjectPublicKeyInfoPem(), "", "x", ImageKey.Another.Replace("FNLq", "AAAA", StringComparison.Ordinal)];
        Assert.All(wrong, pem => Assert.False(SimpleSigning.IsKey(pem), pem));
    }

    private static string? Read(string payload, string signature, params string[] keys) => SimpleSigning.SignedDigest(Encoding.UTF8.GetBytes(payload), signature, keys);
}
