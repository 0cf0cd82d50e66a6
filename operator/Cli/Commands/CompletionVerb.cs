using System.CommandLine;

namespace Federation.Cli.Commands;

/// <summary><c>completion</c>: scripts of our own, because those of the library need a tool of the SDK.</summary>
internal static class CompletionVerb
{
    private static readonly Dictionary<string, string> Scripts = new()
    {
        // kubectl 1.26 or later runs kubectl_complete-compute by itself; the words come from the hidden command.
        ["bash"] = """
            # bash completion of kubectl compute: source <(kubectl compute completion bash)
            _kubectl_compute() {
              local cur=${COMP_WORDS[COMP_CWORD]} words=("${COMP_WORDS[@]:1:COMP_CWORD}")
              [ "${words[0]}" = compute ] && words=("${words[@]:1}")
              mapfile -t COMPREPLY < <(compgen -W "$(kubectl-compute __complete "${words[@]}" 2>/dev/null | cut -f1 | grep -v '^:')" -- "$cur")
            }
            complete -F _kubectl_compute kubectl-compute

            """,
        ["zsh"] = """
            #compdef kubectl-compute
            # zsh completion of kubectl compute: source <(kubectl compute completion zsh)
            _kubectl_compute() {
              local -a found
              local line
              for line in ${(f)"$(kubectl-compute __complete "${(@)words[2,CURRENT]}" 2>/dev/null | grep -v '^:')"}; do
                found+=("${${line//:/\\:}/$'\t'/:}")
              done
              _describe 'kubectl compute' found
            }
            compdef _kubectl_compute kubectl-compute

            """,
        ["fish"] = """
            # fish completion of kubectl compute: kubectl compute completion fish | source
            function __kubectl_compute
              set -l words (commandline -opc)[2..-1] (commandline -ct)
              kubectl-compute __complete $words 2>/dev/null | string match -v -r '^:'
            end
            complete -c kubectl-compute -f -a '(__kubectl_compute)'

            """,
        ["kubectl"] = """
            #!/bin/sh
            # kubectl 1.26 or later runs this for kubectl compute: put it on PATH as kubectl_complete-compute, executable.
            exec kubectl-compute __complete "$@"

            """,
    };

    public static Command Create(Surroundings here)
    {
        var shell = new Argument<string>("shell") { HelpName = "SHELL", Description = "bash, zsh or fish; kubectl: the program kubectl_complete-compute, by which kubectl itself completes." };
        shell.CompletionSources.Add([.. Scripts.Keys]);
        return new Command("completion", "Print a script that completes commands and flags.") { shell }.Does(here, call =>
        {
            var asked = call.Of(shell)!;
            here.Out.Write(Scripts.TryGetValue(asked, out var script) ? script.ReplaceLineEndings("\n") : throw new CliException(ExitCodes.Usage, $"There is no script for {asked}: {string.Join(", ", Scripts.Keys)}."));
            return Task.CompletedTask;
        });
    }
}
