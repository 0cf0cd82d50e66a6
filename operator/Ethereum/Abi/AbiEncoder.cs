using System.Collections;
using System.Numerics;
using System.Text;

namespace Federation.Ethereum.Abi;

/// <summary>
/// Encodes values by type. Takes for integers any .NET integer or <see cref="BigInteger"/>; for bytesN and bytes
/// <c>byte[]</c> or <see cref="Bytes32"/>; for arrays any sequence; for tuples <see cref="IAbiTuple"/> or a list of members.
/// </summary>
public static class AbiEncoder
{
    /// <summary>Encodes one value as the only member of a sequence, like Solidity's <c>abi.encode(value)</c>.</summary>
    public static byte[] Encode(AbiType type, object value) => Encode([type], [value]);

    /// <summary>Encodes a parameter list.</summary>
    /// <exception cref="AbiException">A value of the wrong .NET type, out of range, or of the wrong length.</exception>
    public static byte[] Encode(IReadOnlyList<AbiType> types, IReadOnlyList<object> values)
    {
        var buffer = new AbiBuffer();
        Sequence(buffer, types, values);
        return buffer.ToArray();
    }

    internal static void Sequence(AbiBuffer buffer, IReadOnlyList<AbiType> types, IReadOnlyList<object> values)
    {
        if (types.Count != values.Count)
            throw new AbiException($"{types.Count} values expected, {values.Count} given");
        var start = buffer.Reserve(types.Sum(t => t.HeadSize));
        var head = start;
        for (var i = 0; i < types.Count; i++)
        {
            if (types[i].IsDynamic)
            {
                AbiWord.Write(buffer.At(head, 32), buffer.Length - start, 256, signed: false, "offset");
                Tail(buffer, types[i], values[i]);
            }
            else
            {
                Static(buffer, head, types[i], values[i]);
            }
            head += types[i].HeadSize;
        }
    }

    private static void Tail(AbiBuffer buffer, AbiType type, object value)
    {
        switch (type.Kind)
        {
            case AbiKind.Bytes:
                Blob(buffer, Bytes(type, value));
                break;
            case AbiKind.String:
                Blob(buffer, Text(value));
                break;
            case AbiKind.Array:
                var items = Items(type, value);
                AbiWord.Write(buffer.At(buffer.Reserve(32), 32), items.Count, 256, signed: false, "length");
                Sequence(buffer, new Repeated(type.Element!, items.Count), items);
                break;
            default:
                Sequence(buffer, MemberTypes(type), Items(type, value));
                break;
        }
    }

    private static void Static(AbiBuffer buffer, int at, AbiType type, object value)
    {
        if (type.Kind is not (AbiKind.FixedArray or AbiKind.Tuple))
        {
            AbiWord.Write(buffer.At(at, 32), type, value);
            return;
        }
        var types = MemberTypes(type);
        var items = Items(type, value);
        for (var i = 0; i < types.Count; i++)
        {
            Static(buffer, at, types[i], items[i]);
            at += types[i].HeadSize;
        }
    }

    /// <summary>The types of the members that a tuple or fixed array is made of.</summary>
    internal static IReadOnlyList<AbiType> MemberTypes(AbiType type) => type.Kind == AbiKind.FixedArray
        ? new Repeated(type.Element!, type.Size)
        : [.. type.Components.Select(c => c.Type)];

    /// <summary>The members of a tuple or the elements of an array, their number checked.</summary>
    internal static IReadOnlyList<object> Items(AbiType type, object value)
    {
        IReadOnlyList<object> items = value switch
        {
            IAbiTuple tuple => tuple.ToAbi(),
            IReadOnlyList<object> list => list,
            string => throw Mismatch(type, value),
            IEnumerable sequence => [.. sequence.Cast<object>()],
            _ => throw Mismatch(type, value),
        };
        var wanted = type.Kind switch
        {
            AbiKind.FixedArray => type.Size,
            AbiKind.Tuple => type.Components.Count,
            _ => items.Count,
        };
        return items.Count == wanted
            ? items
            : throw new AbiException($"{type} takes {wanted} members, not {items.Count}");
    }

    internal static ReadOnlySpan<byte> Bytes(AbiType type, object value) => value switch
    {
        byte[] bytes => bytes,
        ReadOnlyMemory<byte> memory => memory.Span,
        Bytes32 word => word.ToArray(),
        _ => throw Mismatch(type, value),
    };

    /// <summary>UTF-8 of a string; lone surrogates have none and are refused, not replaced.</summary>
    internal static ReadOnlySpan<byte> Text(object value)
    {
        if (value is not string text)
            throw new AbiException($"string takes a string, not {value?.GetType().Name ?? "null"}");
        try
        {
            return AbiWord.Utf8.GetBytes(text);
        }
        catch (EncoderFallbackException e)
        {
            throw new AbiException("string is no valid Unicode", e);
        }
    }

    internal static AbiException Mismatch(AbiType type, object? value) =>
        new($"{type} cannot take a {value?.GetType().Name ?? "null"}");

    private static void Blob(AbiBuffer buffer, ReadOnlySpan<byte> data)
    {
        var at = buffer.Reserve(32 + ((data.Length + 31) & ~31));
        AbiWord.Write(buffer.At(at, 32), data.Length, 256, signed: false, "length");
        data.CopyTo(buffer.At(at + 32, data.Length));
    }

    /// <summary>One type n times, without n references in memory.</summary>
    internal sealed class Repeated(AbiType type, int count) : IReadOnlyList<AbiType>
    {
        public int Count => count;

        public AbiType this[int index] => type;

        public IEnumerator<AbiType> GetEnumerator() => Enumerable.Repeat(type, count).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
