using System.Globalization;
using System.Numerics;

namespace Federation.Application.Ports;

/// <summary>Capabilities as people read them.</summary>
public static class BitMap
{
    /// <summary>0x and hex digits without leading zeros.</summary>
    public static string Text(BigInteger bits)
    {
        var digits = bits.ToString("x", CultureInfo.InvariantCulture).TrimStart('0');
        return digits.Length == 0 ? "0x0" : $"0x{digits}";
    }
}
