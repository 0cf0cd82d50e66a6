using System.Text.Json;
using Federation.Cli.Commands;

namespace Federation.Cli.Tests;

public sealed class CommandLineTests : IDisposable
{
    private const string Request = """
        kind: ComputeRequest
        spec:
          placement: {deny: []}
          renew: {beforeSeconds: 600}
          workload: {services: [{name: web, image: a.example/b@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08, resources: {cpu: 1, memory: 1Gi}}]}
        """;

    private readonly Shell shell = new();

    public void Dispose() => shell.Dispose();

    [Fact]
    public async Task Nothing_ShowsTheCommands_AsOfKubectl()
    {
        var ran = await shell.RunAsync();
        Assert.Equal(0, ran.Code);
        Assert.Contains("kubectl compute COMMAND", ran.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("kubectl-compute", ran.Out, StringComparison.Ordinal);
        Assert.Contains("Exit codes:", ran.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("get", "--help", "kubectl compute get [LEASE] [flags]")]
    [InlineData("datacenters", "-h", "--region REGION")]
    public async Task Help_IsOfItsCommand(string command, string flag, string line)
    {
        var ran = await shell.RunAsync(command, flag);
        Assert.Equal(0, ran.Code);
        Assert.Contains(line, ran.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("get", "--nonsense")]
    [InlineData("get", "a", "b")]
    [InlineData("get", "-o", "xml")]
    [InlineData("datacenters")]
    public async Task WhatIsWrongBeforeAnythingIsAsked_EndsWithTwo_AndSaysSoOnStandardError(params string[] args)
    {
        var ran = await shell.RunAsync(args);
        Assert.Equal(ExitCodes.Usage, ran.Code);
        Assert.Equal("", ran.Out);
        Assert.StartsWith("error: ", ran.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("close", "-n", "lease-1234")]
    [InlineData("logs", "-n", "lease-1234")]
    [InlineData("shell", "0x1234", "-n", "lease-1234")]
    [InlineData("cp", "0x1234", "a", ":b", "--namespace", "x")]
    [InlineData("top", "0x1234", "--namespace=x")]
    [InlineData("meter", "0x1234", "-n", "x")]
    public async Task NamespaceThatWouldDoNothing_IsRefused_InsteadOfSwallowed(params string[] args)
    {
        var ran = await shell.RunAsync(args);
        Assert.Equal(ExitCodes.Usage, ran.Code);
        Assert.Equal($"error: --namespace has no use with {args[0]}: name the lease by LEASE.\n", ran.Error);
    }

    [Theory]
    [InlineData("quote", "-f", "x")]
    [InlineData("balance")]
    [InlineData("settle")]
    public async Task NamespaceOfNoLease_IsRefused(params string[] args)
    {
        var ran = await shell.RunAsync([.. args, "-n", "lease-1234"]);
        Assert.Equal(ExitCodes.Usage, ran.Code);
        Assert.Equal($"error: --namespace has no use with {args[0]}: it is about no lease.\n", ran.Error);
    }

    [Theory]
    [InlineData("quote")]
    [InlineData("create", "--yes", "-o", "json")]
    [InlineData("create", "--lease", "0x1234")]
    public async Task ManifestOfWhichAPartWouldBeIgnored_IsRefused_BeforeAnybodyIsAsked(params string[] args)
    {
        var file = shell.Write("web.yaml", Request.Replace("deny:", "denny:", StringComparison.Ordinal));
        var ran = await shell.RunAsync([.. args, "-f", file]);
        Assert.Equal((ExitCodes.Usage, ""), (ran.Code, ran.Out));
        Assert.Equal($"error: {file} is no ComputeRequest that the API server would take:\n  spec.placement.denny: unknown field; did you mean 'deny'?\n", ran.Error);
    }

    [Theory]
    [InlineData("quote", "-q", "-o", "json")]
    [InlineData("create", "--yes")]
    [InlineData("create", "--lease", "0x1234", "-q")]
    public async Task WhatTheManifestWantsAndNobodyDoes_IsSaidBesideTheData(params string[] args)
    {
        var file = shell.Write("web.yaml", Request);
        var ran = await shell.RunAsync([.. args, "-f", file]);
        Assert.Equal("", ran.Out);
        Assert.StartsWith($"warning: {file}: spec.renew is what a tenant's operator does: ", ran.Error, StringComparison.Ordinal);
        Assert.Single(ran.Error.Split('\n'), l => l.StartsWith("warning: ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("101")]
    [InlineData("-1")]
    [InlineData("9.999")]
    [InlineData("half")]
    public async Task CreditThatIsNoPercentage_IsRefused(string credit)
    {
        var ran = await shell.RunAsync("quote", "-f", shell.Write("web.yaml", Request), $"--min-downtime-credit={credit}");
        Assert.Equal(ExitCodes.Usage, ran.Code);
        Assert.Contains($"error: --min-downtime-credit '{credit}' is no percentage such as 50 or 99.5", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LeaseNamedTwice_IsRefused() => Assert.Contains("Name the lease once", (await shell.RunAsync("get", "0x1234", "-n", "lease-5678")).Error, StringComparison.Ordinal);

    [Theory]
    [InlineData("logs", "0x1234")]
    [InlineData("top", "0x1234")]
    [InlineData("shell", "0x1234")]
    [InlineData("login")]
    [InlineData("doctor")]
    [InlineData("settle", "--collect")]
    [InlineData("register", "--endpoint", "https://dc.example", "--region", "x", "--operator", "0x1")]
    public async Task FormOfDataWhereThereIsNone_IsRefused_InsteadOfSwallowed(params string[] args)
    {
        var ran = await shell.RunAsync([.. args, "-o", "json"]);
        Assert.Equal(ExitCodes.Usage, ran.Code);
        Assert.StartsWith("error: --output has no use here: ", ran.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("get")]
    [InlineData("login")]
    [InlineData("credential")]
    public async Task ProviderThatIsNoAddress_IsNamed_AndNotLookedFor(string command) =>
        Assert.Equal("error: --provider 'north' is no address: 0x and 40 hex digits.\n", (await shell.RunAsync(command, "--provider", "north")).Error);

    [Theory]
    [InlineData("--private-key", "0x01")]
    [InlineData("--private-key=0x01")]
    [InlineData("--mnemonic", "test")]
    [InlineData("--password:x")]
    public async Task KeyOnTheCommandLine_IsRefused_AndNotRepeated(params string[] secret)
    {
        var ran = await shell.RunAsync(["get", .. secret]);
        Assert.Equal(ExitCodes.Usage, ran.Code);
        Assert.Contains("is in the process list", ran.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("0x01", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task KeyInTheEnvironment_IsRefused()
    {
        shell.Variables["FEDERATION_PRIVATE_KEY"] = "0x01";
        var ran = await shell.RunAsync("get");
        Assert.Equal(ExitCodes.Usage, ran.Code);
        Assert.Contains("keystore file", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void ExitCodes_AreDistinct_AndEachHasAMeaning()
    {
        Assert.Equal(ExitCodes.All.Count, ExitCodes.All.Select(c => c.Code).Distinct().Count());
        var constants = typeof(ExitCodes).GetFields().Where(f => f.IsLiteral).Select(f => (int)f.GetRawConstantValue()!);
        Assert.Equal(constants.Order(), ExitCodes.All.Select(c => c.Code).Order());
        // Scripts have these numbers, and no constants.
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 130], ExitCodes.All.Select(c => c.Code));
        Assert.Equal((3, 4, 9, 11, 130), (ExitCodes.Refused, ExitCodes.Timeout, ExitCodes.WalletUnusable, ExitCodes.EvidenceDiffers, ExitCodes.Interrupted));
    }

    [Fact]
    public void EveryCommandAndFlag_SaysWhatItIs()
    {
        var root = CommandLine.Tree(shell.Here(TextWriter.Null, TextWriter.Null));
        Assert.All(root.Subcommands, c =>
        {
            Assert.False(string.IsNullOrWhiteSpace(c.Description), c.Name);
            Assert.All(c.Arguments, a => Assert.False(string.IsNullOrWhiteSpace(a.Description), $"{c.Name} {a.Name}"));
            Assert.All(c.Options, o => Assert.False(string.IsNullOrWhiteSpace(o.Description), $"{c.Name} {o.Name}"));
        });
    }

    [Theory]
    [InlineData("", "get\t")]
    [InlineData("dat", "datacenters\t")]
    [InlineData("get --prov", "--provider\t")]
    [InlineData("get -o ", "json\n")]
    [InlineData("completion z", "zsh\n")]
    public async Task Completion_KnowsCommandsFlagsAndTheirValues(string words, string found)
    {
        var ran = await shell.RunAsync(["__complete", .. words.Split(' ')]);
        Assert.Equal(0, ran.Code);
        Assert.Contains(found, ran.Out, StringComparison.Ordinal);
        Assert.EndsWith(":4\n", ran.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("__complete", ran.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bash", "complete -F")]
    [InlineData("zsh", "compdef")]
    [InlineData("fish", "complete -c kubectl-compute")]
    [InlineData("kubectl", "exec kubectl-compute __complete")]
    public async Task CompletionScript_IsOfItsShell(string asked, string line)
    {
        var ran = await shell.RunAsync("completion", asked);
        Assert.Equal(0, ran.Code);
        Assert.Contains(line, ran.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("\r", ran.Out, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Usage, (await shell.RunAsync("completion", "tcsh")).Code);
    }
}
