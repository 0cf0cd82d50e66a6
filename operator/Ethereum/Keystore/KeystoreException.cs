namespace Federation.Ethereum.Keystore;

/// <summary>A keystore file that cannot be opened; the message says why. Never contains the password or the key.</summary>
public sealed class KeystoreException : Exception
{
    public KeystoreException()
    {
    }

    public KeystoreException(string message) : base(message)
    {
    }

    public KeystoreException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
