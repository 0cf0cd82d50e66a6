using System.Numerics;
using Federation.Chain;
using Federation.Chain.Mapping;
using Federation.Domain.Usage;
using Federation.Harness.Demo;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>What must be true of money, whatever was broken on the way.</summary>
internal static class Sums
{
    /// <summary>Of a closed lease that worked: nothing held, nothing above the truth, nothing measured lost.</summary>
    /// <param name="mayBeTheEnd">What was worked may have been read right before the end: what came after the last look of the store is in it.</param>
    internal static void AssertPaidExactly(LeaseRow row, double workedAtClose, bool mayBeTheEnd = false)
    {
        Assert.Equal(BigInteger.Zero, row.Held);
        Assert.Equal(row.Deposited, row.Paid + row.Refunded);
        Assert.True(row.Paid > 0, $"{row.Story} worked and was paid nothing");
        // To the unit: what the last receipt's usage comes to by the lease's terms, and nothing beside it; no more than was put in, where that was used up.
        Assert.Equal(row.Owed, row.Paid);
        Assert.True(row.Paid <= row.Priced, $"{row.Story}: paid {row.Paid} for {row.Priced}");
        Assert.True(row.MeteredCpuSeconds <= row.TruthCpuSeconds, $"{row.Story}: metered {row.MeteredCpuSeconds} s, the kernel counted {row.TruthCpuSeconds} s");
        // What was worked when the end was asked for has samples after it, for the notice has yet to pass; right before the end a look, and what it is behind, may lack.
        var least = mayBeTheEnd ? Math.Max(0.9 * workedAtClose, (0.995 * workedAtClose) - 2) : 0.995 * workedAtClose;
        Assert.True(row.MeteredCpuSeconds >= least, $"{row.Story}: metered {row.MeteredCpuSeconds} s of {workedAtClose} s: usage was lost");
    }

    /// <summary>
    /// As its tenant: every window is fetched through the gateway, all of them fold anew to one unbroken chain, whose root is the last
    /// receipt's on chain, and whose sums are that receipt's usage to the unit.
    /// </summary>
    internal static async Task AssertEvidenceAsync(TenantLease lease)
    {
        var (windows, settled) = (await lease.FetchEvidenceAsync(), await lease.LastSettledAsync());
        var verdict = EvidenceCheck.Verify(lease.Demo.Id, windows.SelectMany(w => w), new KeccakHasher().Keccak256, out var measured);
        Assert.True(verdict.Problem is null, verdict.Problem);
        Assert.Equal((1, windows.Count), (verdict.First, verdict.Last));
        Assert.Equal(settled.EvidenceRoot.ToString(), verdict.Root);
        Assert.Equal(settled.Usage.ToDomain(), measured!.ToVector());
        Assert.True(windows.Sum(w => w.Count) > windows.Count, "there is not one series in it");

        // And a window in which one sample says more is refused.
        // The last ones may be of the time after the pods' end, with nothing in them.
        var at = windows.ToList().FindLastIndex(w => w.Count > 1);
        var (full, more) = (windows[at], windows[at][1]);
        string[] forged = [full[0], more.Replace("\"samples\":[1", "\"samples\":[2", StringComparison.Ordinal), .. full.Skip(2)];
        Assert.NotEqual(more, forged[1]);
        Assert.NotNull(EvidenceCheck.Verify(lease.Demo.Id, windows.Take(at).Append(forged).Concat(windows.Skip(at + 1)).SelectMany(w => w), new KeccakHasher().Keccak256).Problem);
    }

    /// <summary>Of all leases: every token in the Vault belongs to a provider or its stake, to the tenant, an author, the protocol or a lease. Settlements go on meanwhile, so it is asked until one look sees no change.</summary>
    internal static Task AssertVaultAddsUpAsync(FederationStage stage) => Eventually.HoldsAsync("the sum of all money", async () =>
    {
        // At once, or something changes during each look.
        var states = await Task.WhenAll(stage.Leases.Select(l => l.ReadChainAsync()));
        var held = states.Aggregate(BigInteger.Zero, (sum, state) => sum + state.Escrow + state.Ring.Pending + state.Frozen);
        foreach (var other in stage.Others.Concat(stage.Chain.Operators.Values)) held += await stage.Ledger.VaultOfAsync(other, TestContext.Current.CancellationToken);
        var balances = await stage.Ledger.BalancesAsync(TestContext.Current.CancellationToken);
        return balances.VaultTokens == balances.All + held ? null : $"{balances}, {held} held";
    });
}
