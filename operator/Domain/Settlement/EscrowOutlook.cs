using System.Numerics;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;

namespace Federation.Domain.Settlement;

/// <summary>Where a lease's money stands once the usage measured so far is claimed.</summary>
/// <param name="Due">What measured usage costs with the start fee, cumulative, never above what the reserved capacity could have cost.</param>
/// <param name="Unclaimed">Due and not yet claimed, at most the escrow.</param>
/// <param name="Remaining">Escrow after that is claimed.</param>
/// <param name="Reserve">What must stay for the notice.</param>
/// <param name="FullLoadMsLeft">Milliseconds of full load from the measured point on until the reserve is touched; while closing, until nothing is left.</param>
/// <param name="EndsAt">Unix seconds when settled escrow reaches the reserve at full load from the last settlement on.</param>
public sealed record EscrowOutlook(BigInteger Due, BigInteger Unclaimed, BigInteger Remaining, BigInteger Reserve, long FullLoadMsLeft, long EndsAt)
{
    /// <summary>The lease has to be closed: what is left is needed for its notice.</summary>
    public bool IsExhausted => Remaining <= Reserve;

    /// <summary>All that the tenant put in is used up.</summary>
    public bool IsEmpty => Remaining <= 0;

    /// <param name="throughSeconds">Unix seconds that usage is measured until, the contract's bound of what it pays; null: the block's time.</param>
    /// <param name="downSeconds">Cumulative seconds in which the workload should have been ready and was not.</param>
    public static EscrowOutlook Of(LeaseView view, UsageVector usage, long? throughSeconds = null, uint downSeconds = 0)
    {
        var (lease, terms) = (view.Confirmed, view.Terms);
        var through = throughSeconds ?? view.BlockTime;
        var until = lease.EndsAt > 0 ? Math.Min(through, lease.EndsAt) : through;
        var active = Math.Max(0, until - lease.ActivatedAt);
        var cap = terms.StartFee + Accrual.RateCap(terms.Prices, terms.Resources, active) + lease.CapOffset;
        var due = BigInteger.Max(0, BigInteger.Min(Accrual.Due(terms, usage, downSeconds) + lease.DueOffset, cap));
        var unclaimed = BigInteger.Min(BigInteger.Max(0, due - lease.Claimed), lease.Escrow);
        var remaining = lease.Escrow - unclaimed;
        var reserve = Accrual.ClosingReserve(terms);
        var spendable = lease.State == LeaseState.Closing ? remaining : remaining - reserve;
        return new EscrowOutlook(due, unclaimed, remaining, reserve, FullLoadMs(terms, spendable), EndAtFullLoad(view, reserve));
    }

    // From settled figures only: it moves with a settlement or a top-up, not with every block.
    private static long EndAtFullLoad(LeaseView view, BigInteger reserve)
    {
        var (lease, terms) = (view.Confirmed, view.Terms);
        var (from, termEnd) = (Math.Max(lease.Through, lease.ActivatedAt), lease.ActivatedAt + terms.DurationSeconds);
        var perDay = Accrual.RateCap(terms.Prices, terms.Resources, SecondsPerDay);
        if (perDay.IsZero) return termEnd;
        var feeToCome = BigInteger.Max(0, terms.StartFee - lease.Claimed);
        return (long)BigInteger.Min(from + BigInteger.Max(0, lease.Escrow - reserve - feeToCome) * SecondsPerDay / perDay, termEnd);
    }

    private static long FullLoadMs(LeaseTerms terms, BigInteger spendable)
    {
        var perDay = Accrual.RateCap(terms.Prices, terms.Resources, SecondsPerDay);
        if (perDay.IsZero) return long.MaxValue;
        return (long)BigInteger.Min(BigInteger.Max(0, spendable) * SecondsPerDay * 1000 / perDay, long.MaxValue);
    }

    private const int SecondsPerDay = 86_400;
}
