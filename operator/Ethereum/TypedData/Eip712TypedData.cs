using Federation.Ethereum.Abi;

namespace Federation.Ethereum.TypedData;

/// <summary>
/// Typed structured data to sign. Values take the forms that <see cref="AbiEncoder"/> takes; a struct is a dictionary
/// by member name. Source: EIP-712, with arrays as in eth_signTypedData_v4.
/// </summary>
public sealed class Eip712TypedData
{
    private readonly Eip712Types types;

    /// <summary>Joins a domain, struct types (without EIP712Domain) and a message.</summary>
    /// <exception cref="AbiException">A type that is missing, twice named, or no ABI type.</exception>
    public Eip712TypedData(
        Eip712Domain domain,
        IReadOnlyDictionary<string, IReadOnlyList<Eip712Field>> types,
        string primaryType,
        IReadOnlyDictionary<string, object?> message)
    {
        this.types = new Eip712Types(types);
        (Domain, Types, PrimaryType, Message) = (domain, types, primaryType, message);
        if (!types.ContainsKey(primaryType))
            throw new AbiException($"the primary type '{primaryType}' is not among the types");
    }

    public Eip712Domain Domain { get; }

    public IReadOnlyDictionary<string, IReadOnlyList<Eip712Field>> Types { get; }

    public string PrimaryType { get; }

    public IReadOnlyDictionary<string, object?> Message { get; }

    /// <summary>Typed data from a generated struct: its Solidity name and members are the EIP-712 type.</summary>
    public static Eip712TypedData For(Eip712Domain domain, IAbiTuple message) => For(domain, message.Type, message);

    /// <summary>
    /// Typed data from a struct type such as <c>Mail(Person(string name,address wallet) from,string contents)</c> and
    /// its member values in order.
    /// </summary>
    public static Eip712TypedData For(Eip712Domain domain, AbiType structType, object members)
    {
        var types = new Dictionary<string, IReadOnlyList<Eip712Field>>();
        var primary = Eip712FromAbi.Collect(structType, types);
        return new Eip712TypedData(domain, types, primary, Eip712FromAbi.Struct(structType, members));
    }

    /// <summary>Reads the JSON that eth_signTypedData_v4 takes.</summary>
    /// <exception cref="AbiException">No such JSON; unknown, missing or superfluous members; values that do not fit.</exception>
    public static Eip712TypedData Parse(string json) => Eip712Json.Read(json);

    /// <summary>The JSON that eth_signTypedData_v4 takes, integers as decimal strings.</summary>
    public string ToJson() => Eip712Json.Write(this);

    /// <summary>What is signed.</summary>
    /// <exception cref="AbiException">A value that is missing or does not fit its type.</exception>
    public Bytes32 Digest() => Keccak256.Hash([0x19, 0x01, .. DomainSeparator().Span, .. HashStruct().Span]);

    /// <summary>The hash of the message.</summary>
    public Bytes32 HashStruct() => types.HashStruct(PrimaryType, Message);

    /// <summary>The hash of the domain.</summary>
    public Bytes32 DomainSeparator()
    {
        var fields = new Dictionary<string, IReadOnlyList<Eip712Field>> { [Eip712Domain.TypeName] = Domain.Fields() };
        return new Eip712Types(fields).HashStruct(Eip712Domain.TypeName, Domain.Values());
    }

    /// <summary>The type text that is hashed, for instance <c>Mail(Person from)Person(string name)</c>.</summary>
    public string EncodeType() => types.EncodeType(PrimaryType);
}
