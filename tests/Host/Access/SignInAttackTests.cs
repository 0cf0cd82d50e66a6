using System.Globalization;
using System.Numerics;
using Federation.Ethereum;
using Federation.Ethereum.Cryptography;
using Federation.Ethereum.Signing;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Host.Tests.Access;

/// <summary>Sign-ins that are none, by everybody who may try.</summary>
[Collection(AccessCollection.Name)]
public sealed class SignInAttackTests(AccessWorld world)
{
    private static readonly BigInteger Order = BigInteger.Parse("0fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    [Fact]
    public async Task Tenant_SignsIn_AndItsCredentialOpensItsLease()
    {
        var text = (await world.InvitedAsync(world.Tenant.Address.ToString())).ToText();
        var (status, body) = await world.SignInAsync(text, AccessWorld.SignedBy(world.Tenant, text));
        Assert.True(status == 200, body.ToString());
        Assert.Equal([world.Own.Id.Namespace], body.GetProperty("namespaces").EnumerateArray().Select(n => n.GetString()));
        Assert.Equal(world.Endpoint.AbsoluteUri.TrimEnd('/') + "/cluster", body.GetProperty("server").GetString());
        Assert.InRange(body.GetProperty("expiresAt").GetDateTimeOffset() - TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(59), TimeSpan.FromHours(1));

        // As a kubeconfig's plugin prints it.
        var credential = body.GetProperty("credential");
        Assert.Equal(("client.authentication.k8s.io/v1", "ExecCredential"), (credential.GetProperty("apiVersion").GetString(), credential.GetProperty("kind").GetString()));
        var token = credential.GetProperty("status").GetProperty("token").GetString()!;
        Assert.Equal(200, (await world.GetAsync($"/cluster/api/v1/namespaces/{world.Own.Id.Namespace}/pods", token)).Status);
    }

    [Fact]
    public async Task Credential_EndsWithTheMessage()
    {
        var now = TimeProvider.System.GetUtcNow();
        var text = (await world.InvitedAsync(world.Tenant.Address.ToString()) with { ExpirationTime = now.AddSeconds(90) }).ToText();
        var (_, body) = await world.SignInAsync(text, AccessWorld.SignedBy(world.Tenant, text));
        Assert.InRange(body.GetProperty("expiresAt").GetDateTimeOffset(), now.AddSeconds(88), now.AddSeconds(91));
    }

    public static TheoryData<string, int, string> BadMessages => new()
    {
        { "expired", 400, "ended at" },
        { "not yet", 400, "see to the clock" },
        { "from the future", 400, "see to the clock" },
        { "of long ago", 400, "sign a new one" },
        { "foreign domain", 400, "is for evil.example" },
        { "foreign URI", 400, "a sign-in here is for" },
        { "URI of a lease", 400, "a sign-in here is for" },
        { "wrong chain", 400, "is for chain 1," },
        { "invented nonce", 401, "The nonce is not one of this replica's" },
        { "changed nonce", 401, "The nonce is not one of this replica's" },
    };

    [Theory]
    [MemberData(nameof(BadMessages))]
    public async Task Message_ThatIsNotForNowAndHere_IsRefused(string what, int expected, string why)
    {
        var good = await world.InvitedAsync(world.Tenant.Address.ToString());
        var now = good.IssuedAt;
        var text = (what switch
        {
            "expired" => good with { ExpirationTime = now.AddSeconds(-1) },
            "not yet" => good with { NotBefore = now.AddMinutes(2) },
            "from the future" => good with { IssuedAt = now.AddMinutes(2) },
            "of long ago" => good with { IssuedAt = now.AddMinutes(-7) },
            "foreign domain" => good with { Domain = "evil.example" },
            "foreign URI" => good with { Uri = "https://evil.example/v1/login" },
            "URI of a lease" => good with { Uri = good.Uri.Replace("/login", "/leases/0x00", StringComparison.Ordinal) },
            "wrong chain" => good with { ChainId = 1 },
            "invented nonce" => good with { Nonce = new string('a', 64) },
            _ => good with { Nonce = (good.Nonce[0] == '0' ? "1" : "0") + good.Nonce[1..] },
        }).ToText();
        var (status, body) = await world.SignInAsync(text, AccessWorld.SignedBy(world.Tenant, text));
        Assert.Equal(expected, status);
        Assert.Contains(why, body.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replayed_EvenAtTheSameMoment_IsGoodOnce()
    {
        var text = (await world.InvitedAsync(world.Tenant.Address.ToString())).ToText();
        var signature = AccessWorld.SignedBy(world.Tenant, text);
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => world.SignInAsync(text, signature)));
        Assert.Single(answers, a => a.Status == 200);
        Assert.All(answers.Where(a => a.Status != 200), a => Assert.Equal((401, "NonceUsed"), (a.Status, a.Body.GetProperty("reason").GetString())));
    }

    [Fact]
    public async Task Malleable_TwinOfASignature_IsRefused()
    {
        var text = (await world.InvitedAsync(world.Tenant.Address.ToString())).ToText();
        var low = Signature.Parse(AccessWorld.SignedBy(world.Tenant, text));
        var high = new Signature(low.R, new Bytes32((Order - low.S.ToBigInteger()).ToByteArray(isUnsigned: true, isBigEndian: true)), (byte)(1 - low.YParity));
        Assert.False(high.IsLowS);
        var (status, body) = await world.SignInAsync(text, high.ToString());
        Assert.Equal((401, "SignatureInvalid"), (status, body.GetProperty("reason").GetString()));
        Assert.Equal(200, (await world.SignInAsync(text, low.ToString())).Status);
    }

    [Fact]
    public async Task SignedByAnother_OrAsAnotherText_IsRefused()
    {
        var text = (await world.InvitedAsync(world.Tenant.Address.ToString())).ToText();
        foreach (var signature in new[] { AccessWorld.SignedBy(world.Other, text), AccessWorld.SignedBy(world.Tenant, text + " "), world.Tenant.SignDigest(Keccak256.Hash(System.Text.Encoding.UTF8.GetBytes(text))).ToString(), "0x", "0x00", "junk" })
        {
            var (status, body) = await world.SignInAsync(text, signature);
            Assert.Equal((401, "SignatureInvalid"), (status, body.GetProperty("reason").GetString()));
        }
    }

    [Fact]
    public async Task Stranger_WithoutALease_GetsNothing_AndLeavesNothing()
    {
        var before = world.Desk.Remembered;
        var stranger = LocalSigner.Generate();
        var text = (await world.InvitedAsync(stranger.Address.ToString())).ToText();
        var (status, body) = await world.SignInAsync(text, AccessWorld.SignedBy(stranger, text));
        Assert.Equal((403, "LeaseMissing"), (status, body.GetProperty("reason").GetString()));
        Assert.Equal(before, world.Desk.Remembered);
    }

    [Fact]
    public async Task ContractWallet_SignsIn_AsItsContractSays()
    {
        var text = (await world.InvitedAsync(world.Wallet)).ToText();
        Assert.Equal(401, (await world.SignInAsync(text, "0x2b" + new string('0', 128))).Status);
        Assert.Equal(401, (await world.SignInAsync(text, AccessWorld.SignedBy(world.Tenant, text) is var s && s.StartsWith("0x2a", StringComparison.Ordinal) ? "0x" : s)).Status);
        Assert.Equal(200, (await world.SignInAsync(text, "0x2a" + new string('0', 128))).Status);
        Assert.Equal(401, (await world.SignInAsync(text, "0x2a" + new string('0', 128))).Status);
    }

    [Fact]
    public async Task NotAMessage_NotABody_TooLong_AreRefused()
    {
        Assert.Equal(400, (await world.SignInAsync("let me in", "0x00")).Status);
        Assert.Equal(400, (await world.SignInAsync("", "0x00")).Status);
        Assert.Equal(413, (await world.SignInAsync(new string('x', 40_000), "0x00")).Status);
        using var text = await world.Http.PostAsync("v1/login", new StringContent("{}"));
        Assert.Equal(415, (int)text.StatusCode);
    }

    // 1,000 at once, of a tenant that has one nonce each: what is remembered has an end, and so has what is let in.
    [Fact]
    public async Task ThousandLoginsAtOnce_StayWithinBounds()
    {
        var tenant = world.Other;
        var messages = await Task.WhenAll(Enumerable.Range(0, 1000).Select(async _ => (await world.InvitedAsync(tenant.Address.ToString())).ToText()));
        var signatures = messages.Select(m => AccessWorld.SignedBy(tenant, m)).ToArray();
        GC.Collect();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var answers = await Task.WhenAll(messages.Zip(signatures, world.SignInAsync));
        Assert.InRange(answers.Count(a => a.Status == 200), 1, 60);
        Assert.All(answers.Where(a => a.Status != 200), a => Assert.Equal((429, "TooManySignIns"), (a.Status, a.Body.GetProperty("reason").GetString())));
        Assert.InRange(world.Desk.Remembered, 1, 200);
        answers = [];
        // Of the whole process: what other tests hold meanwhile they let go.
        await Eventually.TrueAsync(() => GC.GetTotalMemory(forceFullCollection: true) - before <= 32L << 20, 60);
    }
}
