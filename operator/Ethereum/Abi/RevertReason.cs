using System.Globalization;
using System.Numerics;

namespace Federation.Ethereum.Abi;

/// <summary>What a reverted call returned, decoded as far as it is known.</summary>
/// <param name="Name"><c>Error</c>, <c>Panic</c>, a custom error's name, or empty if unknown.</param>
/// <param name="Values">The error's parameters.</param>
/// <param name="Text">One line for people.</param>
/// <param name="Data">The bytes as returned.</param>
public sealed record RevertReason(string Name, IReadOnlyList<object> Values, string Text, byte[] Data)
{
    // Source: Solidity documentation, "Panic via assert and Error via require".
    private static readonly Dictionary<int, string> PanicTexts = new()
    {
        [0x00] = "generic panic",
        [0x01] = "assertion failed",
        [0x11] = "arithmetic overflow or underflow",
        [0x12] = "division or modulo by zero",
        [0x21] = "conversion to an enum that has no such value",
        [0x22] = "wrongly encoded storage byte array",
        [0x31] = "pop on an empty array",
        [0x32] = "array index out of bounds",
        [0x41] = "too much memory allocated",
        [0x51] = "call of an uninitialised function pointer",
    };

    /// <summary>Decodes with the two built-in errors and the given custom ones. Never throws: reverts are hostile input.</summary>
    public static RevertReason Decode(byte[] data, IEnumerable<ErrorAbi>? customErrors = null)
    {
        if (data.Length == 0)
            return new RevertReason("", [], "reverted without a reason", data);
        try
        {
            if (ErrorAbi.Error.Matches(data))
            {
                var values = ErrorAbi.Error.Decode(data);
                return new RevertReason("Error", values, (string)values[0], data);
            }
            if (ErrorAbi.Panic.Matches(data))
                return FromPanic(ErrorAbi.Panic.Decode(data), data);
            if (customErrors?.FirstOrDefault(e => e.Matches(data)) is { } error)
            {
                var values = error.Decode(data);
                var members = error.Inputs.Select((p, i) => $"{p.Name}={Show(values[i])}");
                return new RevertReason(error.Name, values, $"{error.Name}({string.Join(", ", members)})", data);
            }
        }
        catch (AbiException)
        {
            // Falls through: a known selector with a body that is not its encoding is as unknown as any other data.
        }
        return new RevertReason("", [], "unknown error " + Hex.Encode(data.AsSpan(0, Math.Min(data.Length, 68))), data);
    }

    private static RevertReason FromPanic(object[] values, byte[] data)
    {
        var code = (BigInteger)values[0];
        var text = code <= 0x51 && PanicTexts.TryGetValue((int)code, out var known) ? known : "unknown panic";
        return new RevertReason("Panic", values, $"panic {Hex.Quantity(code)}: {text}", data);
    }

    private static string Show(object value) => value switch
    {
        byte[] bytes => Hex.Encode(bytes),
        object[] items => "[" + string.Join(", ", items.Select(Show)) + "]",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
