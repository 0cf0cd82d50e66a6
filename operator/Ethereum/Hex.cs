using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;

namespace Federation.Ethereum;

/// <summary>The two hexadecimal forms of Ethereum's JSON: data (whole bytes) and quantities (no leading zero).</summary>
public static class Hex
{
    /// <summary>Lower-case, <c>0x</c>-prefixed.</summary>
    public static string Encode(ReadOnlySpan<byte> data) => "0x" + Convert.ToHexStringLower(data);

    /// <summary>Whole bytes from text that starts with <c>0x</c>.</summary>
    /// <exception cref="FormatException">No prefix, an odd number of digits, or a character that is no digit.</exception>
    public static byte[] Decode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!HasPrefix(text))
            throw new FormatException("hex data must start with 0x");
        if ((text.Length & 1) != 0)
            throw new FormatException("hex data has an odd number of digits");
        return Convert.FromHexString(text.AsSpan(2));
    }

    /// <summary>The same from UTF-8; false where that is to be said by <see cref="Decode"/>.</summary>
    internal static bool TryDecode(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out byte[]? data)
    {
        data = null;
        if (utf8.Length < 2 || utf8[0] != '0' || (utf8[1] | 0x20) != 'x' || (utf8.Length & 1) != 0) return false;
        var decoded = new byte[(utf8.Length / 2) - 1];
        if (Convert.FromHexString(utf8[2..], decoded, out _, out _) != OperationStatus.Done) return false;
        data = decoded;
        return true;
    }

    /// <summary>A quantity such as <c>0x0</c> or <c>0x4a</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A negative value: quantities are unsigned.</exception>
    public static string Quantity(BigInteger value)
    {
        if (value.Sign < 0)
            throw new ArgumentOutOfRangeException(nameof(value), "a quantity cannot be negative");
        if (value.IsZero)
            return "0x0";
        return "0x" + value.ToString("x", CultureInfo.InvariantCulture).TrimStart('0');
    }

    /// <summary>Reads a quantity of at most 256 bits. Leading zeros are accepted: some nodes send them.</summary>
    /// <exception cref="FormatException">No prefix, no digit, a bad digit, or more than 256 bits.</exception>
    public static BigInteger ParseQuantity(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        // The leading 0 keeps BigInteger from reading a high first digit as a sign.
        if (HasPrefix(text) && text.Length is > 2 and <= 66
            && BigInteger.TryParse("0" + text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            return value;
        throw new FormatException("not a hex quantity of at most 256 bits");
    }

    private static bool HasPrefix(string text) => text.Length >= 2 && text[0] == '0' && (text[1] | 0x20) == 'x';
}
