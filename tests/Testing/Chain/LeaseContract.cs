using System.Numerics;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Results;
using Federation.Domain.Settlement;

namespace Federation.Testing.Chain;

/// <summary>The contract refused; the message is its error's name.</summary>
public sealed class RevertException(string error) : Exception(error);

/// <summary>The lease machine and money rules of the LeaseManager contract, one call each, on one lease.</summary>
public static class LeaseContract
{
    public static StoredLease Match(LeaseTerms terms, BigInteger deposit)
    {
        if (deposit < Accrual.ClosingReserve(terms) + terms.StartFee + terms.MinCharge) throw new RevertException("DepositTooLow");
        return new StoredLease(terms, ChainLease.Unknown with { State = LeaseState.Reserved, Escrow = deposit });
    }

    public static StoredLease Activate(StoredLease stored, long time)
    {
        Require(stored.Lease.State == LeaseState.Reserved, "StateWrong");
        Require(time <= stored.Terms.ActivateBy, "ActivationTooLate");
        return With(stored, l => l with { State = LeaseState.Active, ActivatedAt = time, Through = time, EndsAt = time + stored.Terms.DurationSeconds });
    }

    public static StoredLease Refuse(StoredLease stored, long time)
    {
        Require(stored.Lease.State == LeaseState.Reserved, "StateWrong");
        Require(time <= stored.Terms.ActivateBy, "ActivationTooLate");
        return Finish(With(stored, l => l with { Reason = CloseReason.Refused }), 0);
    }

    public static StoredLease TopUp(StoredLease stored, BigInteger amount)
    {
        Require(stored.Lease.State != LeaseState.Closed, "StateWrong");
        return With(stored, l => l with { Escrow = l.Escrow + amount });
    }

    public static StoredLease AmendSpec(StoredLease stored, string specHash)
    {
        Require(stored.Lease.State == LeaseState.Active, "StateWrong");
        return stored with { Terms = stored.Terms with { SpecHash = specHash }, Amendments = stored.Amendments + 1 };
    }

    /// <param name="caller">Tenant, Provider, or None for anybody else.</param>
    /// <param name="expected">The reason that the caller has in mind; None: any.</param>
    public static StoredLease Close(StoredLease stored, CloseReason caller, long time, CloseReason expected = CloseReason.None)
    {
        var (lease, terms) = (stored.Lease, stored.Terms);
        void Expect(CloseReason actual) => Require(expected == CloseReason.None || expected == actual, "ReasonDiffers");
        switch (lease.State)
        {
            case LeaseState.Reserved:
                var late = time > terms.ActivateBy;
                Require(late || caller == CloseReason.Tenant, "NotParty");
                Expect(late ? CloseReason.NotActivated : CloseReason.Tenant);
                return late
                    ? Finish(With(stored, l => l with { Reason = CloseReason.NotActivated, Slashed = terms.Parameters.Penalty }), 0)
                    : Finish(With(stored, l => l with { Reason = CloseReason.Tenant }), BigInteger.Min(terms.ReservationFee, lease.Escrow));
            case LeaseState.Active:
                var reason = time >= lease.EndsAt ? CloseReason.Term : lease.Escrow <= Accrual.ClosingReserve(terms) ? CloseReason.Escrow : caller;
                Require(reason != CloseReason.None, "NotParty");
                Expect(reason);
                return With(stored, l => l with { State = LeaseState.Closing, Reason = reason, EndsAt = Math.Min(l.EndsAt, time + terms.NoticeSeconds) });
            case LeaseState.Closing:
                Require(time > lease.EndsAt + terms.Parameters.SubmitSeconds, "NotYetClosable");
                return Finish(Roll(stored, time), OwedMinimum(stored));
            default:
                throw new RevertException("StateWrong");
        }
    }

