using System.Text;
using System.Text.Json;
using Federation.Domain.Workloads;

namespace Federation.Domain.Tests.Workloads;

public sealed class CanonicalJsonTests
{
    internal static string Canonical(string json)
    {
        using var document = JsonDocument.Parse(json);
        return Encoding.UTF8.GetString(CanonicalJson.Encode(document.RootElement));
    }

    // RFC 8785 section 3.2.2, with the canonical form of section 3.2.4.
    [Fact]
    public void Encode_ExampleOfTheRfc_GivesItsBytes()
    {
        const string Json = """
            {
              "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
              "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
              "literals": [null, true, false]
            }
            """;
        Assert.Equal(
            """{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}""",
            Canonical(Json));
    }

    // RFC 8785 section 3.2.3: UTF-16 order, in which U+1F600 (a surrogate pair) stands before U+FB33.
    [Fact]
    public void Encode_KeysOfTheRfc_AreInUtf16Order()
    {
        const string Json = """{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}""";
        using var document = JsonDocument.Parse(Canonical(Json));
        Assert.Equal(
            ["Carriage Return", "One", "Control", "Latin Small Letter O With Diaeresis", "Euro Sign", "Emoji: Grinning Face", "Hebrew Letter Dalet With Dagesh"],
            document.RootElement.EnumerateObject().Select(m => m.Value.GetString()!));
    }

    // RFC 8785 appendix B: bits of a double and its text.
    [Theory]
    [InlineData(0x0000000000000000, "0")]
    [InlineData(0x8000000000000000, "0")]
    [InlineData(0x0000000000000001, "5e-324")]
    [InlineData(0x8000000000000001, "-5e-324")]
    [InlineData(0x7fefffffffffffff, "1.7976931348623157e+308")]
    [InlineData(0xffefffffffffffff, "-1.7976931348623157e+308")]
    [InlineData(0x4340000000000000, "9007199254740992")]
    [InlineData(0xc340000000000000, "-9007199254740992")]
    [InlineData(0x4430000000000000, "295147905179352830000")]
    [InlineData(0x44b52d02c7e14af5, "9.999999999999997e+22")]
    [InlineData(0x44b52d02c7e14af6, "1e+23")]
    [InlineData(0x44b52d02c7e14af7, "1.0000000000000001e+23")]
    [InlineData(0x444b1ae4d6e2ef4e, "999999999999999700000")]
    [InlineData(0x444b1ae4d6e2ef4f, "999999999999999900000")]
    [InlineData(0x444b1ae4d6e2ef50, "1e+21")]
    [InlineData(0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7")]
    [InlineData(0x3eb0c6f7a0b5ed8d, "0.000001")]
    [InlineData(0x41b3de4355555553, "333333333.3333332")]
    [InlineData(0x41b3de4355555554, "333333333.33333325")]
    [InlineData(0x41b3de4355555555, "333333333.3333333")]
    [InlineData(0x41b3de4355555556, "333333333.3333334")]
    [InlineData(0x41b3de4355555557, "333333333.33333343")]
    [InlineData(0xbecbf647612f3696, "-0.0000033333333333333333")]
    [InlineData(0x43143ff3c1cb0959, "1424953923781206.2")]
    public void Encode_NumberOfTheRfc_HasItsText(ulong bits, string text)
    {
        var value = BitConverter.UInt64BitsToDouble(bits);
        Assert.Equal(text, Canonical(value.ToString("R", System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData("""{"a":1,"a":1}""", "stands twice")]
    [InlineData("""{"x":[{"a":1,"\u0061":2}]}""", "stands twice")]
    [InlineData("""["\ud800"]""", "lone surrogate")]
    [InlineData("""["\ude00\ud83d"]""", "lone surrogate")]
    [InlineData("""{"\udfff":1}""", "lone surrogate")]
    [InlineData("1e400", "beyond what a double holds")]
    [InlineData("[-1e309]", "beyond what a double holds")]
    public void Encode_WithoutCanonicalForm_IsRefused(string json, string why)
    {
        var e = Assert.Throws<FormatException>(() => Canonical(json));
        Assert.Contains(why, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Encode_BrokenUtf8_IsRefused()
    {
        using var document = JsonDocument.Parse((byte[])[(byte)'"', 0xC3, 0x28, (byte)'"']);
        Assert.Throws<FormatException>(() => CanonicalJson.Encode(document.RootElement));
    }

    [Fact]
    public void Encode_NestedTooDeep_IsRefusedWithoutFillingTheStack()
    {
        const int Depth = 200_000;
        var json = new string('[', Depth) + new string(']', Depth);
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = Depth });
        Assert.Throws<FormatException>(() => CanonicalJson.Encode(document.RootElement));
    }

    [Fact]
    public void Encode_NoValue_IsRefused() => Assert.Throws<FormatException>(() => CanonicalJson.Encode(default));
}
