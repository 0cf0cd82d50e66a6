namespace Federation.Ethereum.Rlp;

/// <summary>Bytes that are no canonical RLP, or an item of another shape than expected.</summary>
public sealed class RlpException : Exception
{
    public RlpException()
    {
    }

    public RlpException(string message) : base(message)
    {
    }

    public RlpException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
