using System.Numerics;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;

namespace Federation.Testing.Chain;

/// <summary>The contract refused; the message is its error's name.</summary>
public sealed class RevertException(string error) : Exception(error);

/// <summary>The lease machine and money rules of the LeaseManager contract, one call each, on one lease.</summary>
public static class LeaseContract
{
    public static StoredLease Match(LeaseTerms terms, BigInteger deposit)
    {
        if (deposit < Accrual.ClosingReserve(terms) + terms.MinCharge) throw new RevertException("DepositTooLow");
        return new StoredLease(terms, ChainLease.Unknown with { State = LeaseState.Reserved, Escrow = deposit });
    }

    public static StoredLease Activate(StoredLease stored, long time)
    {
        Require(stored.Lease.State == LeaseState.Reserved, "StateWrong");
        Require(time <= stored.Terms.ActivateBy, "ActivationTooLate");
        return With(stored, l => l with { State = LeaseState.Active, ActivatedAt = time, Through = time, EndsAt = time + stored.Terms.DurationSeconds });
    }

    public static StoredLease Refuse(StoredLease stored)
    {
        Require(stored.Lease.State == LeaseState.Reserved, "StateWrong");
        return Finish(With(stored, l => l with { Reason = CloseReason.Refused }), 0);
    }

    public static StoredLease TopUp(StoredLease stored, BigInteger amount)
    {
        Require(stored.Lease.State != LeaseState.Closed, "StateWrong");
        return With(stored, l => l with { Escrow = l.Escrow + amount });
    }

    /// <param name="caller">Tenant, Provider, or None for anybody else.</param>
    public static StoredLease Close(StoredLease stored, CloseReason caller, long time)
    {
        var (lease, terms) = (stored.Lease, stored.Terms);
        switch (lease.State)
        {
            case LeaseState.Reserved:
                Require(time > terms.ActivateBy || caller == CloseReason.Tenant, "NotParty");
                return Finish(With(stored, l => l with { Reason = time > terms.ActivateBy ? CloseReason.NotActivated : CloseReason.Tenant }), 0);
            case LeaseState.Active:
                var reason = time >= lease.EndsAt ? CloseReason.Term : lease.Escrow <= Accrual.ClosingReserve(terms) ? CloseReason.Escrow : caller;
                Require(reason != CloseReason.None, "NotParty");
                return With(stored, l => l with { State = LeaseState.Closing, Reason = reason, EndsAt = Math.Min(l.EndsAt, time + terms.NoticeSeconds) });
            case LeaseState.Closing:
                Require(time > lease.EndsAt + terms.SubmitSeconds, "NotYetClosable");
                return Finish(stored, OwedMinimum(stored));
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
        var cap = Accrual.RateCap(terms.Prices, terms.Resources, Math.Min(receipt.Through, lease.EndsAt) - lease.ActivatedAt);
        var earned = BigInteger.Min(Accrual.Price(terms.Prices, receipt.Usage), cap);
        var amount = BigInteger.Min(BigInteger.Max(0, earned - lease.Paid), lease.Escrow);
        var settled = Pay(With(stored, l => l with { Seq = receipt.Seq, Through = receipt.Through }), amount);
        return receipt.IsFinal && lease.State == LeaseState.Closing ? Finish(settled, OwedMinimum(settled)) : settled;
    }

    private static StoredLease Finish(StoredLease stored, BigInteger owed) =>
        With(Pay(stored, owed), l => l with { Escrow = 0, State = LeaseState.Closed });

    private static StoredLease Pay(StoredLease stored, BigInteger amount) => amount.IsZero ? stored
        : With(stored, l => l with { Escrow = l.Escrow - amount, Paid = l.Paid + amount }) with { Payments = stored.Payments.Add(amount) };

    private static BigInteger OwedMinimum(StoredLease stored) => stored.Lease.Reason == CloseReason.Provider ? 0
        : BigInteger.Min(BigInteger.Max(0, stored.Terms.MinCharge - stored.Lease.Paid), stored.Lease.Escrow);

    private static StoredLease With(StoredLease stored, Func<ChainLease, ChainLease> change) => stored with { Lease = change(stored.Lease) };

    private static void Require(bool condition, string error)
    {
        if (!condition) throw new RevertException(error);
    }
}
