using System.Globalization;
using Federation.Ethereum.Abi;

namespace Federation.Ethereum.Tests.Tools;

/// <summary>Values and types in the forms that other programs and comparisons take.</summary>
internal static class Show
{
    /// <summary>A value as JSON-ready data: integers as decimal text, bytes as hex, arrays and tuples as arrays.</summary>
    public static object Json(object value) => value switch
    {
        byte[] bytes => Hex.Encode(bytes),
        object[] items => items.Select(Json).ToArray(),
        bool or string => value,
        IReadOnlyDictionary<string, object?> members => members.ToDictionary(m => m.Key, m => Json(m.Value!)),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    /// <summary>A value as one line, equal for equal values.</summary>
    public static string Line(object value) => System.Text.Json.JsonSerializer.Serialize(Json(value));

    /// <summary>A type as ABI JSON.</summary>
    public static object Parameter(AbiType type)
    {
        var (bare, suffix) = (type, "");
        while (bare.Element is { } element)
        {
            suffix = (bare.Kind == AbiKind.Array ? "[]" : $"[{bare.Size}]") + suffix;
            bare = element;
        }
        return bare.Kind == AbiKind.Tuple
            ? new { type = "tuple" + suffix, name = "", components = bare.Components.Select(c => Parameter(c.Type)).ToArray() }
            : new { type = type.Canonical, name = "" };
    }
}
