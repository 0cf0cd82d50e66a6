namespace Federation.Ethereum.Abi;

/// <summary>A C# type that stands for a Solidity struct; it knows its members in ABI order.</summary>
public interface IAbiTuple
{
    /// <summary>The struct's type.</summary>
    AbiType Type { get; }

    /// <summary>The members in ABI order, each in a form that <see cref="AbiEncoder"/> takes.</summary>
    object[] ToAbi();
}

/// <summary>A struct that can also be built from decoded members.</summary>
public interface IAbiTuple<TSelf> : IAbiTuple
    where TSelf : IAbiTuple<TSelf>
{
    /// <summary>The struct's type.</summary>
    static abstract AbiType AbiType { get; }

    /// <summary>Builds the struct from members as <see cref="AbiDecoder"/> returns them.</summary>
    static abstract TSelf FromAbi(IReadOnlyList<object> values);
}
