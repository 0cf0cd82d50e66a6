using Federation.Application.Metering;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Application.Watching;

namespace Federation.Application.Reconciling;

/// <summary>What the operator last knew of the chain: read by readiness, metrics and the Datacenter's status.</summary>
public sealed class OperatorHealth(TimeProvider clock)
{
    private volatile ChainTime? chainTime;
    private long termSince = clock.GetTimestamp();
    private long lastPoll;
    private DateTimeOffset pollStart;
    private volatile ChainSeenAt? seen;

    public LedgerHead? Head { get; private set; }

    /// <summary>The last picture of this term and when reading it began; null before there is one.</summary>
    public ChainSeenAt? Seen => seen;

    public int Leases { get; private set; }

    /// <summary>Why the chain cannot be read now; null when it can.</summary>
    public string? ChainError { get; private set; } = "The chain has not been read yet.";

    /// <summary>
    /// The time that windows are cut and waiting ends by: this machine's, but never ahead of the chain's by more than the
    /// tolerance. A clock that is ahead would close windows before their samples are there and end what is kept too early.
    /// </summary>
    public DateTimeOffset Now => Bounded(clock.GetUtcNow());

    /// <summary>This machine's clock as it is: what happens here happens by it, however far behind the chain is.</summary>
    public DateTimeOffset OwnClock => clock.GetUtcNow();

    /// <summary>Why nothing is promised by this machine's clock; null when it agrees with the chain's, or nothing is known of that.</summary>
    public string? ClockProblem => chainTime is null ? null : ClockRules.Problem(clock.GetUtcNow() - ChainNow(chainTime));

    /// <summary>What was last known of the key that sends; null before it was asked.</summary>
    public SenderStanding? Sender { get; private set; }

    /// <summary>Why nothing may be promised now, whatever is asked for; null when something may.</summary>
    public QuoteRefusal? Refusal => ClockProblem is { } wrong ? new QuoteRefusal(QuoteReasons.ClockDiffers, wrong) : (Sender is { } sender ? SenderRules.Refusal(sender) : null) ?? MeterWatch.Refusal(Meters);

    /// <summary>Whether what leases use can be read; null before anybody looked.</summary>
    public MeterStanding? Meters { get; private set; }

    /// <summary>How long the chain has had no new block, or none was heard of, in this term: what there was before, another one may have heard.</summary>
    public TimeSpan ChainSilence => clock.GetElapsedTime(Math.Max(termSince, chainTime?.SeenAt ?? 0));

    /// <summary>Why the evidence of metering cannot be kept, and what to do; null when it can, or nobody wants it.</summary>
    public string? EvidenceProblem { get; private set; }

    /// <summary>There is a place for the evidence of metering.</summary>
    public bool KeepsEvidence { get; private set; }

    public void EvidenceSeen(string? problem) => (KeepsEvidence, EvidenceProblem) = (true, problem);

    public void MetersSeen(MeterStanding standing) => Meters = standing;

    public bool IsPollDue(TimeSpan interval)
    {
        if (PollPause(interval) > TimeSpan.Zero) return false;
        (lastPoll, pollStart) = (clock.GetTimestamp(), clock.GetUtcNow());
        return true;
    }

    /// <summary>Until a poll is due when one is each <paramref name="interval"/>.</summary>
    public TimeSpan PollPause(TimeSpan interval)
    {
        if (lastPoll == 0) return TimeSpan.Zero;
        var left = interval - clock.GetElapsedTime(lastPoll);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    public void ChainSeen(ChainPicture picture)
    {
        if (Head is not { } before || (before.Latest, before.LatestTime) != (picture.Head.Latest, picture.Head.LatestTime) || chainTime is null)
            chainTime = new ChainTime(DateTimeOffset.FromUnixTimeSeconds(picture.Head.LatestTime), lastPoll != 0 ? lastPoll : clock.GetTimestamp());
        Head = picture.Head;
        Leases = picture.Views.Count;
        seen = new ChainSeenAt(picture, Bounded(pollStart));
        ChainError = null;
    }

    public void SenderSeen(SenderStanding standing) => Sender = standing;

    public void ChainFailed(string error) => ChainError = error;

    /// <summary>A new term begins: what another one saw of the chain says nothing about what was promised since.</summary>
    public void BeginTerm() => (seen, lastPoll, termSince) = (null, 0, clock.GetTimestamp());

    private DateTimeOffset Bounded(DateTimeOffset machine) =>
        chainTime is { } known && machine - ChainNow(known) > ClockRules.Tolerance ? ChainNow(known) : machine;

    // Blocks may be rare: from one to the next it goes on by the time that passes here, which no setting of the clock changes.
    private DateTimeOffset ChainNow(ChainTime known) => known.Block + clock.GetElapsedTime(known.SeenAt);

    private sealed record ChainTime(DateTimeOffset Block, long SeenAt);
}

/// <param name="At">The time before it was read, not ahead of the chain's.</param>
public sealed record ChainSeenAt(ChainPicture Picture, DateTimeOffset At);
