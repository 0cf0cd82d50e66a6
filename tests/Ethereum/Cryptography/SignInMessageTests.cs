using System.Text.Json;
using System.Text.Json.Serialization;
using Federation.Ethereum.Cryptography;
using Federation.Ethereum.Tests.Tools;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Ethereum.Tests.Cryptography;

public sealed class SignInMessageTests(ViemOracle viem)
{
    private static readonly JsonSerializerOptions Omit = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    [Fact]
    public async Task ToText_RandomMessages_AgreesWithViemAndReadsBack()
    {
        var random = new RandomValues(51);
        var messages = Enumerable.Range(0, 200).Select(_ => Any(random)).ToArray();

        var answers = await viem.AskAsync(messages.Select(m => new { op = "signIn", message = Json(m) }));

        for (var i = 0; i < messages.Length; i++)
        {
            Assert.Equal(answers[i], messages[i].ToText());
            Assert.Equal(answers[i], SignInMessage.Parse(answers[i]).ToText());
        }
    }

    [Theory]
    [InlineData("wants you", "begs you", "first line")]
    [InlineData("Version: 1", "Version: 2", "version")]
    [InlineData("Nonce: 32891756", "Nonce: 3289", "nonce")]
    [InlineData("Chain ID: 1", "Chain ID: -1", "chain id")]
    [InlineData("URI: https://example.com", "URI: no uri", "URI")]
    [InlineData("2021-09-30T16:25:24Z", "2021-09-30 16:25", "RFC 3339")]
    [InlineData("2021-09-30T16:25:24Z", "2021-09-30T16:25:24", "RFC 3339")]
    [InlineData("0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2", "0xc02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2", "checksum")]
    [InlineData("\n\nI accept", "\nI accept", "blank")]
    [InlineData("Issued At", "Issued", "Issued At")]
    [InlineData("24Z", "24Z\nExtra: 1", "no place")]
    public void Parse_Wrong_NamesTheFault(string from, string to, string words)
    {
        const string Message = """
            example.com wants you to sign in with your Ethereum account:
            0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2

            I accept

            URI: https://example.com
            Version: 1
            Chain ID: 1
            Nonce: 32891756
            Issued At: 2021-09-30T16:25:24Z
            """;
        Assert.Equal("I accept", SignInMessage.Parse(Message).Statement);

        var fault = Assert.Throws<FormatException>(() => SignInMessage.Parse(Message.Replace(from, to, StringComparison.Ordinal)));
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ToText_MemberWithALineBreak_IsRefused()
    {
        var message = Any(new RandomValues(52)) with { Statement = "yes\n\nURI: https://evil.example" };
        Assert.Throws<FormatException>(() => message.ToText());
    }

    [Fact]
    public void Parse_AnyText_OnlyThrowsFormatException() => Prop.ForAll<NonNull<string>>(text =>
    {
        try
        {
            SignInMessage.Parse(text.Get);
        }
        catch (FormatException)
        {
            // The one exception that callers must expect.
        }
        return true;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void IsTimely_OutsideItsTimes_IsFalse()
    {
        var start = DateTimeOffset.UnixEpoch;
        var message = Any(new RandomValues(53)) with { NotBefore = start, ExpirationTime = start.AddHours(1) };

        Assert.False(message.IsTimely(start.AddTicks(-1)));
        Assert.True(message.IsTimely(start));
        Assert.False(message.IsTimely(start.AddHours(1)));
    }

    private static SignInMessage Any(RandomValues random) => new()
    {
        Domain = $"host{random.Next(100)}.example:{1 + random.Next(65000)}",
        Address = random.Address(),
        Statement = random.Next(2) == 0 ? null : "Statement " + random.Next(1000),
        Uri = $"https://host.example/path{random.Next(1000)}",
        ChainId = 1 + (ulong)random.Next(1_000_000),
        Nonce = Convert.ToHexStringLower(random.Bytes(8)),
        IssuedAt = DateTimeOffset.FromUnixTimeMilliseconds(1_600_000_000_000 + random.Next(int.MaxValue)),
        ExpirationTime = random.Next(2) == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000 + random.Next(int.MaxValue)),
        RequestId = random.Next(2) == 0 ? null : "request-" + random.Next(1000),
        Resources = [.. Enumerable.Range(0, random.Next(3)).Select(i => $"https://host.example/resource{i}")],
    };

    private static JsonElement Json(SignInMessage message) => JsonSerializer.SerializeToElement(
        new
        {
            domain = message.Domain,
            address = message.Address,
            statement = message.Statement,
            uri = message.Uri,
            version = "1",
            chainId = message.ChainId,
            nonce = message.Nonce,
            issuedAt = message.IssuedAt.ToUnixTimeMilliseconds(),
            expirationTime = message.ExpirationTime?.ToUnixTimeMilliseconds(),
            requestId = message.RequestId,
            resources = message.Resources.Count > 0 ? message.Resources : null,
        },
        Omit);
}
