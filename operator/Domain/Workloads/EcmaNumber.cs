using System.Globalization;

namespace Federation.Domain.Workloads;

/// <summary>A double as ECMAScript's Number::toString prints it (ECMA-262 section 6.1.6.1.20), which RFC 8785 asks for.</summary>
internal static class EcmaNumber
{
    /// <exception cref="FormatException">NaN or infinite: JSON has no such number.</exception>
    public static string Format(double value)
    {
        if (!double.IsFinite(value)) throw new FormatException("A JSON number is beyond what a double holds.");
        if (value == 0) return "0";
        var (digits, exponent) = Shortest(Math.Abs(value));
        return (value < 0 ? "-" : "") + Layout(digits, exponent);
    }

    // The shortest digits that read back as the same double, d1d2d3..., and n so that the value is 0.d1d2d3... * 10^n.
    private static (string Digits, int Exponent) Shortest(double value)
    {
        var parts = value.ToString("R", CultureInfo.InvariantCulture).Split('E');
        var scale = parts.Length == 2 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0;
        var number = parts[0].Split('.');
        var (whole, fraction) = (number[0].TrimStart('0'), number.Length == 2 ? number[1] : "");
        var leadingZeros = whole.Length > 0 ? 0 : fraction.Length - fraction.TrimStart('0').Length;
        return ((whole + fraction).Trim('0'), whole.Length - leadingZeros + scale);
    }

    private static string Layout(string digits, int n)
    {
        var k = digits.Length;
        if (k <= n && n <= 21) return digits + new string('0', n - k);
        if (n is > 0 and <= 21) return $"{digits[..n]}.{digits[n..]}";
        if (n is > -6 and <= 0) return $"0.{new string('0', -n)}{digits}";
        var fraction = k == 1 ? "" : "." + digits[1..];
        return string.Create(CultureInfo.InvariantCulture, $"{digits[0]}{fraction}e{(n > 0 ? "+" : "-")}{Math.Abs(n - 1)}");
    }
}
