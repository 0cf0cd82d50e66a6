namespace Federation.Ethereum.Client;

/// <summary>
/// A hint to look at the chain. Both members are null after each (re)connection: heads may have been missed.
/// </summary>
public sealed record NewHead(ulong? Number, Bytes32? Hash);

/// <summary>Limits of a subscription to new heads.</summary>
public sealed record NewHeadOptions
{
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Without a message for this long the connection is replaced: subscriptions stall silently.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The first wait before a reconnection; it doubles, with jitter, until a head arrives.</summary>
    public TimeSpan BaseDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(30);
}
