using System.Globalization;
using System.Numerics;
using Federation.Ethereum.Cryptography;
using Federation.Ethereum.Signing;
using Federation.Ethereum.Tests.Tools;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Ethereum.Tests.Cryptography;

public sealed class SigningTests(ViemOracle viem)
{
    private static readonly BigInteger Order =
        BigInteger.Parse("0fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    [Fact]
    public async Task SignMessage_RandomMessages_AgreesWithViem()
    {
        var random = new RandomValues(41);
        var cases = Enumerable.Range(0, 200).Select(_ => (Key: random.Word(), Message: random.Bytes(random.Next(300)))).ToArray();

        var answers = await viem.AskAsync(cases.Select(c => new { op = "message", key = c.Key.ToString(), data = Hex.Encode(c.Message) }));

        for (var i = 0; i < cases.Length; i++)
        {
            using var signer = new LocalSigner(cases[i].Key.Span);
            Assert.Equal(answers[i], (await signer.SignMessageAsync(cases[i].Message)).ToString());
        }
    }

    [Fact]
    public async Task SignMessage_Samples_AgreeWithCast()
    {
        var random = new RandomValues(42);
        for (var i = 0; i < 5; i++)
        {
            var key = random.Word();
            using var signer = new LocalSigner(key.Span);

            var signature = await Cast.RunAsync("wallet", "sign", "--private-key", key.ToString(), "message " + i);

            Assert.Equal(signature, signer.SignDigest(PersonalMessage.Digest("message " + i)).ToString());
            Assert.Equal(await Cast.RunAsync("wallet", "address", "--private-key", key.ToString()), signer.Address.ToString());
        }
    }

    [Fact]
    public void Recover_OwnSignature_IsTheSigner() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll<int>(seed =>
    {
        var random = new RandomValues(seed);
        var digest = random.Word();
        using var signer = LocalSigner.Generate();
        var signature = signer.SignDigest(digest);
        return signature.IsLowS
            && Recovery.Recover(digest, Signature.Parse(signature.ToArray())) == signer.Address
            && !Recovery.IsSignedBy(random.Word(), signature, signer.Address);
    }));

    [Fact]
    public void Recover_TwinWithHighS_IsRefused()
    {
        using var signer = LocalSigner.Generate();
        var digest = Keccak256.Hash("twin");
        var signature = signer.SignDigest(digest);
        var high = (Order - signature.S.ToBigInteger()).ToByteArray(isUnsigned: true, isBigEndian: true);
        var twin = new Signature(signature.R, new Bytes32(high), (byte)(1 - signature.YParity));

        Assert.False(Recovery.IsSignedBy(digest, twin, signer.Address));
        Assert.Contains("upper half", Assert.Throws<SignatureException>(() => Recovery.Recover(digest, twin)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Recover_AnyBytes_NeverCrashes() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000), Prop.ForAll<int>(seed =>
    {
        var random = new RandomValues(seed);
        var (r, s) = (random.Next(5) == 0 ? Bytes32.Zero : random.Word(), random.Next(5) == 0 ? Bytes32.Zero : random.Word());
        try
        {
            Recovery.Recover(random.Word(), new Signature(r, s, (byte)random.Next(4)));
        }
        catch (SignatureException)
        {
            // The one exception that callers must expect.
        }
        return true;
    }));

    [Theory]
    [InlineData("0x0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")]
    [InlineData("0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    [InlineData("0x1234")]
    public void LocalSigner_InvalidKey_IsRefusedWithoutRepeatingIt(string key)
    {
        var fault = Assert.Throws<SignatureException>(() => LocalSigner.FromHex(key));
        Assert.DoesNotContain(key[2..], fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LocalSigner_Disposed_HasNoKeyAndPrintsNone()
    {
        var key = new RandomValues(43).Word();
        var signer = new LocalSigner(key.Span);
        Assert.DoesNotContain(key.ToString()[2..], signer.ToString(), StringComparison.OrdinalIgnoreCase);

        signer.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => signer.SignMessageAsync(new byte[1]));
    }

    [Fact]
    public async Task Sign_FromManyThreads_IsRight()
    {
        using var signer = LocalSigner.Generate();
        await Parallel.ForAsync(0, 2000, (i, _) =>
        {
            var digest = Keccak256.Hash(i.ToString(CultureInfo.InvariantCulture));
            Assert.True(Recovery.IsSignedBy(digest, signer.SignDigest(digest), signer.Address));
            return ValueTask.CompletedTask;
        });
    }
}
