namespace Federation.Ethereum.Cryptography;

/// <summary>A key or signature that is invalid, or a signer that did not sign what was asked.</summary>
public sealed class SignatureException : Exception
{
    public SignatureException()
    {
    }

    public SignatureException(string message) : base(message)
    {
    }

    public SignatureException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
