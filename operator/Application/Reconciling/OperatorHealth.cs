using Federation.Application.Ports;
using Federation.Application.Watching;

namespace Federation.Application.Reconciling;

/// <summary>What the operator last knew of the chain: read by readiness, metrics and the Datacenter's status.</summary>
public sealed class OperatorHealth(TimeProvider clock)
{
    private long lastPoll;
    private DateTimeOffset pollStart;
    private volatile ChainSeenAt? seen;

    public LedgerHead? Head { get; private set; }

    /// <summary>The last picture of this term and when reading it began; null before there is one.</summary>
    public ChainSeenAt? Seen => seen;

    public int Leases { get; private set; }

    /// <summary>Why the chain cannot be read now; null when it can.</summary>
    public string? ChainError { get; private set; } = "The chain has not been read yet.";

    public bool IsPollDue(TimeSpan interval)
    {
        if (lastPoll != 0 && clock.GetElapsedTime(lastPoll) < interval) return false;
        (lastPoll, pollStart) = (clock.GetTimestamp(), clock.GetUtcNow());
        return true;
    }

    public void ChainSeen(ChainPicture picture)
    {
        Head = picture.Head;
        Leases = picture.Views.Count;
        seen = new ChainSeenAt(picture, pollStart);
        ChainError = null;
    }

    public void ChainFailed(string error) => ChainError = error;

    /// <summary>A new term begins: what another one saw of the chain says nothing about what was promised since.</summary>
    public void BeginTerm() => (seen, lastPoll) = (null, 0);
}

/// <param name="At">This machine's clock before it was read.</param>
public sealed record ChainSeenAt(ChainPicture Picture, DateTimeOffset At);
