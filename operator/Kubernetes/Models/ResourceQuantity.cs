using System.Globalization;

namespace Federation.Kubernetes.Models;

/// <summary>
/// A quantity of the API ("250m", "4Gi", "1e3") as an exact decimal in base units (cores, bytes, devices).
/// Grammar: <c>apimachinery/pkg/api/resource</c>.
/// </summary>
public readonly record struct ResourceQuantity(decimal Value) : IComparable<ResourceQuantity>
{
    // Longest suffixes first: "Mi" must not be read as "M" with rubbish before it.
    private static readonly (string Suffix, decimal Factor)[] Suffixes =
    [
        ("Ki", 1024m), ("Mi", 1048576m), ("Gi", 1073741824m), ("Ti", 1099511627776m),
        ("Pi", 1125899906842624m), ("Ei", 1152921504606846976m),
        ("n", 1e-9m), ("u", 1e-6m), ("m", 1e-3m), ("k", 1e3m), ("M", 1e6m), ("G", 1e9m), ("T", 1e12m), ("P", 1e15m), ("E", 1e18m),
    ];

    /// <exception cref="FormatException">Not a quantity, or too large to hold exactly.</exception>
    public static ResourceQuantity Parse(string text) => TryParse(text, out var quantity)
        ? quantity
        : throw new FormatException($"'{text}' is not a Kubernetes quantity.");

    /// <summary>False for anything that is not a quantity, and for what a decimal cannot hold.</summary>
    public static bool TryParse(string? text, out ResourceQuantity quantity)
    {
        quantity = default;
        if (string.IsNullOrEmpty(text) || text.Length > 64)
        {
            return false;
        }

        var (digits, factor) = Split(text);
        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (!decimal.TryParse(digits, Style, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        try
        {
            quantity = new ResourceQuantity(number * factor);
            return true;
        }
        catch (OverflowException)
        {
            return false;
        }
    }

    /// <summary>The value in thousandths, rounded up as the API server does.</summary>
    /// <exception cref="OverflowException">Beyond 2^63 thousandths.</exception>
    public long ToMilli() => checked((long)decimal.Ceiling(Value * 1000m));

    /// <summary>The value in whole units, rounded up as the API server does.</summary>
    /// <exception cref="OverflowException">Beyond 2^63.</exception>
    public long ToInt64() => checked((long)decimal.Ceiling(Value));

    public int CompareTo(ResourceQuantity other) => Value.CompareTo(other.Value);

    public static bool operator <(ResourceQuantity left, ResourceQuantity right) => left.Value < right.Value;

    public static bool operator >(ResourceQuantity left, ResourceQuantity right) => left.Value > right.Value;

    public static bool operator <=(ResourceQuantity left, ResourceQuantity right) => left.Value <= right.Value;

    public static bool operator >=(ResourceQuantity left, ResourceQuantity right) => left.Value >= right.Value;

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    private static (string Digits, decimal Factor) Split(string text)
    {
        foreach (var (suffix, factor) in Suffixes)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal))
            {
                return (text[..^suffix.Length], factor);
            }
        }

        return (text, 1m);
    }
}
