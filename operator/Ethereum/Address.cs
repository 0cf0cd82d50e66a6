using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Serialization;

namespace Federation.Ethereum;

/// <summary>A 20-byte account or contract address. Printed with its EIP-55 checksum.</summary>
[JsonConverter(typeof(AddressJsonConverter))]
public readonly struct Address : IEquatable<Address>, IComparable<Address>
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 20;

    /// <summary>The address of twenty zero bytes.</summary>
    public static readonly Address Zero;

    private readonly Storage bytes;

    /// <summary>Copies exactly 20 bytes.</summary>
    public Address(ReadOnlySpan<byte> value)
    {
        if (value.Length != Size)
            throw new ArgumentException($"an address has {Size} bytes, not {value.Length}", nameof(value));
        value.CopyTo(bytes);
    }

    /// <summary>True for the address of twenty zero bytes.</summary>
    public bool IsZero => Equals(Zero);

    /// <summary>The bytes; valid as long as the referenced value lives.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Span => bytes;

    /// <summary>A fresh copy of the bytes.</summary>
    public byte[] ToArray() => Span.ToArray();

    /// <summary>Reads 40 hex digits after 0x: all lower, all upper, or mixed case with a right EIP-55 checksum.</summary>
    /// <exception cref="FormatException">Wrong length, prefix, digit or checksum.</exception>
    public static Address Parse(string text) => TryParse(text, out var address)
        ? address
        : throw new FormatException("not an address: 0x and 40 hex digits expected, with a right EIP-55 checksum if in mixed case");

    /// <summary>As <see cref="Parse"/>, without an exception.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Address address)
    {
        address = default;
        if (text is not { Length: 2 + 2 * Size } || text[0] != '0' || (text[1] | 0x20) != 'x')
            return false;
        Span<byte> raw = stackalloc byte[Size];
        if (Convert.FromHexString(text.AsSpan(2), raw, out _, out _) != System.Buffers.OperationStatus.Done)
            return false;
        address = new Address(raw);
        var digits = text.AsSpan(2);
        var mixed = digits.ContainsAnyInRange('a', 'f') && digits.ContainsAnyInRange('A', 'F');
        return !mixed || digits.SequenceEqual(address.ToString().AsSpan(2));
    }

    /// <summary>The EIP-55 form.</summary>
    public override string ToString()
    {
        var digits = Convert.ToHexStringLower(Span).ToCharArray();
        Span<byte> hash = stackalloc byte[32];
        Keccak256.Hash(Encoding.ASCII.GetBytes(digits), hash);
        for (var i = 0; i < digits.Length; i++)
        {
            var nibble = (hash[i / 2] >> (i % 2 == 0 ? 4 : 0)) & 0xf;
            if (nibble >= 8)
                digits[i] = char.ToUpperInvariant(digits[i]);
        }
        return "0x" + new string(digits);
    }

    /// <inheritdoc/>
    public bool Equals(Address other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Address other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(MemoryMarshal.Read<ulong>(Span), MemoryMarshal.Read<ulong>(Span[8..]));

    /// <summary>Orders by unsigned value.</summary>
    public int CompareTo(Address other) => Span.SequenceCompareTo(other.Span);

    public static bool operator ==(Address left, Address right) => left.Equals(right);

    public static bool operator !=(Address left, Address right) => !left.Equals(right);

    public static bool operator <(Address left, Address right) => left.CompareTo(right) < 0;

    public static bool operator >(Address left, Address right) => left.CompareTo(right) > 0;

    public static bool operator <=(Address left, Address right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Address left, Address right) => left.CompareTo(right) >= 0;

    [InlineArray(Size)]
    private struct Storage
    {
        private byte first;
    }
}
