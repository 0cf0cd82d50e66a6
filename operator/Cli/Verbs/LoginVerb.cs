using System.CommandLine;
using System.Text.Json.Nodes;
using Federation.Cli.Access;
using Federation.Cli.Commands;
using Federation.Ethereum;

namespace Federation.Cli.Verbs;

/// <summary><c>login</c>: signs the wallet in at a datacenter, and gives kubectl a context that does so again by itself.</summary>
internal static class LoginVerb
{
    private const string CommandName = "kubectl-compute";

    public static Command Create(Surroundings here)
    {
        var (lease, provider) = (GetVerb.Lease(), new Option<string>("--provider") { HelpName = "ADDRESS", Description = "The datacenter, instead of naming a lease that it serves." });
        var use = new Option<bool>("--use") { Description = "Make it the current context; else that is set only where there is none." };
        return new Command("login", "Sign in at a lease's datacenter, and give kubectl a context for it.") { lease, provider, use }.Does(here, async call =>
        {
            var (where, space) = await PlaceAsync(call, call.Of(lease), call.Of(provider));
            var context = await EnsureContextAsync(call, where, space, isFresh: true, call.Of(use));
            call.Progress.Done($"Signed in. kubectl --context {context} {(space is null ? "" : $"get pods")}".TrimEnd());
            here.Out.Write(context + "\n");
        });
    }

    /// <summary>The exec plugin: prints a credential, by the wallet when none is remembered.</summary>
    public static Command CreateCredential(Surroundings here)
    {
        var provider = new Option<string>("--provider") { Required = true, Description = "The datacenter." };
        return new Command("credential", "Print an ExecCredential for kubectl.") { Hidden = true, Options = { provider } }.Does(here, async call =>
        {
            if (!Address.TryParse(call.Of(provider), out var where)) throw new CliException(ExitCodes.Usage, "--provider is no address.");
            var grant = (await (await call.SignInAsync()).EnterAsync(where, isFresh: false, call.Cancellation)).Grant;
            here.Out.Write(new JsonObject
            {
                ["apiVersion"] = "client.authentication.k8s.io/v1", ["kind"] = "ExecCredential",
                ["status"] = new JsonObject { ["token"] = grant.Token, ["expirationTimestamp"] = Output.Shown.Time(grant.Ends.ToUnixTimeSeconds()) },
            }.ToJsonString() + "\n");
        });
    }

    /// <summary>A context for a datacenter, made where there is none.</summary>
    /// <returns>Its name.</returns>
    public static async Task<string> EnsureContextAsync(Call call, Address provider, string? space, bool isFresh, bool isCurrent)
    {
        var file = KubeconfigFile.Of(call.Kubeconfig, call.Here);
        var name = call.Context ?? $"federation-{provider.ToString()[2..10].ToLowerInvariant()}-{call.Wallet.Address.ToString()[2..10].ToLowerInvariant()}";
        if (!isFresh && file.Has(name)) return name;
        var at = await call.Progress.WhileAsync("Signing in…", async _ => await (await call.SignInAsync()).EnterAsync(provider, isFresh, call.Cancellation));
        List<string> arguments = ["credential", "--provider", provider.ToString()];
        if (call.ConfigFile is { } config) arguments.AddRange(["--config", config]);
        await file.MergeAsync(new KubeconfigEntry(name, at.Grant.Server, at.Authority, space, Program(call.Here), arguments), isCurrent, call.Here.Clock, call.Cancellation);
        return name;
    }

    private static async Task<(Address Provider, string? Space)> PlaceAsync(Call call, string? lease, string? provider)
    {
        if (lease is { Length: > 0 } || provider is null)
        {
            var found = await call.LeaseAsync(lease);
            return (Address.Parse(found.Terms.Provider), found.Id.Namespace);
        }

        return Address.TryParse(provider, out var address) ? (address, null) : throw new CliException(ExitCodes.Usage, $"--provider '{provider}' is no address: 0x and 40 hex digits.");
    }

    // By its name where PATH has it: an upgrade moves the file.
    private static string Program(Surroundings here) => Kubectl.Find(here, CommandName) is not null ? CommandName : Environment.ProcessPath ?? CommandName;
}
