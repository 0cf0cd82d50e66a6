namespace Federation.Ethereum.Abi;

/// <summary>A custom error: its encoding is that of a call.</summary>
public sealed class ErrorAbi(string name, IReadOnlyList<AbiParameter> inputs) : AbiSignature(name, inputs)
{
    /// <summary>What <c>require(false, text)</c> and <c>revert(text)</c> return.</summary>
    public static readonly ErrorAbi Error = Parse("Error(string reason)");

    /// <summary>What failed assertions, overflows, bad array indices and the like return.</summary>
    public static readonly ErrorAbi Panic = Parse("Panic(uint256 code)");

    /// <summary>Reads <c>InsufficientBalance(uint256 available,uint256 required)</c>.</summary>
    public static new ErrorAbi Parse(string text)
    {
        var (name, inputs, _, _) = AbiSignature.Parse(text);
        return new ErrorAbi(name, inputs);
    }
}
