namespace Federation.Application.Access;

/// <summary>Why nobody is signed in. CamelCase, stable.</summary>
public static class AccessReasons
{
    public const string AccessOff = "AccessOff";

    public const string MessageInvalid = "MessageInvalid";

    public const string NonceInvalid = "NonceInvalid";

    public const string NonceUsed = "NonceUsed";

    public const string LeaseMissing = "LeaseMissing";

    public const string SignatureInvalid = "SignatureInvalid";

    public const string TooManySignIns = "TooManySignIns";

    public const string NotReady = "NotReady";

    public const string ChainUnavailable = "ChainUnavailable";
}
