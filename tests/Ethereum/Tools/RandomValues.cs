using System.Numerics;
using System.Text;
using Federation.Ethereum.Abi;

namespace Federation.Ethereum.Tests.Tools;

/// <summary>Random ABI types and values from a seed, with the edges of each type over-represented.</summary>
internal sealed class RandomValues(int seed)
{
    private static readonly string[] Alphabet = ["a", "Z", " ", "\n", "\"", "\\", "\0", "é", "ß", "漢", "\uFFFD", "😀", "𝒳"];
    private readonly Random random = new(seed);

    public int Next(int exclusiveMax) => random.Next(exclusiveMax);

    public byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    public Address Address() => random.Next(20) == 0 ? Ethereum.Address.Zero : new Address(Bytes(20));

    public Bytes32 Word() => new(Bytes(32));

    public BigInteger Unsigned(int bits)
    {
        var max = (BigInteger.One << bits) - 1;
        return random.Next(8) switch
        {
            0 => 0,
            1 => max,
            2 => BigInteger.One << random.Next(bits),
            3 => random.Next(256),
            _ => new BigInteger(Bytes(bits / 8), isUnsigned: true) & max,
        };
    }

    public BigInteger Signed(int bits) => Unsigned(bits) - (BigInteger.One << (bits - 1));

    public string Text()
    {
        var text = new StringBuilder();
        for (var i = random.Next(70); i > 0; i--)
            text.Append(Alphabet[random.Next(Alphabet.Length)]);
        return text.ToString();
    }

    public string Elementary() => random.Next(7) switch
    {
        0 => "uint" + (8 * random.Next(1, 33)),
        1 => "int" + (8 * random.Next(1, 33)),
        2 => "bytes" + random.Next(1, 33),
        3 => "address",
        4 => "bool",
        5 => "bytes",
        _ => "string",
    };

    public string Type(int depth) => (depth == 0 ? 0 : random.Next(5)) switch
    {
        1 => Type(depth - 1) + "[]",
        2 => Type(depth - 1) + $"[{random.Next(1, 4)}]",
        3 => "(" + string.Join(',', Enumerable.Range(0, random.Next(1, 5)).Select(_ => Type(depth - 1))) + ")",
        _ => Elementary(),
    };

    public object Value(AbiType type) => type.Kind switch
    {
        AbiKind.UInt => Unsigned(type.Size),
        AbiKind.Int => Signed(type.Size),
        AbiKind.Address => Address(),
        AbiKind.Bool => random.Next(2) == 1,
        AbiKind.FixedBytes when type.Size == 32 => Word(),
        AbiKind.FixedBytes => Bytes(type.Size),
        AbiKind.Bytes => Bytes(random.Next(100)),
        AbiKind.String => Text(),
        AbiKind.Array => Values(type.Element!, random.Next(5)),
        AbiKind.FixedArray => Values(type.Element!, type.Size),
        _ => type.Components.Select(c => Value(c.Type)).ToArray(),
    };

    private object[] Values(AbiType type, int count) => [.. Enumerable.Range(0, count).Select(_ => Value(type))];
}
