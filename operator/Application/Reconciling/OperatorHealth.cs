using System.Numerics;
using Federation.Application.Ports;
using Federation.Application.Watching;

namespace Federation.Application.Reconciling;

/// <summary>What the operator last knew of the chain: read by readiness, metrics and the Datacenter's status.</summary>
public sealed class OperatorHealth(TimeProvider clock)
{
    private long lastPoll;

    public LedgerHead? Head { get; private set; }

    public int Leases { get; private set; }

    /// <summary>Why the chain cannot be read now; null when it can.</summary>
    public string? ChainError { get; private set; } = "The chain has not been read yet.";

    public bool IsPollDue(TimeSpan interval)
    {
        if (lastPoll != 0 && clock.GetElapsedTime(lastPoll) < interval) return false;
        lastPoll = clock.GetTimestamp();
        return true;
    }

    /// <summary>Smallest units paid by the leases that are still here.</summary>
    public BigInteger Earned { get; private set; }

    public void ChainSeen(ChainPicture picture)
    {
        Head = picture.Head;
        Leases = picture.Views.Count;
        Earned = picture.Views.Values.Aggregate(BigInteger.Zero, (sum, view) => sum + view.Confirmed.Paid);
        ChainError = null;
    }

    public void ChainFailed(string error) => ChainError = error;
}
