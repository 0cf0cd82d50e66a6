using System.CommandLine;
using Spectre.Console;

namespace Federation.Harness.Verbs;

/// <summary><c>up</c>: starts a federation and says where everything is.</summary>
internal static class UpCommand
{
    internal static Command Create(Option<string> state)
    {
        var count = new Option<int>("--datacenters", "-n") { Description = $"How many to start, 1 to {DatacenterSpec.MaximumCount}", DefaultValueFactory = _ => 3 };
        var blockTime = new Option<double>("--block-time") { Description = "Seconds from block to block", DefaultValueFactory = _ => 1 };
        var chainPort = new Option<int?>("--chain-port") { Description = "Port of the chain; a free one when left out" };
        var users = new Option<string[]>("--user") { Description = "A further user of each API server, as NAME or NAME:GROUP,GROUP; may be repeated" };
        var command = new Command("up", "Start a federation and wait until it is ready") { state, count, blockTime, chainPort, users };
        command.SetAction(async (parsed, ct) =>
        {
            var federation = await LocalFederation.UpAsync(new FederationOptions
            {
                StateFolder = parsed.GetValue(state)!,
                Datacenters = DatacenterSpec.Standard(parsed.GetValue(count)),
                BlockTime = TimeSpan.FromSeconds(parsed.GetValue(blockTime)),
                ChainDumpInterval = TimeSpan.FromMinutes(1), // It may be left up for days, and the file grows with the chain.
                ChainPort = parsed.GetValue(chainPort),
                Users = [.. (parsed.GetValue(users) ?? []).Select(ParseUser)],
            }, new ConsoleProgress(AnsiConsole.Console), TimeProvider.System, ct);
            Print(federation);
            return 0;
        });
        return command;
    }

    internal static void Print(LocalFederation federation)
    {
        Console.WriteLine($"The federation is up. Everything of it is in {federation.StateFolder}");
        Console.WriteLine($"  chain      {federation.AnvilUrl}  (chain id {federation.ChainId})");
        Console.WriteLine($"  operators  logs {Path.Combine(federation.StateFolder, "log")}");
        foreach (var datacenter in federation.Datacenters)
        {
            Console.WriteLine($"  {datacenter.Name,-10} kubectl --kubeconfig {datacenter.KubeconfigPath} get nodes");
            if (datacenter.Local is { } local) Console.WriteLine($"  {"",-10} logs {local.LogFolder}, Prometheus {datacenter.PrometheusUrl}");
        }
    }

    private static TokenUser ParseUser(string text)
    {
        var parts = text.Split(':', 2);
        if (parts[0].Length == 0 || parts[0].Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '.' or '_' or '@')))
            throw new HarnessException($"'{text}' is no user: use NAME or NAME:GROUP,GROUP with letters, digits, '-', '.', '_' and '@' in the name");
        return new TokenUser(parts[0], parts.Length == 1 ? [] : parts[1].Split(',', StringSplitOptions.RemoveEmptyEntries));
    }
}
