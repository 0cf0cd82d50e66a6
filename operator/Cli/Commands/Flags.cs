using System.CommandLine;
using Federation.Cli.Output;

namespace Federation.Cli.Commands;

/// <summary>What every command takes, by the names that kubectl has for it.</summary>
internal static class Flags
{
    public static Option<string> Output { get; } = Word("--output", "-o", "FORMAT", "How data is written: wide, json, yaml or name; a table when left out.", OutputFormats.Words);

    public static Option<string> Namespace { get; } = Word("--namespace", "-n", "NAMESPACE", "Namespace of a lease, instead of LEASE where that may be left out; of the operator for what a provider asks its cluster.");

    public static Option<string> Context { get; } = Word("--context", null, "NAME", "Context of the kubeconfig: the one that login writes and logs, shell, cp and top use; for providers that of their cluster.");

    public static Option<string> Kubeconfig { get; } = Word("--kubeconfig", null, "FILE", "The kubeconfig, instead of KUBECONFIG and ~/.kube/config.");

    public static Option<string> Config { get; } = Word("--config", null, "FILE", "The settings, instead of FEDERATION_CONFIG and ~/.config/federation/config.yaml.");

    public static Option<bool> Quiet { get; } = new("--quiet", "-q") { Description = "No progress on standard error; errors are said.", Recursive = true };

    public static IReadOnlyList<Option> All { get; } = [Output, Namespace, Context, Kubeconfig, Config, Quiet];

    // It asks the cluster of the operator.
    private const string OfTheOperator = "doctor";

    /// <summary>What nobody may give on a command line, by all the names that one would try.</summary>
    public static IReadOnlyList<string> Secrets { get; } = ["--private-key", "--privatekey", "--key", "--mnemonic", "--seed", "--password", "--keystore-password"];

    /// <summary>What was given and would do nothing: whoever gave it meant something.</summary>
    /// <returns>For people; null when there is nothing of it.</returns>
    public static string? IdleIn(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        if (parsed.GetResult(Namespace) is not { Implicit: false } || command is RootCommand || command.Name == OfTheOperator) return null;
        if (command.Arguments.FirstOrDefault(a => a.Name == "lease") is not { } lease) return $"{Namespace.Name} has no use with {command.Name}: it is about no lease.";
        if (lease.Arity.MinimumNumberOfValues > 0) return $"{Namespace.Name} has no use with {command.Name}: name the lease by {lease.HelpName}.";
        return parsed.GetResult(lease) is { Tokens.Count: > 0 } ? $"Name the lease once: by {lease.HelpName}, or by {Namespace.Name}." : null;
    }

    private static Option<string> Word(string name, string? alias, string value, string description, IReadOnlyList<string>? among = null)
    {
        var option = new Option<string>(name, alias is null ? [] : [alias]) { Description = description, Recursive = true, HelpName = value };
        if (among is not null) option.CompletionSources.Add([.. among]);
        return option;
    }
}
