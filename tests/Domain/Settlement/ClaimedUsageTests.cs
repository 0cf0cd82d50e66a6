using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Domain.Usage;
using Federation.Testing.Builders;

namespace Federation.Domain.Tests.Settlement;

/// <summary>Usage that is left out of what a tenant countersigns is charged later, by the terms that follow.</summary>
public sealed class ClaimedUsageTests
{
    private const long Activated = 1_000;
    private const long Now = 100_000;

    private static readonly ChainLease Lease = ChainLease.Unknown with { State = LeaseState.Active, ActivatedAt = Activated, Amendments = 1, Escrow = 1_000_000 };

    private static readonly LeaseTerms Dearer = Some.Terms with { Prices = Some.Prices with { Cpu = Some.Prices.Cpu * 2 } };

    private static readonly UsageVector Used = new(5_000_000, 1_000, 1_000, 1_000, 1_000, 0);

    // All of it would be charged a second time, as far as the cap has room.
    [Fact]
    public void LessThanTheLastReceipt_IsRefused_WhateverTheTerms()
    {
        var last = new SettledUsage(Used, Now - 60, 0);
        Assert.Null((Claim(Used) with { Last = last }).FaultOf(Now));
        Assert.Null((Claim(Used) with { Last = last, Next = Dearer, Status = Used }).FaultOf(Now));
        foreach (var next in new[] { null, Some.Terms, Dearer })
        {
            Assert.Contains("charged twice", (Claim(UsageVector.Zero) with { Last = last, Next = next }).FaultOf(Now)!, StringComparison.Ordinal);
            Assert.Contains("4999999 cpuMilliSeconds", (Claim(Used with { CpuMilliSeconds = 4_999_999 }) with { Last = last, Next = next }).FaultOf(Now)!, StringComparison.Ordinal);
        }
    }

    // The chain's own sum says so too, without the last receipt.
    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void LessThanWasSettled_IsRefused_WithoutTheLastReceipt(int more, bool isTaken)
    {
        var settled = Lease with { Claimed = Accrual.Due(Some.Terms, Used, 0) + 7 + more, DueOffset = 7 };
        Assert.Equal(isTaken, (Claim(Used) with { Lease = settled }).FaultOf(Now) is null);
        // What was down since is credited: that makes it less, and is nobody's fault.
        if (isTaken) Assert.Null((Claim(Used) with { Lease = settled, DownSeconds = 3 }).FaultOf(Now));
        Assert.Contains("charged twice", (Claim(UsageVector.Zero) with { Lease = settled, Next = Dearer }).FaultOf(Now)!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(7_200, true)]
    [InlineData(7_201, false)]
    public void DearerTerms_AreNotTakenWithAnOldReading(long age, bool isTaken)
    {
        var fault = (Claim(Used, Now - age) with { Next = Dearer, Status = Used }).FaultOf(Now);
        Assert.Equal(isTaken, fault is null);
        if (!isTaken) Assert.Contains("would cost the new ones", fault!, StringComparison.Ordinal);
        // Nothing gets dearer: what was used until now costs what was agreed.
        Assert.Null((Claim(Used, Now - age) with { Next = Some.Terms }).FaultOf(Now));
        Assert.Null(Claim(Used, Now - age).FaultOf(Now));
    }

    // Two cores are reserved: a window that was closed between the signature and the look is no reason.
    [Theory]
    [InlineData(2_000 * 61, true)]
    [InlineData((2_000 * 61) + 1, false)]
    public void DearerTerms_AreNotTakenWithUsageLeftOut(ulong leftOut, bool isTaken)
    {
        var known = Used with { CpuMilliSeconds = Used.CpuMilliSeconds + leftOut };
        var byStatus = (Claim(Used) with { Next = Dearer, Status = known }).FaultOf(Now);
        var evidence = UsagePosition.StartingAt(Now * 1_000) with { CpuNanoSeconds = (UInt128)known.CpuMilliSeconds * 1_000_000 };
        var byEvidence = (Claim(Used with { MemoryMiBSeconds = 0, StorageMiBSeconds = 0, EgressKiB = 0, GpuMilliSecondsA = 0 }) with { Next = Dearer, Measured = evidence }).FaultOf(Now);
        Assert.Equal((isTaken, isTaken), (byStatus is null, byEvidence is null));
        if (isTaken) return;
        Assert.Contains("the lease's own status says", byStatus!, StringComparison.Ordinal);
        Assert.Contains("its evidence shows", byEvidence!, StringComparison.Ordinal);
        Assert.Null((Claim(Used) with { Next = Some.Terms, Status = known }).FaultOf(Now));
    }

    [Fact]
    public void DearerTerms_AreNotTakenUnseen()
    {
        Assert.Contains("nothing shows what was used", (Claim(UsageVector.Zero) with { Next = Dearer }).FaultOf(Now)!, StringComparison.Ordinal);
        Assert.Null((Claim(UsageVector.Zero) with { Next = Some.Terms }).FaultOf(Now));
        Assert.Null((Claim(UsageVector.Zero) with { Next = Dearer, Status = UsageVector.Zero }).FaultOf(Now));
        // There is little that it can leave out.
        Assert.Null((Claim(UsageVector.Zero) with { Next = Dearer, Lease = Lease with { ActivatedAt = Now - 7_200 } }).FaultOf(Now));
        Assert.Null((Claim(UsageVector.Zero) with { Next = Dearer, Last = new SettledUsage(UsageVector.Zero, Now - 7_200, 0) }).FaultOf(Now));
    }

    // What evidence shows of the time after the reading is not in it.
    [Fact]
    public void EvidenceOfALaterTime_IsNoReason()
    {
        var known = Used with { CpuMilliSeconds = Used.CpuMilliSeconds + (2_000 * (600 + 61)) };
        var evidence = UsagePosition.StartingAt(Now * 1_000) with { CpuNanoSeconds = (UInt128)known.CpuMilliSeconds * 1_000_000 };
        var claim = Claim(UsageVector.Zero with { CpuMilliSeconds = Used.CpuMilliSeconds }, Now - 600) with { Next = Dearer, Measured = evidence };
        Assert.Null(claim.FaultOf(Now));
        Assert.NotNull((claim with { Through = Now - 599 }).FaultOf(Now));
    }

    // The older the evidence, the more is reserved since: it would leave all of it to be claimed.
    [Theory]
    [InlineData(0, 0, false)]
    [InlineData(7_200, 0, false)]
    [InlineData(7_201, 0, true)]
    [InlineData(60, 60, false)]
    [InlineData(61, 60, true)]
    public void EvidenceThatIsOld_ProvesNothing(long age, long settled, bool isUnproved)
    {
        var claim = Claim(Used) with { Last = settled > 0 ? new SettledUsage(UsageVector.Zero, Now - settled, 0) : null, Status = Used };
        Assert.Equal((true, false), (claim.IsUnproved, claim.IsUnseen));
        Assert.Equal(isUnproved, (claim with { Measured = UsagePosition.StartingAt((Now - age) * 1_000) }).IsUnproved);
        // Nothing is to be proved where nothing is paid.
        Assert.False((claim with { Usage = UsageVector.Zero }).IsUnproved);
    }

    private static ClaimedUsage Claim(UsageVector usage, long through = Now) => new(Some.Terms, Lease, usage, through, 0);
}
