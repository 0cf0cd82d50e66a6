using System.CommandLine;
using Federation.Harness.Demo;
using Spectre.Console;

namespace Federation.Harness.Verbs;

/// <summary><c>demo</c>: the main job on three datacenters; ends with the sum of all money, and with 1 when it is off.</summary>
internal static class DemoCommand
{
    internal static Command Create(Option<string> state)
    {
        var contracts = new Option<string>("--contracts") { Description = "forge's output folder", DefaultValueFactory = _ => "contracts/out" };
        var report = new Option<string>("--report") { Description = "Where the result goes as JSON", DefaultValueFactory = _ => "artifacts/demo.json" };
        var command = new Command("demo", "Run the main job on three datacenters and check the sums (KEEP=1 leaves all up)") { state, contracts, report };
        command.SetAction(async (parsed, cancellation) =>
        {
            var folder = parsed.GetValue(state)!;
            var console = PlainConsole.ForOutput();
            var keep = Environment.GetEnvironmentVariable("KEEP") == "1";
            try
            {
                var result = await new DemoRun(folder, parsed.GetValue(contracts)!, console, TimeProvider.System).RunAsync(cancellation);
                DemoTable.End(console, result);
                result.Write(Path.GetFullPath(parsed.GetValue(report)!));
                Console.WriteLine(result.Holds ? "Every invariant holds." : "error: an invariant is broken.");
                return result.Holds ? 0 : 1;
            }
            finally
            {
                if (keep) UpCommand.Print(LocalFederation.Load(folder));
                else await LocalFederation.DownAsync(folder, TimeProvider.System);
            }
        });
        return command;
    }
}
