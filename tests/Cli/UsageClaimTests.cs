using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Chain.Tenancy;
using Federation.Cli.Buying;
using Federation.Cli.Output;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Usage;
using Federation.Testing.Builders;

namespace Federation.Cli.Tests;

/// <summary>Usage that a longer term comes with is what the lease can have used, or is refused.</summary>
public sealed class UsageClaimTests
{
    private const long Activated = 1_000;

    private static readonly ArchivedLease Lease = new(Some.LeaseId(1), Some.Terms with { Prices = Some.Terms.Prices with { GpuB = 1 } }, ChainLease.Unknown with { State = LeaseState.Active, ActivatedAt = Activated, Escrow = 1_000_000 }, 1, 1_000_000);

    // Ten seconds at full load: 2 cores, 4 GiB, 2 GiB of disk, 1 MiB a second, one GPU; and the second that the end is rounded to.
    private static readonly UsageVector Most = new(22_000, 45_056, 22_528, 11_264, 11_000, 0);

    [Fact]
    public void AllThatIsReserved_CanHaveBeenUsed_AndNothingBeyond()
    {
        Assert.Null(Claim(Most).FaultOf(1_010));
        UsageVector[] more =
        [
            Most with { CpuMilliSeconds = 22_001 }, Most with { MemoryMiBSeconds = 45_057 }, Most with { StorageMiBSeconds = 22_529 }, Most with { EgressKiB = 11_265 },
            Most with { GpuMilliSecondsA = 11_001 }, Most with { GpuMilliSecondsB = 1 },
        ];
        Assert.All(more, usage => Assert.Contains("what is reserved comes to", Claim(usage).FaultOf(1_010)!, StringComparison.Ordinal));
    }

    // Every pod sends something, no workload reserves it, and nobody pays for it.
    [Fact]
    public void WhatHasNoPrice_IsMeteredAllTheSame()
    {
        var free = Lease with { Terms = Lease.Terms with { Prices = Lease.Terms.Prices with { Egress = 0 }, Resources = Lease.Terms.Resources with { EgressKiBps = 0 } } };
        Assert.Null((Claim(Most) with { Lease = free, Status = Most with { EgressKiB = 0 } }).FaultOf(1_010));
    }

    [Fact]
    public void TimeToCome_AndDowntimeTakenBack_AreNamed()
    {
        Assert.Contains("It claims to have measured until", Claim(Most).FaultOf(1_009)!, StringComparison.Ordinal);
        var last = new ArchivedSettlement(1, "", 1, 1_005, UsageVector.Zero, 7, 0, 0, 0, false, "");
        Assert.Contains("0 s of downtime, and the last receipt 7 s", (Claim(Most) with { Last = last }).FaultOf(1_010)!, StringComparison.Ordinal);
    }

    [Fact]
    public void MoreThanTheLeasesOwnStatusSays_IsNamed()
    {
        var status = JsonNode.Parse("""{"status":{"usage":{"cpuNanoSeconds":"5000000000","memoryByteMs":"1073741824000","storageMiBMs":"2000","egressBytes":"3072","gpuMsA":"4","gpuMsB":"0"}}}""")!.AsObject();
        var said = UsageClaim.OfStatus(status);
        Assert.Equal(new UsageVector(5_000, 1_024, 2, 3, 4, 0), said);
        Assert.Null((Claim(said!) with { Status = said }).FaultOf(1_010));
        Assert.Contains("status says 5000", (Claim(said! with { CpuMilliSeconds = 5_001 }) with { Status = said }).FaultOf(1_010)!, StringComparison.Ordinal);
        Assert.Null(UsageClaim.OfStatus([]));
    }

