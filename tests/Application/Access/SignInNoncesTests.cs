using Federation.Application.Access;
using Federation.Testing;

namespace Federation.Application.Tests.Access;

public sealed class SignInNoncesTests
{
    private readonly FakeClock clock = new();

    [Fact]
    public void Nonce_IsUsedOnce_AndNotAfterItsEnd()
    {
        var nonces = new SignInNonces(clock);
        var (first, ends) = nonces.Next();
        Assert.Equal(clock.GetUtcNow() + SignInNonces.Life, ends);
        Assert.Equal("", nonces.Use(first, "a"));
        Assert.Equal(AccessReasons.NonceUsed, nonces.Use(first, "a"));
        Assert.Equal(AccessReasons.NonceUsed, nonces.Use(first, "b"));

        var (second, _) = nonces.Next();
        clock.Advance(SignInNonces.Life);
        Assert.False(nonces.IsGood(second));
        Assert.Equal(AccessReasons.NonceInvalid, nonces.Use(second, "a"));
        Assert.Equal(AccessReasons.NonceInvalid, nonces.Use(first, "a"));
    }

    // So that what one replica took is not taken again by the next.
    [Fact]
    public void Nonce_OfAnotherReplica_IsNone() => Assert.Equal(AccessReasons.NonceInvalid, new SignInNonces(clock).Use(new SignInNonces(clock).Next().Nonce, "a"));

    [Fact]
    public void Nonce_WithADigitChanged_IsNone()
    {
        var nonces = new SignInNonces(clock);
        var (nonce, _) = nonces.Next();
        for (var i = 0; i < nonce.Length; i++) Assert.False(nonces.IsGood(nonce[..i] + (nonce[i] == 'a' ? 'b' : 'a') + nonce[(i + 1)..]));
        Assert.False(nonces.IsGood(nonce.ToUpperInvariant()));
        Assert.False(nonces.IsGood(nonce + "00"));
        Assert.False(nonces.IsGood(""));
    }

    [Fact]
    public void WhatIsRemembered_HasAnEnd_ForEachAndForAll_AndIsForgotten()
    {
        var nonces = new SignInNonces(clock, mostPerAddress: 3, most: 10);
        for (var i = 0; i < 20; i++) nonces.Next();
        Assert.Equal(0, nonces.Remembered);
        Assert.Equal(["", "", "", AccessReasons.TooManySignIns], Enumerable.Range(0, 4).Select(_ => nonces.Use(nonces.Next().Nonce, "a")));
        Assert.Equal("", nonces.Use(nonces.Next().Nonce, "b"));
        for (var i = 0; i < 20; i++) nonces.Use(nonces.Next().Nonce, $"c{i}");
        Assert.Equal(10, nonces.Remembered);
        clock.Advance(SignInNonces.Life);
        Assert.Equal("", nonces.Use(nonces.Next().Nonce, "a"));
        Assert.Equal(1, nonces.Remembered);
    }
}
