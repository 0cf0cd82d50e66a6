using System.Numerics;

namespace Federation.Ethereum.Rlp;

/// <summary>A byte string or a list of items. Source: Ethereum Yellow Paper, appendix B.</summary>
public sealed class RlpItem
{
    private readonly byte[]? bytes;
    private readonly IReadOnlyList<RlpItem>? items;

    private RlpItem(byte[]? bytes, IReadOnlyList<RlpItem>? items) => (this.bytes, this.items) = (bytes, items);

    /// <summary>True for a list, false for a byte string.</summary>
    public bool IsList => items is not null;

    /// <summary>The byte string.</summary>
    /// <exception cref="RlpException">The item is a list.</exception>
    public byte[] Bytes => bytes ?? throw new RlpException("a byte string expected, found a list");

    /// <summary>The list.</summary>
    /// <exception cref="RlpException">The item is a byte string.</exception>
    public IReadOnlyList<RlpItem> Items => items ?? throw new RlpException("a list expected, found a byte string");

    public static RlpItem Of(byte[] bytes) => new(bytes, null);

    public static RlpItem Of(Address address) => new(address.ToArray(), null);

    public static RlpItem Of(Bytes32 word) => new(word.ToArray(), null);

    /// <summary>An unsigned number of at most 256 bits: big-endian, no leading zero, empty for 0.</summary>
    public static RlpItem Of(BigInteger number)
    {
        if (number.Sign < 0 || number.GetBitLength() > 256)
            throw new RlpException("a number must be from 0 to 2^256-1");
        return new(number.IsZero ? [] : number.ToByteArray(isUnsigned: true, isBigEndian: true), null);
    }

    public static RlpItem List(params IReadOnlyList<RlpItem> items) => new(null, items);

    /// <summary>The byte string as an unsigned number.</summary>
    /// <exception cref="RlpException">A leading zero, more bits than allowed, or a list.</exception>
    public BigInteger ToNumber(int maxBits = 256)
    {
        var value = Bytes;
        if (value.Length > 0 && value[0] == 0)
            throw new RlpException("a number has a leading zero");
        if (value.Length > maxBits / 8)
            throw new RlpException($"a number has more than {maxBits} bits");
        return new BigInteger(value, isUnsigned: true, isBigEndian: true);
    }

    /// <summary>The byte string as a 64-bit number.</summary>
    public ulong ToUInt64() => (ulong)ToNumber(64);

    /// <summary>The byte string as an address.</summary>
    public Address ToAddress() => Bytes.Length == Address.Size
        ? new Address(Bytes)
        : throw new RlpException($"an address of 20 bytes expected, found {Bytes.Length}");

    /// <summary>The byte string as 32 bytes.</summary>
    public Bytes32 ToBytes32() => Bytes.Length == Bytes32.Size
        ? new Bytes32(Bytes)
        : throw new RlpException($"32 bytes expected, found {Bytes.Length}");
}
