using System.Globalization;
using Federation.Domain.Hostnames;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Domain.Tests.Hostnames;

public sealed class HostnameTests
{
    // As hosts, addresses, or with what a proxy's configuration would obey.
    private static readonly string[] Labels =
        ["shop", "SHOP", "a", "xn--bcher-kva", "xn--", "xn--a", "ab--c", "-a", "a-", "localhost", "local", "internal", "svc", "com", "127", "0x7f", "*", "bücher", "Ünïcode", "ß", "", "a b", "x;y", "{{", "\n", "\0", "a_b", new('a', 63), new('a', 64)];

    private static readonly Gen<string> Texts = Gen.OneOf(
        Gen.Elements(Labels).ListOf().Select(labels => string.Join('.', labels)),
        Gen.Elements(Labels).ListOf().Select(labels => string.Join('.', labels) + "."),
        ArbMap.Default.GeneratorFor<string>().Select(text => text ?? ""));

    [Theory]
    [InlineData("shop.example.org")]
    [InlineData("SHOP.Example.Org.")]
    [InlineData("a.b")]
    [InlineData("1.2.3.example")]
    [InlineData("xn--bcher-kva.example")]
    [InlineData("xn--nxasmq6b.example")]
    public void Fault_OfAHostname_IsNone(string text) => Assert.Null(Hostname.Fault(text));

    [Theory]
    [InlineData("bücher.example", "'xn--bcher-kva.example'")]
    [InlineData("BÜCHER.example", "'xn--bcher-kva.example'")]
    [InlineData("*.example.org", "wildcard")]
    [InlineData("192.0.2.7", "address")]
    [InlineData("2130706433.127", "address")]
    [InlineData("a.0x7f", "address")]
    [InlineData("2001:db8::1", "address")]
    [InlineData("shop.localhost", "inner networks")]
    [InlineData("kubernetes.default.svc", "inner networks")]
    [InlineData("a.default.svc.cluster.local", "inner networks")]
    [InlineData("metadata.google.internal", "inner networks")]
    [InlineData("shop", "no domain")]
    [InlineData("shop.example.org\n", "no hostname")]
    [InlineData("shop.example.org..", "no hostname")]
    [InlineData("a_b.example.org", "no hostname")]
    [InlineData("xn--shop-.example", "no hostname")]
    [InlineData("xn--cher-fna.example", "no encoded Unicode")]
    [InlineData("xn--ab-r13a.example", "no encoded Unicode")]
    [InlineData("xn--i-7iq.example", "no encoded Unicode")]
    [InlineData("xn--a.example", "no encoded Unicode")]
    [InlineData("xn--99999999.example", "no encoded Unicode")]
    [InlineData("r3--x.example", "no encoded Unicode")]
    public void Fault_OfWhatIsNone_SaysWhy(string text, string why) => Assert.Contains(why, Hostname.Fault(text), StringComparison.Ordinal);

    [Theory]
    [InlineData(253, true)]
    [InlineData(254, false)]
    public void Fault_OfALongName_IsItsLength(int length, bool isFine)
    {
        var name = string.Join('.', Enumerable.Repeat(new string('a', 63), 4))[..(length - 2)] + ".b";
        Assert.Equal(length, name.Length);
        Assert.Equal(isFine, Hostname.Fault(name) is null);
        Assert.Equal(isFine, Hostname.Fault(name + ".") is null);
    }

    [Fact]
    public void Canonical_IsTheSameForAllSpellings_AndStaysWhatItIs() => Prop.ForAll(Texts.ToArbitrary(), text =>
    {
        var canonical = Hostname.Canonical(text);
        if (Hostname.Fault(text) is not null) return true;
        return Hostname.Canonical(canonical) == canonical && Hostname.Fault(canonical) is null
            && Hostname.Canonical(text.ToUpperInvariant()) == canonical && Hostname.Canonical(canonical + ".") == canonical;
    }).QuickCheckThrowOnFailure();

    // Whoever obeys a hostname (a certificate, a proxy's configuration, an object's name) reads it by these letters alone.
    [Fact]
    public void WhatIsAccepted_HoldsNothingButLettersDigitsHyphensAndDots() => Prop.ForAll(Texts.ToArbitrary(), text =>
    {
        if (Hostname.Fault(text) is not null) return true;
        var labels = Hostname.Canonical(text).Split('.');
        return labels.Length > 1 && labels.Sum(l => l.Length + 1) <= 254
            && labels.All(l => l.Length is > 0 and <= 63 && l[0] != '-' && l[^1] != '-' && l.All(c => c is >= 'a' and <= 'z' or >= '0' and <= '9' or '-'))
            && !System.Net.IPAddress.TryParse(text, out _);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Fault_OfAnyText_IsShort_AndHoldsNoControlCharacter() => Prop.ForAll(Texts.ToArbitrary(), text =>
        Hostname.Fault(text) is not { } fault || (fault.Length < 400 && !fault.Any(char.IsControl))).QuickCheckThrowOnFailure();

    [Fact]
    public void EncodedUnicode_IsAccepted_InItsOneForm()
    {
        foreach (var word in new[] { "bücher", "δοκιμή", "пример", "例え", "उदाहरण", "faß" })
        {
            var encoded = new IdnMapping().GetAscii(word);
            Assert.Null(Hostname.Fault($"{encoded}.example"));
            Assert.NotNull(Hostname.Fault($"{word}.example"));
        }
    }

    [Theory]
    [InlineData("example.org", true)]
    [InlineData("a.b.example.org", true)]
    [InlineData("badexample.org", false)]
    [InlineData("org", false)]
    public void IsWithin_GoesByLabels(string name, bool expected) => Assert.Equal(expected, Hostname.IsWithin(name, "example.org"));
}
