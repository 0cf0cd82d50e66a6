using System.Numerics;
using System.Text;

namespace Federation.Ethereum.Abi;

/// <summary>The 32-byte words of elementary static types, written and strictly read.</summary>
internal static class AbiWord
{
    public static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Writes an elementary static value into a zeroed word.</summary>
    public static void Write(Span<byte> word, AbiType type, object value)
    {
        switch (type.Kind)
        {
            case AbiKind.UInt or AbiKind.Int:
                Write(word, Integer(type, value), type.Size, type.Kind == AbiKind.Int, type.Canonical);
                break;
            case AbiKind.Address when value is Address address:
                address.Span.CopyTo(word[12..]);
                break;
            case AbiKind.Bool when value is bool flag:
                word[31] = flag ? (byte)1 : (byte)0;
                break;
            case AbiKind.FixedBytes:
                var bytes = AbiEncoder.Bytes(type, value);
                if (bytes.Length != type.Size)
                    throw new AbiException($"{type} takes {type.Size} bytes, not {bytes.Length}");
                bytes.CopyTo(word);
                break;
            default:
                throw AbiEncoder.Mismatch(type, value);
        }
    }

    /// <summary>Writes an integer big-endian, sign-extended to the word.</summary>
    public static void Write(Span<byte> word, BigInteger value, int bits, bool signed, string name)
    {
        var fits = signed
            ? value.GetBitLength() < bits
            : value.Sign >= 0 && value.GetBitLength() <= bits;
        if (!fits)
            throw new AbiException($"{value} does not fit {name}");
        var length = value.GetByteCount(!signed);
        word.Fill(value.Sign < 0 ? (byte)0xff : (byte)0);
        value.TryWriteBytes(word[(32 - length)..], out _, !signed, isBigEndian: true);
    }

    /// <summary>Reads an elementary static value; any bit outside the type's range is refused.</summary>
    public static object Read(ReadOnlySpan<byte> word, AbiType type)
    {
        switch (type.Kind)
        {
            case AbiKind.UInt:
                RequireZero(word[..(32 - (type.Size / 8))], type);
                return new BigInteger(word, isUnsigned: true, isBigEndian: true);
            case AbiKind.Int:
                var number = new BigInteger(word, isUnsigned: false, isBigEndian: true);
                return number.GetBitLength() < type.Size ? number : throw Dirty(type);
            case AbiKind.Address:
                RequireZero(word[..12], type);
                return new Address(word[12..]);
            case AbiKind.Bool:
                RequireZero(word[..31], type);
                return word[31] <= 1 ? word[31] == 1 : throw Dirty(type);
            case AbiKind.FixedBytes when type.Size == 32:
                return new Bytes32(word);
            case AbiKind.FixedBytes:
                RequireZero(word[type.Size..], type);
                return word[..type.Size].ToArray();
            default:
                throw new AbiException($"{type} is not one word");
        }
    }

    public static void RequireZero(ReadOnlySpan<byte> padding, AbiType type)
    {
        if (padding.ContainsAnyExcept((byte)0))
            throw Dirty(type);
    }

    private static BigInteger Integer(AbiType type, object value) => value switch
    {
        BigInteger big => big,
        byte or sbyte or short or ushort or int or uint or long =>
            Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture),
        ulong wide => wide,
        UInt128 wide => wide,
        Int128 wide => wide,
        _ => throw AbiEncoder.Mismatch(type, value),
    };

    private static AbiException Dirty(AbiType type) => new($"bits outside the range of {type} are set");
}
