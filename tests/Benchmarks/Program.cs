using Federation.Benchmarks;
using Federation.Benchmarks.Commands;
using Federation.Benchmarks.Leases;
using Federation.Benchmarks.Metering;
using Federation.Benchmarks.Quoting;
using Federation.Benchmarks.Requesting;
using Federation.Benchmarks.Settling;

// One line for each figure: what was measured, what it should be, what this machine allows at most, and the ratio of the two.
// Figures depend on the machine and on what else runs there, so no test fails by them; with --gate a missed target is exit code 1.
if (args is [ColdStart.Nothing]) return 0;
IBenchmark[] all = [new QuoteDecision(), new QuoteOnServer(), new QuoteByGateway(), new LiveLeases(), new LeaderKills(), new PostToBid(), new CloseHour(), new ShortPods(), new SettleThousand(), new ColdStart(), new ThreeDatacenters(), new HundredDatacenters()];
var names = args.Where(a => a != "--gate").ToArray();
var wanted = all.Where(b => names.Length == 0 || names.Any(a => b.Name.Contains(a, StringComparison.OrdinalIgnoreCase))).ToArray();
if (wanted.Length == 0)
{
    Console.Error.WriteLine($"error: no benchmark is named like that; there are: {string.Join(", ", all.Select(b => b.Name))}");
    return 2;
}

Console.WriteLine($"{Environment.ProcessorCount} processors, .NET {Environment.Version}");
var missed = 0;
foreach (var benchmark in wanted)
{
    Console.WriteLine($"\n{benchmark.Name}: {benchmark.What}");
    await foreach (var figure in benchmark.RunAsync())
    {
        Console.WriteLine("  " + figure);
        if (figure.IsMissed) missed++;
    }
}

return args.Contains("--gate") && missed > 0 ? 1 : 0;
