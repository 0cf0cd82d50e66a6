using System.Globalization;
using System.Numerics;

namespace Federation.Cli.Output;

/// <summary>A token's smallest units for people.</summary>
/// <param name="Symbol">As the contract says it, or a part of its address.</param>
internal sealed record TokenUnits(string Symbol, int Decimals)
{
    /// <summary>All digits that count, and the symbol: <c>1.25 TUSD</c>.</summary>
    public string Show(BigInteger amount) => $"{Number(amount)} {Symbol}";

    /// <summary>The amount without the symbol.</summary>
    public string Number(BigInteger amount)
    {
        var digits = BigInteger.Abs(amount).ToString(CultureInfo.InvariantCulture).PadLeft(Decimals + 1, '0');
        var (whole, part) = (digits[..^Decimals], digits[^Decimals..].TrimEnd('0'));
        return $"{(amount.Sign < 0 ? "-" : "")}{whole}{(part.Length > 0 ? "." + part : "")}";
    }

    /// <summary>Reads <c>1.25</c> as smallest units.</summary>
    /// <exception cref="CliException">No amount of this token.</exception>
    public BigInteger Parse(string text, string what)
    {
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        var (whole, part) = dot < 0 ? (text, "") : (text[..dot], text[(dot + 1)..]);
        if (whole.Length == 0 || !whole.All(char.IsAsciiDigit) || !part.All(char.IsAsciiDigit) || (dot >= 0 && part.Length == 0))
            throw new CliException(ExitCodes.Usage, $"{what} '{text}' is no amount such as 12.5.");
        if (part.Length > Decimals) throw new CliException(ExitCodes.Usage, $"{what} '{text}': {Symbol} has {Decimals} decimals.");
        return BigInteger.Parse(whole + part.PadRight(Decimals, '0'), CultureInfo.InvariantCulture);
    }
}

/// <summary>Numbers and times for people, the same on every machine.</summary>
internal static class Shown
{
    private static readonly (string Unit, long Seconds)[] Units = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

    /// <summary>As kubectl has ages: the two largest units, <c>3h12m</c>.</summary>
    public static string Span(long seconds)
    {
        if (seconds <= 0) return "0s";
        var first = Array.FindIndex(Units, u => seconds >= u.Seconds);
        var rest = seconds % Units[first].Seconds;
        var text = $"{seconds / Units[first].Seconds}{Units[first].Unit}";
        return first + 1 < Units.Length && rest / Units[first + 1].Seconds is > 0 and var more ? $"{text}{more}{Units[first + 1].Unit}" : text;
    }

    /// <summary>Reads <c>90s</c>, <c>15m</c>, <c>2h30m</c>, <c>7d</c>.</summary>
    /// <exception cref="CliException">Something else, or nothing.</exception>
    public static uint Seconds(string text, string what)
    {
        var (sum, number, any) = (0L, "", false);
        foreach (var c in text)
        {
            if (char.IsAsciiDigit(c) && number.Length < 9) number += c;
            else if (number.Length > 0 && Units.FirstOrDefault(u => u.Unit[0] == c) is { Seconds: > 0 } unit) (sum, number, any) = (sum + (long.Parse(number, CultureInfo.InvariantCulture) * unit.Seconds), "", true);
            else any = false;
            if (number.Length == 0 && !any) break;
        }

        return any && number.Length == 0 && sum is > 0 and <= uint.MaxValue ? (uint)sum : throw new CliException(ExitCodes.Usage, $"{what} '{text}' is no time such as 90s, 15m, 2h30m or 7d.");
    }

    /// <summary>Parts of 10,000 as <c>99.5 %</c>.</summary>
    public static string Percent(ushort basisPoints) => $"{basisPoints / 100m:0.##} %";

    /// <summary>Reads <c>50</c>, <c>99.5</c> or <c>99.5%</c> as parts of 10,000.</summary>
    /// <exception cref="CliException">No part of the whole, or more digits than are counted.</exception>
    public static ushort BasisPoints(string text, string what) =>
        decimal.TryParse(text.EndsWith('%') ? text[..^1].TrimEnd() : text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent) && percent is >= 0 and <= 100 && decimal.IsInteger(percent * 100)
            ? (ushort)(percent * 100)
            : throw new CliException(ExitCodes.Usage, $"{what} '{text}' is no percentage such as 50 or 99.5: 0 to 100, with two decimals at most.");

    /// <param name="unix">Seconds; 0 shows as nothing. Contracts count further than calendars do.</param>
    public static string Time(long unix) => unix <= 0 ? "-" : unix > DateTimeOffset.MaxValue.ToUnixTimeSeconds() ? "never" : DateTimeOffset.FromUnixTimeSeconds(unix).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Smallest units as programs read them.</summary>
    public static string Text(BigInteger amount) => amount.ToString(CultureInfo.InvariantCulture);

    public static string Text(ulong number) => number.ToString(CultureInfo.InvariantCulture);
}
