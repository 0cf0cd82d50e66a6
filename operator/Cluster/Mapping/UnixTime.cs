using System.Globalization;

namespace Federation.Cluster.Mapping;

/// <summary>Unix seconds as text for people; 0 is no time.</summary>
internal static class UnixTime
{
    private const long Last = 253_402_300_799;

    /// <summary>RFC 3339; what no calendar holds stays a number after <c>@</c>.</summary>
    public static string ToText(long seconds) => seconds switch
    {
        0 => "",
        > 0 and <= Last => DateTimeOffset.FromUnixTimeSeconds(seconds).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
        _ => "@" + seconds.ToString(CultureInfo.InvariantCulture),
    };

    /// <exception cref="FormatException">Neither form.</exception>
    public static long FromText(string text) => text switch
    {
        "" => 0,
        ['@', .. var seconds] => long.Parse(seconds, CultureInfo.InvariantCulture),
        _ => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).ToUnixTimeSeconds(),
    };
}
