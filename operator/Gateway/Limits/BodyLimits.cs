namespace Federation.Gateway.Limits;

/// <summary>What of a stranger's body is waited for: so long, and so many at a time of one address.</summary>
/// <remarks>There is no number for all: a few addresses would use it up, and everybody else were refused. Of all there are as many as there may be connections.</remarks>
internal sealed class BodyLimits(TimeProvider clock)
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private const int PerCaller = 16;
    // A body that is there is read in no time: these wait for a busy machine, not for each other.
    private const int Waiting = 64;

    private readonly KeyedSlots slots = new(PerCaller, Waiting);

    /// <returns>Ends it when disposed of; null: too many come from there.</returns>
    public ValueTask<IDisposable?> TakeAsync(string caller, CancellationToken cancellation) => slots.TakeAsync(caller, cancellation);

    /// <summary>Ends when a body has taken too long.</summary>
    public CancellationTokenSource NewPatience() => new(Patience, clock);
}
