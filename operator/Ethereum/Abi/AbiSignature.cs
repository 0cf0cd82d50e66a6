namespace Federation.Ethereum.Abi;

/// <summary>A name with parameters: what functions, events and errors have in common.</summary>
public abstract class AbiSignature
{
    private readonly AbiType[] types;

    private protected AbiSignature(string name, IReadOnlyList<AbiParameter> inputs)
    {
        (Name, Inputs) = (name, inputs);
        types = [.. inputs.Select(p => p.Type)];
        Signature = $"{name}({string.Join(',', types.Select(t => t.Canonical))})";
        Hash = Keccak256.Hash(Signature);
    }

    /// <summary>The Solidity name.</summary>
    public string Name { get; }

    /// <summary>The parameters in order.</summary>
    public IReadOnlyList<AbiParameter> Inputs { get; }

    /// <summary>For instance <c>transfer(address,uint256)</c>.</summary>
    public string Signature { get; }

    /// <summary>Keccak-256 of <see cref="Signature"/>.</summary>
    public Bytes32 Hash { get; }

    /// <summary>The first four bytes of <see cref="Hash"/>.</summary>
    public ReadOnlySpan<byte> Selector => Hash.ToArray().AsSpan(0, 4);

    /// <summary>Selector and encoded parameters.</summary>
    public byte[] Encode(params IReadOnlyList<object> values) => [.. Selector, .. AbiEncoder.Encode(types, values)];

    /// <summary>The parameters after the selector.</summary>
    /// <exception cref="AbiException">Another selector, or no strict encoding of the parameters.</exception>
    public object[] Decode(ReadOnlySpan<byte> data)
    {
        if (!Matches(data))
            throw new AbiException($"the data does not start with the selector of {Signature}");
        return AbiDecoder.Decode(types, data[4..]);
    }

    /// <summary>True if the data starts with this selector.</summary>
    public bool Matches(ReadOnlySpan<byte> data) => data.StartsWith(Selector);

    /// <inheritdoc/>
    public override string ToString() => Signature;

    private protected static (string Name, IReadOnlyList<AbiParameter> Inputs, IReadOnlyList<AbiParameter> Outputs, bool Anonymous) Parse(string text)
    {
        var parser = new AbiTypeParser(text);
        var name = parser.Word();
        var inputs = parser.Parameters();
        var suffix = parser.Word();
        var outputs = suffix == "returns" ? parser.Parameters() : [];
        parser.ExpectEnd();
        return (name, inputs, outputs, suffix == "anonymous");
    }
}
