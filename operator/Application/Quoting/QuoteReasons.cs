namespace Federation.Application.Quoting;

/// <summary>Why somebody gets nothing, whatever it asks for.</summary>
public static class QuoteReasons
{
    /// <summary>Nobody has signed that it asks.</summary>
    public const string SignatureMissing = nameof(SignatureMissing);

    /// <summary>Not who would pay has signed, or for another Request, market or chain.</summary>
    public const string SignatureInvalid = nameof(SignatureInvalid);

    /// <summary>Another replica of the operator answers, or will in some seconds.</summary>
    public const string NotLeading = nameof(NotLeading);

    /// <summary>Nothing shows that the network enforces NetworkPolicy, and the administrator does not take leases without.</summary>
    public const string NetworkNotIsolated = nameof(NetworkNotIsolated);

    /// <summary>The datacenter's clock and the chain's differ: an Offer until a time would end at another.</summary>
    public const string ClockDiffers = nameof(ClockDiffers);

    /// <summary>The operator's key cannot be had: a lease could be neither activated nor settled.</summary>
    public const string SignerUnavailable = nameof(SignerUnavailable);

    /// <summary>What the operator sent before cannot be read, and nothing is sent beside it.</summary>
    public const string JournalUnreadable = nameof(JournalUnreadable);

    /// <summary>The operator's key has no ether for gas.</summary>
    public const string WalletEmpty = nameof(WalletEmpty);

    /// <summary>What a lease would use could not be measured, and has not been for a while.</summary>
    public const string MetersUnavailable = nameof(MetersUnavailable);
}
