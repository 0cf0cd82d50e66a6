namespace Federation.Benchmarks.Settling;

/// <summary>What it takes to have a thousand leases settled every hour: transactions, and gas for each lease.</summary>
internal sealed class SettleThousand : IBenchmark
{
    // What one transaction carries; 70,000 gas and 30,000 a lease are what the contracts aim at for a batch (decision 0080).
    private const int Together = 50;
    private const double TargetGas = 30_000 + (70_000.0 / Together);

    private static readonly int Leases = int.TryParse(Environment.GetEnvironmentVariable("LEASES"), out var leases) ? leases : 1_000;

    public string Name => "settle-1000";

    public string What => $"{Leases} leases (LEASES=n) that begin scattered over an hour and are due every hour by clocks of their own; real contracts on anvil, a block each 12 s of the chain's time, the operator's own plan and sender";

    public async IAsyncEnumerable<Figure> RunAsync()
    {
        await using var leases = await ScatteredLeases.OpenAsync(Leases);
        await leases.PassAsync();
        foreach (var which in new[] { "first", "later" })
        {
            await leases.PassAsync();
            var (settled, sent) = (leases.Settled, leases.Transactions);
            var (used, least) = await leases.ReadGasAsync();
            Console.WriteLine($"  the hour of their {which} settlements: {settled} leases in transactions of {string.Join(", ", sent.Values)}");
            // Fewer do not fill a transaction in the time that one of them may wait for others.
            yield return new Figure($"{which} settlements: transactions in the hour", sent.Count, "", Target: Leases < 1_000 ? null : Math.Ceiling(Leases / (double)Together), Ceiling: Math.Ceiling(settled / (double)Together));
            yield return new Figure($"{which} settlements: refused or failed", leases.Failures, "", Target: 0);
            // Its ceiling is what calldata and cold storage alone cost: each slot read once, and written once where it changed.
            yield return new Figure($"{which} settlements: gas a lease", used / settled, "gas", Target: TargetGas, Ceiling: least / settled);
        }
    }
}
