using System.Numerics;

namespace Federation.Ethereum.Abi;

/// <summary>A call of one contract function with its arguments. Generated records derive from this.</summary>
public abstract record FunctionMessage
{
    /// <summary>Wei sent along; 0 unless the function is payable.</summary>
    public BigInteger AmountToSend { get; init; }

    /// <summary>The function called.</summary>
    public abstract FunctionAbi Function { get; }

    /// <summary>Selector and arguments: the data of the call or transaction.</summary>
    /// <exception cref="AbiException">An argument that does not fit its type.</exception>
    public byte[] EncodeCall() => Function.Encode(ToAbi());

    /// <summary>The arguments in order.</summary>
    public abstract object[] ToAbi();
}

/// <summary>A call whose results are <typeparamref name="TOutput"/>.</summary>
public abstract record FunctionMessage<TOutput> : FunctionMessage
{
    /// <summary>Decodes what the call returned.</summary>
    /// <exception cref="AbiException">Data that is no strict encoding of the results.</exception>
    public abstract TOutput DecodeOutput(ReadOnlySpan<byte> data);
}
