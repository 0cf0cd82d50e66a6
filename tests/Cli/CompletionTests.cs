using System.Diagnostics;
using Federation.Application.Ports;

namespace Federation.Cli.Tests;

/// <summary>Completion as the shells themselves do it, of this program as it stands on PATH.</summary>
public sealed class CompletionTests(ChainVerbTests.Stage stage) : IClassFixture<ChainVerbTests.Stage>
{
    private const string Bash = "source <(kubectl-compute completion bash); COMP_WORDS=(kubectl-compute {0}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _kubectl_compute; printf '%s\\n' \"${{COMPREPLY[@]}}\"";

    // What draws the list is zsh's; what is in it is the script's. No dump is kept (-D): zsh moves it to where it belongs, whatever is there.
    private const string Zsh = "autoload -U compinit; compinit -u -D; source <(kubectl-compute completion zsh); _describe() {{ print -rl -- \"${{(@P)2}}\" }}; words=(kubectl-compute {0}); CURRENT=$#words; _kubectl_compute";

    private const string Fish = "kubectl-compute completion fish | source; complete -C 'kubectl-compute {0}'";

    private MatchedLease Reserved => stage.Reserved;

    [Theory]
    [InlineData("bash", "de", new[] { "describe" })]
    [InlineData("bash", "compute de", new[] { "describe" })]
    [InlineData("bash", "get -o j", new[] { "json" })]
    [InlineData("bash", "completion ''", new[] { "bash", "fish", "kubectl", "zsh" })]
    [InlineData("bash", "get --prov", new[] { "--provider" })]
    [InlineData("zsh", "de", new[] { "describe:Show all that the chain has of a lease." })]
    [InlineData("zsh", "get -o j", new[] { "json" })]
    [InlineData("fish", "de", new[] { "describe\tShow all that the chain has of a lease." })]
    [InlineData("fish", "get -o j", new[] { "json" })]
    public async Task Words_AreCompleted(string shell, string typed, string[] expected) => Assert.Equal(expected, await CompletedAsync(shell, typed));

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task Leases_AreCompleted_ByTheirIds(string shell)
    {
        var prefix = Reserved.Id.Hex[..12];
        foreach (var typed in new[] { $"logs {prefix}", $"-q close {prefix}", $"create --lease {prefix}", $"extend --amount 5 {prefix}" })
            Assert.StartsWith(Reserved.Id.Hex, Assert.Single(await CompletedAsync(shell, typed)), StringComparison.Ordinal);
        // What is closed is looked at still, and no more acted on.
        var closed = stage.Closed.Id.Hex[..12];
        Assert.Single(await CompletedAsync(shell, $"invoice {closed}"));
        Assert.Empty(await CompletedAsync(shell, $"close {closed}"));
        // One is enough; and of cp the second word is a file.
        Assert.Empty(await CompletedAsync(shell, $"cp {Reserved.Id.Hex} {prefix}"));
    }

    [Fact]
    public async Task ChainThatIsAway_CompletesNothing_AndSaysNothing()
    {
        stage.Shell.Variables["FEDERATION_RPC_URL"] = "http://127.0.0.1:1";
        try
        {
            Assert.Equal(new Ran(0, ":4\n", ""), await stage.Shell.RunAsync("__complete", "logs", ""));
        }
        finally
        {
            stage.Shell.Variables.Remove("FEDERATION_RPC_URL");
        }
    }

    private async Task<string[]> CompletedAsync(string shell, string typed)
    {
        var program = new[] { "/bin", "/usr/bin", "/usr/local/bin" }.Select(folder => Path.Combine(folder, shell)).FirstOrDefault(File.Exists);
        if (shell != "bash") Assert.SkipUnless(program is not null, $"{shell} is not installed here (Debian: apt-get install {shell}): its script was not run.");
        var text = string.Format(null, shell switch { "bash" => Bash, "zsh" => Zsh, _ => Fish }, typed);
        using var process = Process.Start(Shipped.Of(stage.Shell, program!, shell == "zsh" ? ["-f", "-c", text] : ["-c", text]))!;
        process.StandardInput.Close();
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System);
        Assert.Equal("", await error);
        return (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
