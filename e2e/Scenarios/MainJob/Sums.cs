using System.Numerics;
using Federation.Harness.Demo;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>What must be true of money, whatever was broken on the way.</summary>
internal static class Sums
{
    /// <summary>Of a closed lease that worked: nothing held, nothing above the truth, nothing measured lost.</summary>
    internal static void AssertPaidExactly(LeaseRow row, double workedAtClose)
    {
        Assert.Equal(BigInteger.Zero, row.Held);
        Assert.Equal(row.Deposited, row.Paid + row.Refunded);
        Assert.True(row.Paid > 0, $"{row.Story} worked and was paid nothing");
        Assert.True(row.Paid <= row.Priced, $"{row.Story}: paid {row.Paid} for {row.Priced}");
        Assert.True(row.MeteredCpuSeconds <= row.TruthCpuSeconds, $"{row.Story}: metered {row.MeteredCpuSeconds} s, the kernel counted {row.TruthCpuSeconds} s");
        // The last second before the end has no sample after it: on half a minute of work that is some per cent.
        Assert.True(row.MeteredCpuSeconds >= 0.9 * workedAtClose, $"{row.Story}: metered {row.MeteredCpuSeconds} s of {workedAtClose} s: usage was lost");
    }

    /// <summary>Of all leases: every token in the Vault belongs to a provider or its stake, to the tenant, an author, the protocol or a lease. Settlements go on meanwhile, so it is asked until one look sees no change.</summary>
    internal static Task AssertVaultAddsUpAsync(FederationStage stage) => Eventually.HoldsAsync("the sum of all money", async () =>
    {
        var held = BigInteger.Zero;
        foreach (var lease in stage.Leases)
        {
            var state = await lease.ReadChainAsync();
            held += state.Escrow + state.Ring.Pending + state.Frozen;
        }

        foreach (var other in stage.Others.Concat(stage.Chain.Operators.Values)) held += await stage.Ledger.VaultOfAsync(other, TestContext.Current.CancellationToken);
        var balances = await stage.Ledger.BalancesAsync(TestContext.Current.CancellationToken);
        return balances.VaultTokens == balances.All + held ? null : $"{balances}, {held} held";
    }, 30);
}
