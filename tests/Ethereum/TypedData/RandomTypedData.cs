using Federation.Ethereum.Abi;
using Federation.Ethereum.Tests.Tools;
using Federation.Ethereum.TypedData;

namespace Federation.Ethereum.Tests.TypedData;

/// <summary>Random struct types, up to three levels, with matching values.</summary>
internal static class RandomTypedData
{
    public static Eip712TypedData Any(RandomValues random)
    {
        var type = AbiType.Parse(Struct(random, 3, "S"));
        return Eip712TypedData.For(Domain(random), type, random.Value(type));
    }

    private static string Struct(RandomValues random, int depth, string name)
    {
        var members = Enumerable.Range(0, 1 + random.Next(4)).Select(i =>
        {
            var bare = depth > 1 && random.Next(3) == 0 ? Struct(random, depth - 1, $"{name}{(char)('A' + i)}") : random.Elementary();
            var suffix = random.Next(4) switch { 0 => "[]", 1 => $"[{1 + random.Next(3)}]", _ => "" };
            return $"{bare}{suffix} m{i}";
        });
        return $"{name}({string.Join(',', members)})";
    }

    private static Eip712Domain Domain(RandomValues random) => new()
    {
        Name = random.Next(4) == 0 ? null : random.Text(),
        Version = random.Next(4) == 0 ? null : "1",
        ChainId = random.Next(4) == 0 ? null : random.Unsigned(48),
        VerifyingContract = random.Next(4) == 0 ? null : random.Address(),
        Salt = random.Next(4) == 0 ? random.Word() : null,
    };
}
