using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Cli.Access;
using Federation.Cli.Commands;
using Federation.Cli.Output;
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
            call.WritesNoData("login writes the context's name");
            var (where, space) = await PlaceAsync(call, call.Of(lease), call.AddressOf(provider));
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
            var where = call.AddressOf(provider) ?? throw new CliException(ExitCodes.Usage, "--provider is empty.");
            var grant = (await (await call.SignInAsync()).EnterAsync(where, isFresh: false, call.Cancellation)).Grant;
            if (ElsewhereOf(here, grant.Server) is { } elsewhere)
                throw new CliException(ExitCodes.Refused, $"The context sends the credential to {Printable.Line(elsewhere)}, and the datacenter is at {Printable.Line(grant.Server)}: none is given. Write the context anew: kubectl compute login --provider {where}.");
            here.Out.Write(new JsonObject
            {
                ["apiVersion"] = "client.authentication.k8s.io/v1", ["kind"] = "ExecCredential",
                ["status"] = new JsonObject { ["token"] = grant.Token, ["expirationTimestamp"] = Shown.Time(grant.Ends.ToUnixTimeSeconds()) },
            }.ToJsonString() + "\n");
        });
    }

    /// <summary>A context for a datacenter as the registry has it now: made where there is none, and written anew where there is another endpoint.</summary>
    /// <returns>Its name.</returns>
    /// <exception cref="CliException">There is one of that name that is not this program's for that datacenter.</exception>
    public static async Task<string> EnsureContextAsync(Call call, Address provider, string? space, bool isFresh, bool isCurrent)
    {
        var file = KubeconfigFile.Of(call.Kubeconfig, call.Here);
        var chain = (await call.ChainAsync()).ChainId;
        var name = call.Context ?? $"federation-{chain}-{Short(provider)}-{Short(call.Wallet.Address)}";
        // A context that is there does not say that it is right: the credential is for where the datacenter is today.
        var at = await call.Progress.WhileAsync(isFresh ? "Signing in…" : "Looking for the datacenter…", async _ => await (await call.SignInAsync()).EnterAsync(provider, isFresh, call.Cancellation));
        List<string> arguments = ["credential", "--provider", provider.ToString()];
        if (call.ConfigFile is { } config) arguments.AddRange(["--config", config]);
        var entry = new KubeconfigEntry(name, at.Grant.Server, at.Authority, space, Program(call.Here), arguments);
        if (isFresh || !file.Holds(entry)) await file.MergeAsync(entry, isCurrent, call.Here.Clock, call.Cancellation);
        return name;
    }

    private static string Short(Address address) => address.ToString()[2..10].ToLowerInvariant();

    // kubectl says where it sends the credential, which may be where the datacenter was last month. Who runs the command by hand says nothing.
    private static string? ElsewhereOf(Surroundings here, string server)
    {
        if (here.Variable("KUBERNETES_EXEC_INFO") is not { Length: > 0 } info) return null;
        string? named;
        try
        {
            named = (string?)JsonNode.Parse(info)?["spec"]?["cluster"]?["server"];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            named = null;
        }

        return named == server ? null : named ?? "a server that kubectl does not name";
    }

    private static async Task<(Address Provider, string? Space)> PlaceAsync(Call call, string? lease, Address? provider)
    {
        if (lease is not { Length: > 0 } && provider is { } named) return (named, null);
        var found = await call.LeaseAsync(lease);
        return (Address.Parse(found.Terms.Provider), found.Id.Namespace);
    }

    // By its name where PATH has it: an upgrade moves the file.
    private static string Program(Surroundings here) => Kubectl.Find(here, CommandName) is not null ? CommandName : Environment.ProcessPath ?? CommandName;
}
