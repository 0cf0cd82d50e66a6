using System.CommandLine;
using System.CommandLine.Completions;
using Federation.Domain.Leases;

namespace Federation.Cli.Commands;

/// <summary>What the scripts ask: a candidate and its meaning a line, and at the end <c>:4</c>, by which kubectl offers no files.</summary>
internal static class Completion
{
    /// <summary>The word before the words of another command line, the last of which is to be completed.</summary>
    public const string Word = "__complete";

    // Somebody has pressed the tab key, and can interrupt.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly string[] OfClosedLeasesToo = ["get", "describe", "usage", "invoice", "explain"];

    private const string OfProviders = "meter";

    public static async Task WriteAsync(RootCommand root, string[] words, Surroundings here)
    {
        foreach (var (name, meaning) in await CandidatesAsync(root, words, here)) await here.Out.WriteAsync(meaning.Length > 0 ? $"{name}\t{meaning}\n" : name + "\n");
        await here.Out.WriteAsync(":4\n");
    }

    private static async Task<IEnumerable<(string Name, string Meaning)>> CandidatesAsync(RootCommand root, string[] words, Surroundings here)
    {
        var last = words.LastOrDefault() ?? "";
        var before = words.SkipLast(1).ToArray();
        var command = before.Select(w => root.Subcommands.FirstOrDefault(c => c.Name == w && !c.Hidden)).FirstOrDefault(c => c is not null) ?? (Command)root;
        var options = HelpText.OptionsOf(command).Concat(Flags.All).ToArray();
        if (before.LastOrDefault() is { } flag && Valued(options, flag) is { } valued)
            return Named(valued.Name == "--lease" ? await LeasesAsync(root, before, command, here) : valued.GetCompletions(CompletionContext.Empty).Select(c => (c.Label, "")));
        if (last.StartsWith('-')) return Named(options.Select(o => (o.Name, o.Description ?? "")));
        if (command is RootCommand) return Named(root.Subcommands.Where(c => !c.Hidden).Select(c => (c.Name, c.Description ?? "")));
        var argument = command.Arguments.Skip(PlacesIn(before, options)).FirstOrDefault();
        return Named(argument?.Name == "lease" ? await LeasesAsync(root, before, command, here) : argument?.GetCompletions(CompletionContext.Empty).Select(c => (c.Label, "")) ?? []);

        IEnumerable<(string, string)> Named(IEnumerable<(string Name, string Meaning)> all) => all.Where(c => c.Name.StartsWith(last, StringComparison.Ordinal)).OrderBy(c => c.Name, StringComparer.Ordinal);
    }

    private static Option? Valued(Option[] options, string flag) => options.FirstOrDefault(o => (o.Name == flag || o.Aliases.Contains(flag)) && o.ValueType != typeof(bool));

    // Words that are neither the command, nor flags, nor values of flags.
    private static int PlacesIn(string[] before, Option[] options) =>
        Math.Max(0, before.Where((w, i) => !w.StartsWith('-') && (i == 0 || Valued(options, before[i - 1]) is null)).Count() - 1);

    // Whatever is wrong is said by the command itself, to who runs it.
    private static async Task<IEnumerable<(string Name, string Meaning)>> LeasesAsync(RootCommand root, string[] before, Command command, Surroundings here)
    {
        using var limit = new CancellationTokenSource(Patience, here.Clock);
        try
        {
            using var call = new Call(root.Parse(before), here, limit.Token);
            var (archive, who) = ((await call.ChainAsync()).Archive, call.Wallet.Address);
            var leases = command.Name == OfProviders ? await archive.OfProviderAsync(who, limit.Token) : await archive.OfTenantAsync(who, limit.Token);
            return leases.Where(l => l.Lease.State != LeaseState.Closed || OfClosedLeasesToo.Contains(command.Name)).Select(l => (l.Id.Hex, $"{l.Lease.State} at {l.Terms.Provider}"));
        }
        catch (Exception e) when (CommandLine.CodeOf(e) is not null)
        {
            return [];
        }
    }
}
