using System.Globalization;
using System.Text.Json;

namespace Federation.Host.Tests.Support;

/// <summary>What a program logs for those who collect it.</summary>
internal static class JsonLines
{
    /// <summary>Each line is an object with its time and what it says, and has none of the secrets.</summary>
    public static IReadOnlyList<JsonElement> Read(IReadOnlyCollection<string> lines, params string[] secrets) => [.. lines.Select(line =>
    {
        var entry = JsonSerializer.Deserialize<JsonElement>(line);
        var at = DateTimeOffset.ParseExact(entry.GetProperty("Timestamp").GetString()!, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        Assert.InRange(TimeProvider.System.GetUtcNow() - at, TimeSpan.Zero, TimeSpan.FromMinutes(10));
        Assert.NotEmpty(entry.GetProperty("Message").GetString()!);
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, line, StringComparison.OrdinalIgnoreCase));
        return entry;
    })];
}
