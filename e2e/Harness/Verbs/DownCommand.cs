using System.CommandLine;

namespace Federation.Harness.Verbs;

/// <summary><c>down</c>: ends and removes a federation; does nothing when there is none.</summary>
internal static class DownCommand
{
    internal static Command Create(Option<string> state)
    {
        var command = new Command("down", "End a federation and remove everything of it") { state };
        command.SetAction(async (parsed, _) =>
        {
            // Not cancellable: half taken down helps nobody, and a second `down` finishes what a kill interrupted.
            var folder = parsed.GetValue(state)!;
            await LocalFederation.DownAsync(folder);
            Console.WriteLine($"Nothing of the federation in {Path.GetFullPath(folder)} is left.");
            return 0;
        });
        return command;
    }
}
