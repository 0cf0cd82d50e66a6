namespace Federation.Ethereum.JsonRpc;

/// <summary>Limits of one JSON-RPC connection.</summary>
public sealed record JsonRpcOptions
{
    /// <summary>How long one HTTP request may take, the answer's body included.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Repetitions of an idempotent read after a transient transport fault.</summary>
    public int MaxRetries { get; init; } = 4;

    /// <summary>The first wait between attempts; it doubles, with jitter.</summary>
    public TimeSpan BaseDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest wait between attempts, whatever the server asks for.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Calls in one HTTP request; hosted nodes cap it, some at 100.</summary>
    public int MaxBatchSize { get; init; } = 100;

    /// <summary>Longer answers are refused unread: a node must not be able to fill our memory.</summary>
    public long MaxResponseBytes { get; init; } = 64 * 1024 * 1024;
}
