using System.CommandLine;
using Federation.Harness.Demo;
using Federation.Harness.Starting;
using Spectre.Console;

namespace Federation.Harness.Verbs;

/// <summary><c>demo</c>: the main job on three datacenters; ends with the sum of all money, and with 1 when it is off.</summary>
internal static class DemoCommand
{
    internal static Command Create(Option<string> state)
    {
        var contracts = new Option<string>("--contracts") { Description = "forge's output folder", DefaultValueFactory = _ => "contracts/out" };
        var report = new Option<string>("--report") { Description = "Where the result goes as JSON", DefaultValueFactory = _ => "artifacts/demo.json" };
        var operators = new Option<string>("--operators") { Description = "As pods of the datacenters, or as processes of this machine (host), for debuggers", DefaultValueFactory = _ => "pods" };
        operators.AcceptOnlyFromAmong("pods", "host");
        var command = new Command("demo", "Run the main job on three datacenters and check the sums (KEEP=1 leaves all up)") { state, contracts, report, operators };
        command.SetAction(async (parsed, cancellation) =>
        {
            var folder = parsed.GetValue(state)!;
            var console = PlainConsole.ForOutput();
            var keep = Environment.GetEnvironmentVariable("KEEP") == "1";
            var (run, holds) = (parsed.GetValue(operators) == "host" ? DemoOperators.Host : DemoOperators.Pods, false);
            try
            {
                var result = await new DemoRun(folder, parsed.GetValue(contracts)!, run, console, TimeProvider.System).RunAsync(cancellation);
                holds = result.Holds;
                DemoTable.End(console, result);
                result.Write(Path.GetFullPath(parsed.GetValue(report)!));
                Console.WriteLine(result.Holds ? "Every invariant holds." : "error: an invariant is broken.");
                return result.Holds ? 0 : 1;
            }
            finally
            {
                var federation = LocalFederation.TryLoad(folder);
                try
                {
                    // All goes at the end, and with it what the operators have said.
                    if (federation is not null && !holds && !cancellation.IsCancellationRequested) await Console.Error.WriteLineAsync($"Logs are kept in {FailureLogs.Keep(federation.StateFolder)}");
                }
                catch (Exception error) when (error is IOException or UnauthorizedAccessException)
                {
                    await Console.Error.WriteLineAsync($"Logs could not be kept: {error.Message}");
                }

                if (!keep) await LocalFederation.DownAsync(folder, TimeProvider.System);
                else if (federation is not null) UpCommand.Print(federation);
            }
        });
        return command;
    }
}
