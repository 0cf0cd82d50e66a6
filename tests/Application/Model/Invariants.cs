using System.Numerics;
using Federation.Domain.Leases;
using Federation.Testing.Builders;
using Federation.Testing.Chain;

namespace Federation.Application.Tests.Model;

/// <summary>What holds whatever happens: paid once and never too much, live leases are workloads, nothing measured is lost.</summary>
internal static class Invariants
{
    /// <summary>P, at any moment.</summary>
    public static void CheckMoney(World world, IEnumerable<LeaseId> leases)
    {
        foreach (var id in leases)
        {
            if (world.Chain.Find(id) is not { } stored) continue;
            var (lease, total) = (stored.Lease, Total(world, id));
            Assert.Equal(lease.Paid, stored.Payments.Aggregate(BigInteger.Zero, BigInteger.Add));
            Assert.True(lease.Paid >= 0 && lease.Paid <= lease.Claimed, $"{id}: paid {lease.Paid} of {lease.Claimed} claimed.");
            Assert.True(lease.Claimed + lease.Escrow <= total, $"{id}: claimed {lease.Claimed} and held {lease.Escrow} of {total}.");
            if (lease.ActivatedAt == 0) Assert.True(lease.Claimed <= stored.Terms.ReservationFee);
            else Assert.True(lease.Claimed <= BigInteger.Max(world.Earned(stored, id), stored.Terms.MinCharge), $"{id}: claimed {lease.Claimed}, earned {world.Earned(stored, id)}.");
            // The operator never leaves without notice, whatever happens to it.
            if (lease.ActivatedAt > 0) Assert.Equal(0, lease.Slashed);
        }
    }

    /// <summary>O, once the world has been calm for a while.</summary>
    public static void CheckObjects(World world, IEnumerable<LeaseId> leases, IReadOnlySet<LeaseId> amended)
    {
        Assert.Empty(world.WrongRemovals);
        foreach (var id in leases)
        {
            var state = world.Chain.Blocks.Finalized.Leases.GetValueOrDefault(id)?.Lease.State ?? LeaseState.None;
            var space = world.Cluster.Spaces.GetValueOrDefault(id);
            if (state == LeaseState.None) Assert.Null(space);
            if (state is LeaseState.Reserved or LeaseState.Active) Assert.NotNull(space);
            if (state != LeaseState.Active) continue;
            Assert.True(space!.IsIsolated);
            Assert.Equal(world.Chain.Find(id)!.Terms, space.Chain.Terms);
            var stored = world.Chain.Find(id)!;
            if (stored.Lease.State != LeaseState.Active) continue;
            var isRight = space.Workload is { } workload && Some.HashOf(workload) == stored.Terms.SpecHash;
            // After an amendment, and after one that a reorg took back, what runs goes on until the right one is delivered.
            if (space.Status.Suspension is { Lasts: true } suspension)
            {
                // Nobody but its parties can close it before its grace is over, and nothing runs unpaid.
                if (world.Chain.Blocks.Latest.Time < suspension.Until) Assert.True(stored.Lease.Escrow > Federation.Domain.Pricing.Accrual.ClosingReserve(stored.Terms), $"{id} stands still and may be closed by anybody.");
                // One that has just begun gives its pods some seconds to end.
                if (suspension.StoppedAtMs > 0 || world.Chain.Blocks.Confirmed.Time > suspension.Since + 15) Assert.DoesNotContain(space.Pods, p => !p.Ended);
            }
            else if (isRight) Assert.Equal(stored.Terms.SpecHash, space.AppliedSpecHash);
            // A namespace that was deleted by hand comes back empty; what stopped caches still show of the old one may be applied to it.
            else if (!amended.Contains(id)) Assert.True(space.AppliedSpecHash is null || space.AppliedSpecHash == stored.Terms.SpecHash, $"{id} runs {space.AppliedSpecHash}.");
        }
    }

    /// <summary>R, at any moment: only a result that was asked for is on chain, at most once, and it is the right one.</summary>
    public static void CheckResults(World world, IEnumerable<LeaseId> leases)
    {
        foreach (var stored in leases.Select(world.Chain.Find).OfType<StoredLease>())
            Assert.Equal(stored.Terms.Callback ? Enumerable.Repeat(Some.JobOutcome, stored.Results.Count) : [], stored.Results);
    }

    /// <summary>R, once the world has been calm for long enough for a job to run: its result is on chain, and the lease says so.</summary>
    public static void CheckPosted(World world, IEnumerable<LeaseId> leases)
    {
        foreach (var id in leases)
        {
            if (world.Chain.Find(id) is not { Lease.State: LeaseState.Active, Terms.Callback: true } stored) continue;
            if (stored.Terms.SpecHash != Some.HashOf(Some.JobWorkload) || world.Cluster.Spaces[id].AppliedSpecHash != stored.Terms.SpecHash) continue;
            Assert.Equal([Some.JobOutcome], stored.Results);
            Assert.Equal("Delivered", world.Cluster.Spaces[id].Status.Conditions.Single(c => c.Type == "Posted").Reason);
        }
    }

    /// <summary>All is closed and gone; and U: the last receipt brought in everything that was measured.</summary>
    public static void CheckEnd(World world, IEnumerable<LeaseId> leases, IReadOnlySet<LeaseId> bereaved)
    {
        Assert.Empty(world.WrongRemovals);
        foreach (var id in leases)
        {
            Assert.False(world.Cluster.Spaces.ContainsKey(id), $"{id} is over and still has a namespace.");
            if (world.Chain.Find(id) is not { } stored) continue;
            Assert.Equal(LeaseState.Closed, stored.Lease.State);
            // Collected to the last unit, long after the namespace has gone.
            Assert.Equal((BigInteger.Zero, stored.Lease.Claimed), (stored.Lease.Ring.Pending, stored.Lease.Paid));
            if (stored.Lease.ActivatedAt > 0) Assert.True(stored.Lease.IsSliceFreed, $"{id}: its stake is still locked.");
            if (stored.Lease.ActivatedAt == 0 || bereaved.Contains(id) || !EndedInTime(world, id, stored)) continue;
            CheckEarned(world, id);
        }
    }

    /// <summary>U: all that was measured was claimed, and no more than was used.</summary>
    public static void CheckEarned(World world, LeaseId id)
    {
        var stored = world.Chain.Find(id)!;
        var owed = stored.Lease.Reason == CloseReason.Provider ? 0 : stored.Terms.MinCharge;
        Assert.InRange(stored.Lease.Claimed, Bounded(isSampled: true), Bounded(isSampled: false));

        BigInteger Bounded(bool isSampled) => BigInteger.Min(BigInteger.Max(world.Earned(stored, id, isSampled), owed), Total(world, id));
    }

    private static BigInteger Total(World world, LeaseId id) => Blocks(world)
        .Select(b => b.Leases.GetValueOrDefault(id)?.Lease)
        .Last(l => l is not null && l.State != LeaseState.Closed) is { } open ? open.Escrow + open.Claimed : 0;

    // A close that came after half of the time to submit may have been made with what was measured by then.
    private static bool EndedInTime(World world, LeaseId id, StoredLease stored) =>
        Blocks(world).First(b => b.Leases.GetValueOrDefault(id)?.Lease.State == LeaseState.Closed).Time < stored.Lease.EndsAt + stored.Terms.Parameters.SubmitSeconds / 2;

    private static IEnumerable<Block> Blocks(World world) => world.Chain.Blocks.Between(0, world.Chain.Blocks.Latest.Number);
}