    [Fact]
    public void EvidenceIsHeldAgainstTheClaim_WithWhatIsReservedAfterIt()
    {
        // Nothing until five seconds before; then two cores for those, the second of rounding, and the minute that a sample may be late by.
        var evidence = UsagePosition.StartingAt(1_005_000) with { CpuNanoSeconds = 1_000_000_000 };
        var aged = Lease with { Lease = Lease.Lease with { ActivatedAt = 1 } };
        var most = UsageVector.Zero with { CpuMilliSeconds = 1_000 + (2_000 * 66) };
        Assert.Null((Claim(most) with { Lease = aged, Measured = evidence }).FaultOf(1_010));
        var more = Claim(most with { CpuMilliSeconds = most.CpuMilliSeconds + 1 }) with { Lease = aged };
        Assert.Null(more.FaultOf(1_010));
        Assert.Contains("by its evidence until 1970-01-01T00:16:45Z", (more with { Measured = evidence }).FaultOf(1_010)!, StringComparison.Ordinal);
        Assert.Equal((true, false, false), (more.IsUnseen, (more with { Measured = evidence }).IsUnseen, Claim(UsageVector.Zero).IsUnseen));
    }

    // Old evidence leaves all time since at full load to be claimed, none leaves all of it; the status is the datacenter's word as the claim is.
    [Fact]
    public void EvidenceThatEndsBeforeTheLastSettlement_IsStale()
    {
        var last = new ArchivedSettlement(1, "", 1, 1_005, UsageVector.Zero, 0, 0, 0, 0, false, "");
        var claim = Claim(Most) with { Last = last, Status = Most };
        Assert.Equal((false, true), (claim.IsUnseen, claim.IsStale));
        Assert.Contains("shows no evidence: nobody but itself has seen what came since.", claim.Text(new TokenUnits("TUSD", 6)), StringComparison.Ordinal);
        var old = claim with { Measured = UsagePosition.StartingAt(1_004_999) };
        Assert.True(old.IsStale);
        Assert.Contains("goes until 1970-01-01T00:16:45Z, and the evidence that the datacenter shows ends at 1970-01-01T00:16:44Z", old.Text(new TokenUnits("TUSD", 6)), StringComparison.Ordinal);
        Assert.False((claim with { Measured = UsagePosition.StartingAt(1_005_000) }).IsStale);
        // Nothing is settled yet, or nothing more is claimed than was.
        Assert.False((claim with { Last = null }).IsStale);
        Assert.False((claim with { Last = last with { Usage = Most } }).IsStale);
    }

    [Fact]
    public void LeaseThatWasAmended_GoesOnFromItsLastReceipt()
    {
        var amended = Lease with { Lease = Lease.Lease with { Amendments = 1 } };
        var last = new ArchivedSettlement(1, "", 1, 1_009, Most, 0, 0, 0, 0, true, "");
        // Two cores for the second since, the one of rounding, and the minute that a sample may be late by.
        var next = Most with { CpuMilliSeconds = Most.CpuMilliSeconds + (2_000 * 62) };
        Assert.Null((Claim(next) with { Lease = amended, Last = last }).FaultOf(1_010));
        Assert.NotNull((Claim(next with { CpuMilliSeconds = next.CpuMilliSeconds + 1 }) with { Lease = amended, Last = last }).FaultOf(1_010));
    }

    [Fact]
    public void Text_ShowsEachMeterBesideWhatIsKnownOtherwise()
    {
        var text = Claim(new UsageVector(3_600_000, 0, 0, 0, 0, 0)).Text(new TokenUnits("TUSD", 6));
        Assert.Contains("1 core-hours (cpuMilliSeconds); by the last receipt 0 core-hours, by its evidence unknown, by the lease's status unknown", text, StringComparison.Ordinal);
        Assert.DoesNotContain("gpu", text, StringComparison.OrdinalIgnoreCase);
    }

    private static UsageClaim Claim(UsageVector usage) => new(new AmendmentTerms(Lease.Id.Hex, Some.Terms, Some.Terms, 0, 1, 1_010, usage, 0, 2_000), Lease, null, null);
}