    public static StoredLease Settle(StoredLease stored, Receipt receipt, long time)
    {
        var (lease, terms) = (stored.Lease, stored.Terms);
        Require(lease.State is LeaseState.Active or LeaseState.Closing, "StateWrong");
        Require(receipt.Seq > lease.Seq, "SeqTooLow");
        Require(receipt.Through <= time && receipt.Through >= lease.Through, "ThroughInvalid");
        Require(receipt.EvidenceRoot.Length == 66, "EncodingInvalid");
        var cap = terms.StartFee + Accrual.RateCap(terms.Prices, terms.Resources, Math.Min(receipt.Through, lease.EndsAt) - lease.ActivatedAt) + lease.CapOffset;
        var due = BigInteger.Max(0, Accrual.Due(terms, receipt.Usage, receipt.DownSeconds) + lease.DueOffset);
        var amount = BigInteger.Min(BigInteger.Max(0, BigInteger.Min(due, cap) - lease.Claimed), lease.Escrow);
        var settled = Claim(Roll(With(stored, l => l with { Seq = receipt.Seq, Through = receipt.Through }), time), amount) with { Settled = receipt };
        if (!receipt.IsFinal || lease.State != LeaseState.Closing) return settled;
        var leaves = time < lease.EndsAt && lease.Reason != CloseReason.Tenant;
        return Finish(leaves ? With(settled, l => l with { Reason = CloseReason.Provider, Slashed = terms.Parameters.Penalty }) : settled, OwedMinimum(settled));
    }

    public static StoredLease PostResult(StoredLease stored, ResultOutcome outcome)
    {
        Require(stored.Lease.State is LeaseState.Active or LeaseState.Closing, "LeaseNotRun");
        Require(!stored.IsReplica, "ReplicaIsPart");
        Require(stored.Results.Count == 0, "ResultExists");
        return stored with { Results = stored.Results.Add(outcome) };
    }

    public static StoredLease Collect(StoredLease stored, long time)
    {
        var after = Free(Roll(stored, time));
        Require(after.Lease.Paid > stored.Lease.Paid || after.Lease.IsSliceFreed != stored.Lease.IsSliceFreed, "NothingPending");
        return after;
    }

    private static StoredLease Finish(StoredLease stored, BigInteger owed)
    {
        var paid = owed.IsZero ? stored : With(stored, l => l with { Escrow = l.Escrow - owed, Claimed = l.Claimed + owed }) with { Payments = stored.Payments.Add(owed) };
        return Free(With(paid, l => l with { Escrow = 0, State = LeaseState.Closed }));
    }

    private static StoredLease Claim(StoredLease stored, BigInteger amount) =>
        With(stored, l => l with { Escrow = l.Escrow - amount, Claimed = l.Claimed + amount, Ring = l.Ring with { New = l.Ring.New + amount } });

    // Pays what has matured and moves the buckets on.
    private static StoredLease Roll(StoredLease stored, long time)
    {
        var (ring, length) = (stored.Lease.Ring, stored.Terms.Parameters.MaturitySeconds);
        var bucket = (uint)(time / length);
        if (bucket == ring.Bucket) return stored;
        var matured = ring.Matured(time, length);
        var next = new MaturityRing(bucket == ring.Bucket + 1 ? ring.New : 0, 0, bucket);
        return With(stored, l => l with { Ring = next }) with { Payments = matured.IsZero ? stored.Payments : stored.Payments.Add(matured) };
    }

    private static StoredLease Free(StoredLease stored) =>
        stored.Lease is { State: LeaseState.Closed, ActivatedAt: > 0 } && stored.Lease.Ring.Pending.IsZero ? With(stored, l => l with { IsSliceFreed = true }) : stored;

    private static BigInteger OwedMinimum(StoredLease stored) => stored.Lease.Reason == CloseReason.Provider ? 0
        : BigInteger.Min(BigInteger.Max(0, stored.Terms.MinCharge - stored.Lease.Claimed), stored.Lease.Escrow);

    private static StoredLease With(StoredLease stored, Func<ChainLease, ChainLease> change) => stored with { Lease = change(stored.Lease) };

    private static void Require(bool condition, string error)
    {
        if (!condition) throw new RevertException(error);
    }
}
