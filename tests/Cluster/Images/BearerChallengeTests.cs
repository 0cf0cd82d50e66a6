using System.Net.Http.Headers;
using Federation.Cluster.Images;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Cluster.Tests.Images;

public sealed class BearerChallengeTests
{
    [Theory]
    [InlineData("""Bearer realm="https://auth.example/token",service="registry.example",scope="repository:other:pull,push" """, "https://auth.example/token?scope=repository%3Aa%2Fb%3Apull&service=registry.example")]
    [InlineData("""bearer  realm="https://auth.example/token?a=b" , service=plain""", "https://auth.example/token?a=b&scope=repository%3Aa%2Fb%3Apull&service=plain")]
    [InlineData("""Bearer service="a \"b\", c&d=e",realm="https://auth.example/" """, "https://auth.example/?scope=repository%3Aa%2Fb%3Apull&service=a%20%22b%22%2C%20c%26d%3De")]
    [InlineData("""Bearer realm="https://auth.example/" """, "https://auth.example/?scope=repository%3Aa%2Fb%3Apull")]
    public void Challenge_LeadsToItsTokens(string header, string url) => Assert.Equal(url, Find(header)!.UrlFor("a/b").AbsoluteUri);

    [Theory]
    [InlineData("Basic realm=\"https://auth.example/\"")]
    [InlineData("Bearer")]
    [InlineData("Bearer realm=")]
    [InlineData("Bearer realm=\"/token\"")]
    [InlineData("Bearer realm=\"file:///etc/passwd\"")]
    [InlineData("Bearer realm=\"https://user:word@auth.example/\"")]
    [InlineData("Bearer service=\"x\"")]
    public void WhatLeadsNowhere_IsNoChallenge(string header) => Assert.Null(Find(header));

    [Fact]
    public void WhateverARegistrySays_DoesNoHarm() => Prop.ForAll(ArbMap.Default.ArbFor<string>(), text =>
        Find($"Bearer realm=\"https://auth.example/\",{text}") is null or { Realm.Host: "auth.example" }).QuickCheckThrowOnFailure();

    private static BearerChallenge? Find(string header)
    {
        using var answer = new HttpResponseMessage();
        answer.Headers.TryAddWithoutValidation("WWW-Authenticate", header);
        return BearerChallenge.Find(answer.Headers.WwwAuthenticate);
    }
}
