using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace Federation.Domain.Workloads;

/// <summary>
/// Kubernetes quantities ("500m", "0.5", "1.5Gi", "1e3") to whole units, exact and rounded up as the API server rounds.
/// Grammar: <c>k8s.io/apimachinery/pkg/api/resource.Quantity</c>.
/// </summary>
public static partial class Quantity
{
    // A longer text says nothing that a node could hold; and ten to the millionth must not be computed.
    private const int MaxLength = 32;
    private const int MaxExponent = 30;
    private const uint TiB = 1024 * 1024;
    private static readonly BigInteger MiB = 1024 * 1024;

    /// <summary>CPU in millicores, part of a millicore rounded up.</summary>
    /// <param name="fault">What is wrong and what to write; empty when parsed.</param>
    public static bool TryMilliCpu(string text, uint max, out uint milli, out string fault)
    {
        milli = 0;
        if (!TryRatio(text, out var ratio, out _))
        {
            fault = $"{Shown.Of(text)} is no quantity: write cores or millicores, such as \"500m\", \"0.5\" or \"2\"";
            return false;
        }

        return InRange(ratio.Times(1000), max, $"{max / 1000} cores", out milli, out fault);
    }

    /// <summary>Bytes in MiB, part of a MiB rounded up.</summary>
    /// <param name="fault">What is wrong and what to write; empty when parsed.</param>
    public static bool TryMiB(string text, uint max, out uint mib, out string fault)
    {
        mib = 0;
        if (!TryRatio(text, out var ratio, out var suffix))
        {
            fault = $"{Shown.Of(text)} is no quantity: write bytes with a suffix, such as \"128Mi\", \"1.5Gi\" or \"500M\"";
            return false;
        }

        // Kubernetes takes "128m" as 0.128 bytes; who writes it means something else.
        if (suffix is "m" or "u" or "n")
        {
            fault = $"{Shown.Of(text)} is a part of one byte: did you mean \"{text[..^1]}Mi\"?";
            return false;
        }

        var limit = max % TiB == 0 ? $"{max / TiB}Ti" : $"{max}Mi";
        return InRange(ratio.Over(MiB), max, limit, out mib, out fault);
    }

    private static bool InRange(Ratio ratio, uint max, string limit, out uint value, out string fault)
    {
        var up = ratio.RoundedUp();
        value = up > 0 && up <= max ? (uint)up : 0;
        fault = up <= 0 ? "must be more than zero" : up > max ? $"must not be more than {limit}" : "";
        return fault.Length == 0;
    }

    private static bool TryRatio(string text, out Ratio ratio, out string suffix)
    {
        ratio = default;
        suffix = "";
        if (text.Length > MaxLength || Grammar().Match(text) is not { Success: true } match) return false;
        var (whole, part) = (match.Groups["whole"].Value, match.Groups["part"].Value);
        if (whole.Length + part.Length == 0) return false;
        suffix = match.Groups["suffix"].Value;
        if (Scale(suffix) is not { } scale) return false;
        var digits = BigInteger.Parse("0" + whole + part, CultureInfo.InvariantCulture);
        var sign = match.Groups["sign"].Value == "-" ? -1 : 1;
        ratio = scale.Times(sign * digits).Over(BigInteger.Pow(10, part.Length));
        return true;
    }

    private static Ratio? Scale(string suffix)
    {
        if (suffix.Length > 1 && suffix[0] is 'e' or 'E' && suffix != "Ei") return Exponent(suffix[1..]);
        return suffix switch
        {
            "" => Power(10, 0),
            "n" => Power(10, -9),
            "u" => Power(10, -6),
            "m" => Power(10, -3),
            "k" => Power(10, 3),
            "M" => Power(10, 6),
            "G" => Power(10, 9),
            "T" => Power(10, 12),
            "P" => Power(10, 15),
            "E" => Power(10, 18),
            "Ki" => Power(2, 10),
            "Mi" => Power(2, 20),
            "Gi" => Power(2, 30),
            "Ti" => Power(2, 40),
            "Pi" => Power(2, 50),
            "Ei" => Power(2, 60),
            _ => null,
        };
    }

    // Beyond the bound all is absurdly large or, rounded up, one: the bound stands for it.
    private static Ratio? Exponent(string text) =>
        BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var exponent)
            ? Power(10, (int)BigInteger.Clamp(exponent, -MaxExponent, MaxExponent))
            : null;

    private static Ratio Power(int radix, int exponent) => exponent >= 0
        ? new Ratio(BigInteger.Pow(radix, exponent), 1)
        : new Ratio(1, BigInteger.Pow(radix, -exponent));

    [GeneratedRegex(@"\A(?<sign>[+-]?)(?<whole>[0-9]*)(?:\.(?<part>[0-9]*))?(?<suffix>[a-zA-Z]{0,2}|[eE][+-]?[0-9]+)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Grammar();

    private readonly record struct Ratio(BigInteger Top, BigInteger Bottom)
    {
        public Ratio Times(BigInteger by) => this with { Top = Top * by };

        public Ratio Over(BigInteger by) => this with { Bottom = Bottom * by };

        public BigInteger RoundedUp()
        {
            var quotient = BigInteger.DivRem(Top, Bottom, out var rest);
            return rest.Sign > 0 ? quotient + 1 : quotient;
        }
    }
}
