using System.Numerics;
using Federation.Harness.Demo;

namespace Federation.Scenarios.Harness;

/// <summary>What the demo calls broken.</summary>
public class DemoReportTests
{
    private static readonly LeaseRow Row = new("web", "0x01", "alpha", "Tenant", 20, 19.9, 0, Deposited: 1000, Priced: 400, Paid: 400, Refunded: 600, Held: 0) { Earned = 400 };

    [Fact]
    public void PaidToTheUnit_Holds() => Assert.Empty(Broken(Row));

    [Fact]
    public void NoMoreThanWasPutIn_IsOwed() => Assert.Empty(Broken(Row with { Earned = 1200, Priced = 1200, Paid = 1000, Refunded = 0 }));

    [Theory]
    [InlineData(399)]
    [InlineData(401)]
    [InlineData(200)]
    [InlineData(0)]
    public void AnyUnitBesides_IsNot(int paid) =>
        Assert.Contains("web: paid = what its last receipt comes to by the lease's terms, to the unit", Broken(Row with { Paid = paid, Refunded = 1000 - paid }));

    [Fact]
    public void AboveTheKernel_IsNot() => Assert.Equal(["web: metered <= truth"], Broken(Row with { MeteredCpuSeconds = 20.001 }));

    private static string[] Broken(LeaseRow row)
    {
        BigInteger stake = 100;
        var balances = new DemoBalances(row.Paid + row.Refunded + row.Held + stake, row.Refunded, row.Paid, 0, 0, stake, stake, stake, 0);
        return [.. new DemoReport([row], ["bravo: NoCapacity"], balances, new Dictionary<string, double>()).Invariants.Where(i => !i.Holds).Select(i => i.Name)];
    }
}
