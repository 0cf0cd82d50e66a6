using System.Numerics;

namespace Federation.Ethereum.TypedData;

/// <summary>Where a signature is valid. Members that are null are left out of the domain's type, as EIP-712 says.</summary>
public sealed record Eip712Domain
{
    internal const string TypeName = "EIP712Domain";

    public string? Name { get; init; }

    public string? Version { get; init; }

    public BigInteger? ChainId { get; init; }

    public Address? VerifyingContract { get; init; }

    public Bytes32? Salt { get; init; }

    internal static readonly IReadOnlyList<Eip712Field> AllFields =
    [
        new("name", "string"),
        new("version", "string"),
        new("chainId", "uint256"),
        new("verifyingContract", "address"),
        new("salt", "bytes32"),
    ];

    internal IReadOnlyList<Eip712Field> Fields()
    {
        var values = Values();
        return [.. AllFields.Where(f => values.ContainsKey(f.Name))];
    }

    internal Dictionary<string, object?> Values()
    {
        var values = new Dictionary<string, object?>
        {
            ["name"] = Name,
            ["version"] = Version,
            ["chainId"] = ChainId,
            ["verifyingContract"] = VerifyingContract,
            ["salt"] = Salt,
        };
        return values.Where(v => v.Value is not null).ToDictionary();
    }

    internal static Eip712Domain FromValues(IReadOnlyDictionary<string, object?> values) => new()
    {
        Name = (string?)values.GetValueOrDefault("name"),
        Version = (string?)values.GetValueOrDefault("version"),
        ChainId = (BigInteger?)values.GetValueOrDefault("chainId"),
        VerifyingContract = (Address?)values.GetValueOrDefault("verifyingContract"),
        Salt = (Bytes32?)values.GetValueOrDefault("salt"),
    };
}
