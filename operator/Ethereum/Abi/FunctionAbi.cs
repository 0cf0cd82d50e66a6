namespace Federation.Ethereum.Abi;

/// <summary>A function's name, parameters and results.</summary>
public sealed class FunctionAbi(string name, IReadOnlyList<AbiParameter> inputs, IReadOnlyList<AbiParameter> outputs)
    : AbiSignature(name, inputs)
{
    private readonly AbiType[] results = [.. outputs.Select(p => p.Type)];

    /// <summary>The results in order.</summary>
    public IReadOnlyList<AbiParameter> Outputs { get; } = outputs;

    /// <summary>Reads <c>transfer(address to,uint256 value) returns (bool)</c>.</summary>
    public static new FunctionAbi Parse(string text)
    {
        var (name, inputs, outputs, _) = AbiSignature.Parse(text);
        return new FunctionAbi(name, inputs, outputs);
    }

    /// <summary>Encodes results, as a contract does on return.</summary>
    public byte[] EncodeOutput(params IReadOnlyList<object> values) => AbiEncoder.Encode(results, values);

    /// <summary>Decodes what a call returned.</summary>
    /// <exception cref="AbiException">Data that is no strict encoding; empty data mostly means an address without code.</exception>
    public object[] DecodeOutput(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty && results.Length > 0)
            throw new AbiException($"{Signature} returned nothing: is there a contract at the address?");
        return AbiDecoder.Decode(results, data);
    }
}
