using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Globalization;
using System.Text;

namespace Federation.Cli.Commands;

/// <summary>What <c>--help</c> says: as krew wants it, of <c>kubectl compute</c>.</summary>
internal static class HelpText
{
    public static string Of(Command command)
    {
        var text = new StringBuilder().Append(command.Description).Append("\n\nUsage:\n  ").Append(UsageOf(command)).Append('\n');
        var verbs = command.Subcommands.Where(c => !c.Hidden).Select(c => (c.Name, c.Description ?? "")).ToArray();
        Section(text, "Commands", verbs);
        Section(text, "Arguments", [.. command.Arguments.Where(a => !a.Hidden).Select(a => (NameOf(a), a.Description ?? ""))]);
        Section(text, "Flags", [.. OptionsOf(command).Select(o => (NameOf(o), o.Description ?? ""))]);
        if (command is RootCommand) Section(text, "Exit codes", [.. ExitCodes.All.Select(c => (c.Code.ToString(CultureInfo.InvariantCulture), c.Meaning))]);
        else Section(text, "Flags of all commands", [.. Flags.All.Select(o => (NameOf(o), o.Description ?? ""))]);
        return text.ToString();
    }

    /// <summary>e.g. <c>kubectl compute get [LEASE] [flags]</c>.</summary>
    public static string UsageOf(Command command)
    {
        if (command is RootCommand) return $"{CommandLine.Name} COMMAND [flags]";
        var arguments = string.Concat(command.Arguments.Where(a => !a.Hidden).Select(a => a.Arity.MinimumNumberOfValues > 0 ? $" {NameOf(a)}" : $" [{NameOf(a)}]"));
        return $"{CommandLine.Name} {command.Name}{arguments} [flags]{(command.TreatUnmatchedTokensAsErrors ? "" : " [-- KUBECTL ARGUMENTS]")}";
    }

    /// <summary>A command's own options, those of all commands left out.</summary>
    public static IEnumerable<Option> OptionsOf(Command command) => command.Options.Where(o => !o.Hidden && o is not (HelpOption or VersionOption) && !Flags.All.Contains(o));

    public static string NameOf(Option option) =>
        string.Join(", ", option.Aliases.Append(option.Name).OrderBy(n => n.Length)) + (option.ValueType == typeof(bool) ? "" : $" {option.HelpName ?? "VALUE"}");

    public static string NameOf(Argument argument) => argument.HelpName ?? argument.Name.ToUpperInvariant();

    private static void Section(StringBuilder text, string title, (string Name, string Meaning)[] lines)
    {
        if (lines.Length == 0) return;
        var width = lines.Max(l => l.Name.Length);
        text.Append('\n').Append(title).Append(":\n");
        foreach (var (name, meaning) in lines) text.Append("  ").Append(name.PadRight(width)).Append("  ").Append(meaning).Append('\n');
    }

    internal sealed class Action(Surroundings here) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            here.Out.Write(Of(parseResult.CommandResult.Command));
            return ExitCodes.Ok;
        }
    }
}
