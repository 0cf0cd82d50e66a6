using System.Diagnostics;
using Federation.Chain.Tests.Support;
using Federation.Ethereum.Keystore;

namespace Federation.Benchmarks.Commands;

/// <summary>How long somebody waits for <c>kubectl compute get</c>: a process from nothing to its end, of the file that is shipped.</summary>
internal sealed class ColdStart : IBenchmark
{
    /// <summary>The argument by which this program ends at once: what any .NET program takes to start here.</summary>
    public const string Nothing = "nothing";

    private const int Starts = 30;
    private const int Leases = 3;

    public string Name => "cold-start";

    public string What => $"{Starts} times kubectl compute get of {Leases} leases, the shipped file (make cli) on a real chain; from its start to its end, files in the page cache";

    public async IAsyncEnumerable<Figure> RunAsync()
    {
        var program = Path.Combine(Repository.Root, "artifacts", "cli", "kubectl-compute");
        if (!File.Exists(program)) throw new FileNotFoundException($"There is no {program}: make cli publishes it.");
        var home = Directory.CreateTempSubdirectory("federation-start-").FullName;
        try
        {
            await using var market = await Market.OpenAsync();
            for (var i = 0; i < Leases; i++) await market.MatchAsync();
            await SettleInAsync(home, market);
            var (get, help, empty) = (new Samples(), new Samples(), new Samples());
            // The first of each fills the page cache.
            for (var i = 0; i <= Starts; i++)
            {
                foreach (var (samples, path, arguments) in new[] { (get, program, new[] { "get", "-o", "name" }), (help, program, ["get", "--help"]), (empty, Environment.ProcessPath!, Empty()) })
                {
                    var took = await RunAsync(home, path, arguments);
                    if (i > 0) samples.Add(took);
                }
            }

            yield return new Figure("get, P50", get.Percentile(0.5), "ms", Target: 300, Ceiling: empty.Percentile(0.5));
            yield return new Figure("get, P95", get.Percentile(0.95), "ms", Ceiling: empty.Percentile(0.95));
            yield return new Figure("its help, which asks nobody, P50", help.Percentile(0.5), "ms", Ceiling: empty.Percentile(0.5));
            yield return new Figure("size of the file", new FileInfo(program).Length / 1024.0 / 1024.0, "MiB");
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    private static string[] Empty() => Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [Path.Combine(AppContext.BaseDirectory, "Federation.Benchmarks.dll"), Nothing] : [Nothing];

    private static async Task SettleInAsync(string home, Market market)
    {
        market.Contracts.Save(Path.Combine(home, "chain.json"));
        await File.WriteAllTextAsync(Path.Combine(home, "keystore.json"), KeystoreFile.Encrypt(Anvil.Signer(3), "of the tenant", 1 << 12));
        await File.WriteAllTextAsync(Path.Combine(home, "password"), "of the tenant");
        await File.WriteAllTextAsync(Path.Combine(home, "config.yaml"), $$"""
            chain: {rpcUrl: "{{market.Anvil.Url}}", chainId: {{Market.ChainId}}, deploymentFile: chain.json}
            wallet: {keystoreFile: keystore.json, passwordFile: password}
            """);
    }

    private static async Task<double> RunAsync(string home, string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        (start.Environment["HOME"], start.Environment["FEDERATION_CONFIG"]) = (home, Path.Combine(home, "config.yaml"));
        var since = Stopwatch.GetTimestamp();
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        var took = Stopwatch.GetElapsedTime(since).TotalMilliseconds;
        if (process.ExitCode != 0 || (arguments is ["get", "-o", ..] && (await output).Split('\n').Length != Leases + 1))
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await output}{await error}");
        return took;
    }
}
