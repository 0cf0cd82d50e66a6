using Federation.Application.Access;
using Federation.Testing;

namespace Federation.Application.Tests.Access;

public sealed class CredentialTests
{
    private const string Someone = "0x00000000000000000000000000000000000000a1";

    private readonly FakeClock clock = new();
    private readonly byte[] secret = [.. Enumerable.Range(0, TenantCredentials.SecretBytes).Select(i => (byte)i)];

    [Fact]
    public void Credential_IsReadByEveryReplica_UntilItEnds()
    {
        var token = new TenantCredentials(secret, "1 manager north").Issue(Someone.ToUpperInvariant().Replace('X', 'x'), clock.GetUtcNow().AddMinutes(1));
        var other = new TenantCredentials(secret, "1 manager north");
        Assert.Equal(new TenantCredential(Someone, clock.GetUtcNow().AddMinutes(1)), other.Read(token, clock.GetUtcNow()));
        Assert.NotNull(other.Read(token, clock.GetUtcNow().AddSeconds(59)));
        Assert.Null(other.Read(token, clock.GetUtcNow().AddSeconds(60)));
    }

    [Theory]
    [InlineData("10 manager north")]
    [InlineData("1 other north")]
    [InlineData("1 manager south")]
    public void Credential_OfAnotherChainContractOrDatacenter_IsNone(string audience)
    {
        var token = new TenantCredentials(secret, "1 manager north").Issue(Someone, clock.GetUtcNow().AddMinutes(1));
        Assert.Null(new TenantCredentials(secret, audience).Read(token, clock.GetUtcNow()));
    }

    [Fact]
    public void Credential_WithAnyBitChanged_IsNone()
    {
        var credentials = new TenantCredentials(secret, "1 manager north");
        var token = credentials.Issue(Someone, clock.GetUtcNow().AddMinutes(1));
        for (var i = 0; i < token.Length; i++)
            foreach (var c in "AQgw.-_ é0")
                if (c != token[i]) Assert.Null(credentials.Read(token[..i] + c + token[(i + 1)..], clock.GetUtcNow()));
        for (var i = 0; i < token.Length; i++) Assert.Null(credentials.Read(token[..i], clock.GetUtcNow()));
        Assert.Null(credentials.Read(token + new string('A', 500), clock.GetUtcNow()));
    }
}
