using System.CommandLine;
using System.CommandLine.Help;
using Federation.Application.Ports;
using Federation.Chain;
using Federation.Chain.Signing;
using Federation.Cli.Output;
using Federation.Cli.Providing;
using Federation.Cli.Verbs;
using Federation.Ethereum.Abi;
using Federation.Ethereum.Cryptography;
using Federation.Ethereum.JsonRpc;
using Federation.Gateway;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;

namespace Federation.Cli.Commands;

/// <summary><c>kubectl compute</c>: its commands, and how they end.</summary>
internal static class CommandLine
{
    /// <summary>How people call it.</summary>
    public const string Name = "kubectl compute";

    private static readonly ParserConfiguration Parsing = new() { ResponseFileTokenReplacer = null };

    /// <returns>Of <see cref="ExitCodes"/>, or that of kubectl where it was handed over to.</returns>
    public static async Task<int> RunAsync(string[] args, Surroundings here)
    {
        if (args is [Completion.Word, ..])
        {
            await Completion.WriteAsync(Tree(here), args[1..], here);
            return ExitCodes.Ok;
        }

        if (SecretIn(args) is { } secret) return Fail(here, ExitCodes.Usage, $"{secret} is refused: what stands on a command line is in the process list and the shell's history. Set wallet.keystoreFile and wallet.passwordFile, or a remote signer.");
        var root = Tree(here);
        var parsed = root.Parse(args, Parsing);
        if (parsed.Action is not HelpText.Action && Flags.IdleIn(parsed) is { } idle) return Fail(here, ExitCodes.Usage, idle);
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpText.Action)
            return Fail(here, ExitCodes.Usage, $"{string.Join(" ", parsed.Errors.Select(e => e.Message))}\nSee {Name} {PathOf(parsed.CommandResult.Command)}--help.");
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { Output = here.Out, Error = here.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(10) });
        }
        catch (Exception e) when (CodeOf(e) is { } code)
        {
            return Fail(here, code, WordsOf(e));
        }
    }

    /// <summary>All commands.</summary>
    public static RootCommand Tree(Surroundings here)
    {
        var root = new RootCommand("Rent compute of a federation of datacenters, with a wallet and kubectl.");
        foreach (var option in Flags.All) root.Options.Add(option);
        foreach (var command in TenantVerbs(here).Concat(ProviderVerbs(here))) root.Subcommands.Add(command);
        root.Subcommands.Add(CompletionVerb.Create(here));
        root.Options.OfType<HelpOption>().Single().Action = new HelpText.Action(here);
        root.SetAction(_ =>
        {
            here.Out.Write(HelpText.Of(root));
            return ExitCodes.Ok;
        });
        return root;
    }

    /// <summary>Has a command do something; what it throws becomes its exit code.</summary>
    public static Command Does(this Command command, Surroundings here, Func<Call, Task<int>> work)
    {
        command.SetAction(async (parsed, cancellation) =>
        {
            // Who interrupts is heard from when the library has this task in its hands: nothing begins before.
            await Task.Yield();
            using var call = new Call(parsed, here, cancellation);
            return await work(call);
        });
        return command;
    }

    /// <summary>As the other overload, where all that does not throw has been done.</summary>
    public static Command Does(this Command command, Surroundings here, Func<Call, Task> work) => command.Does(here, async Task<int> (call) =>
    {
        await work(call);
        return ExitCodes.Ok;
    });

    private static IEnumerable<Command> TenantVerbs(Surroundings here) =>
    [
        DatacentersVerb.Create(here), OffersVerb.Create(here), GetVerb.Create(here), DescribeVerb.Create(here), UsageVerb.Create(here), InvoiceVerb.Create(here), EvidenceVerb.Create(here), ExplainVerb.Create(here),
        QuoteVerb.Create(here), CreateVerb.Create(here), ExtendVerb.Create(here), CloseVerb.Create(here), .. BalanceVerbs.Create(here),
        LoginVerb.Create(here), LoginVerb.CreateCredential(here), .. KubectlVerbs.Create(here),
    ];

    private static IEnumerable<Command> ProviderVerbs(Surroundings here) =>
    [
        DoctorVerb.Create(here), RegisterVerb.Create(here), LeasesVerb.Create(here), MeterVerb.Create(here), SettleVerb.Create(here), DrainVerb.Create(here),
    ];

    /// <returns>Null for what is a fault of this program.</returns>
    // Of the chain's words some are the tenant's money, and scripts act on that.
    internal static int? CodeOf(Exception e) => e switch
    {
        CliException known => known.Code,
        OperationCanceledException => ExitCodes.Interrupted,
        ContractCallException call when IsShort(call.Message) => ExitCodes.Underfunded,
        ContractCallException { InnerException: RpcTransportException } => ExitCodes.ChainUnreachable,
        ContractCallException or GatewayRefusalException => ExitCodes.Refused,
        LedgerException or RpcTransportException or RpcResponseException or AbiException => ExitCodes.ChainUnreachable,
        GatewayException => ExitCodes.GatewayUnreachable,
        SignerUnavailableException or TenantKeyException or SignatureException => ExitCodes.WalletUnusable,
        KubernetesException { IsNotFound: true } => ExitCodes.NotFound,
        KubernetesException => ExitCodes.Refused,
        HttpRequestException or TimeoutException => ExitCodes.GatewayUnreachable,
        KubeConfigException or IOException or UnauthorizedAccessException => ExitCodes.Failed,
        _ => null,
    };

    /// <summary>Whether a contract's or node's refusal is about what the wallet has.</summary>
    public static bool IsShort(string error) =>
        error.Contains("InsufficientAllowance", StringComparison.Ordinal) || error.Contains("InsufficientBalance", StringComparison.Ordinal)
        || error.Contains("nothing to pay gas with", StringComparison.Ordinal) || error.Contains("insufficient funds", StringComparison.OrdinalIgnoreCase);

    private static int Fail(Surroundings here, int code, string message)
    {
        here.Error.Write($"error: {Printable.Lines(message)}\n");
        return code;
    }

    // Of a line that a stranger breaks the next one would look like this program's own.
    internal static string WordsOf(Exception e) => e is OperationCanceledException ? "Interrupted." : e is CliException ? e.Message : Printable.Line(e.Message);

    private static string? SecretIn(string[] args) => args.TakeWhile(a => a != "--").FirstOrDefault(a => Flags.Secrets.Contains(a.Split('=', ':')[0], StringComparer.OrdinalIgnoreCase)) is { } found ? found.Split('=', ':')[0] : null;

    private static string PathOf(Command command) => command is RootCommand ? "" : command.Name + " ";
}
