namespace Federation.Ethereum.Abi;

/// <summary>Data or values that do not fit an ABI type. The message names the type and what is wrong.</summary>
public sealed class AbiException : Exception
{
    public AbiException()
    {
    }

    public AbiException(string message) : base(message)
    {
    }

    public AbiException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
