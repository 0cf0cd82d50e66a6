using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;

namespace Federation.Ethereum;

/// <summary>Thirty-two bytes: a hash, a topic, a storage word.</summary>
[JsonConverter(typeof(Bytes32JsonConverter))]
public readonly struct Bytes32 : IEquatable<Bytes32>, IComparable<Bytes32>
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 32;

    /// <summary>Thirty-two zero bytes.</summary>
    public static readonly Bytes32 Zero;

    private readonly Storage bytes;

    /// <summary>Copies exactly 32 bytes.</summary>
    public Bytes32(ReadOnlySpan<byte> value)
    {
        if (value.Length != Size)
            throw new ArgumentException($"{Size} bytes expected, not {value.Length}", nameof(value));
        value.CopyTo(bytes);
    }

    /// <summary>True for thirty-two zero bytes.</summary>
    public bool IsZero => Equals(Zero);

    /// <summary>The bytes; valid as long as the referenced value lives.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Span => bytes;

    /// <summary>A fresh copy of the bytes.</summary>
    public byte[] ToArray() => Span.ToArray();

    /// <summary>The bytes as a big-endian unsigned number.</summary>
    public BigInteger ToBigInteger() => new(Span, isUnsigned: true, isBigEndian: true);

    /// <summary>Reads 0x and 64 hex digits.</summary>
    /// <exception cref="FormatException">Wrong length, prefix or digit.</exception>
    public static Bytes32 Parse(string text) => TryParse(text, out var value)
        ? value
        : throw new FormatException("not 32 bytes: 0x and 64 hex digits expected");

    /// <summary>As <see cref="Parse"/>, without an exception.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Bytes32 value)
    {
        value = default;
        if (text is not { Length: 2 + 2 * Size } || text[0] != '0' || (text[1] | 0x20) != 'x')
            return false;
        Span<byte> raw = stackalloc byte[Size];
        if (Convert.FromHexString(text.AsSpan(2), raw, out _, out _) != System.Buffers.OperationStatus.Done)
            return false;
        value = new Bytes32(raw);
        return true;
    }

    /// <summary>0x and 64 lower-case digits.</summary>
    public override string ToString() => Hex.Encode(Span);

    /// <inheritdoc/>
    public bool Equals(Bytes32 other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Bytes32 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(MemoryMarshal.Read<ulong>(Span), MemoryMarshal.Read<ulong>(Span[24..]));

    /// <summary>Orders by unsigned value.</summary>
    public int CompareTo(Bytes32 other) => Span.SequenceCompareTo(other.Span);

    public static bool operator ==(Bytes32 left, Bytes32 right) => left.Equals(right);

    public static bool operator !=(Bytes32 left, Bytes32 right) => !left.Equals(right);

    public static bool operator <(Bytes32 left, Bytes32 right) => left.CompareTo(right) < 0;

    public static bool operator >(Bytes32 left, Bytes32 right) => left.CompareTo(right) > 0;

    public static bool operator <=(Bytes32 left, Bytes32 right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Bytes32 left, Bytes32 right) => left.CompareTo(right) >= 0;

    [InlineArray(Size)]
    private struct Storage
    {
        private byte first;
    }
}
