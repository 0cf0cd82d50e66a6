using System.CommandLine;

namespace Federation.Harness.Verbs;

/// <summary><c>status</c>: what runs and what does not; exit code 1 when something is not well.</summary>
internal static class StatusCommand
{
    internal static Command Create(Option<string> state)
    {
        var command = new Command("status", "Show whether each part of the federation is well") { state };
        command.SetAction(async (parsed, ct) =>
        {
            var federation = LocalFederation.Load(Path.GetFullPath(parsed.GetValue(state)!));
            var health = await FederationHealth.LookAsync(federation, ct);
            foreach (var group in health.GroupBy(part => part.Part.Contains('/', StringComparison.Ordinal) ? part.Part.Split('/')[0] : part.Part.Split(':')[0]))
            {
                var wrong = group.Where(part => !part.IsWell).ToList();
                Console.WriteLine($"{group.Key,-10} {group.Count() - wrong.Count} of {group.Count()} well");
                foreach (var part in wrong) Console.WriteLine($"  {part.Part}: {part.Detail}  ({part.Where})");
            }
            return health.All(part => part.IsWell) ? 0 : 1;
        });
        return command;
    }
}
