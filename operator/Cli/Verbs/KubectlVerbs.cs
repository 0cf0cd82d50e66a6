using System.CommandLine;
using Federation.Chain.Tenancy;
using Federation.Cli.Access;
using Federation.Cli.Commands;
using Federation.Ethereum;

namespace Federation.Cli.Verbs;

/// <summary><c>logs</c>, <c>shell</c>, <c>cp</c> and <c>top</c>: kubectl, with the context and the namespace of a lease.</summary>
internal static class KubectlVerbs
{
    private const string ItemLabel = "compute.federation/item";

    public static IEnumerable<Command> Create(Surroundings here) => [Logs(here), Shell(here), Copy(here), Top(here)];

    private static Command Logs(Surroundings here)
    {
        var (lease, item) = (Needed(), Item());
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on as more is written." };
        return Open(new Command("logs", "Show what a lease's pods write.") { lease, item, follow }, here, lease, (call, _) => Task.FromResult<IReadOnlyList<string>>(
        [
            "logs", "--selector", call.Of(item) is { Length: > 0 } name ? $"{ItemLabel}={name}" : ItemLabel, "--prefix", "--tail", "-1", "--max-log-requests", "20", $"--follow={(call.Of(follow) ? "true" : "false")}", .. call.Rest,
        ]));
    }

    private static Command Shell(Surroundings here)
    {
        var (lease, item) = (Needed(), Item());
        var command = new Command("shell", "Enter a pod of a lease; what follows -- is run instead of a shell.") { lease, item };
        return Open(command, here, lease, async (call, found) =>
        {
            var pod = await PodAsync(call, found, call.Of(item));
            return ["exec", call.Here.IsTerminal ? "-it" : "-i", pod, "--", .. call.Rest.Count > 0 ? call.Rest : ["/bin/sh"]];
        });
    }

    private static Command Copy(Surroundings here)
    {
        var (lease, item) = (Needed(), Item());
        var from = new Argument<string>("from") { HelpName = "FROM", Description = "What is copied: a path here, or :PATH in the pod." };
        var to = new Argument<string>("to") { HelpName = "TO", Description = "Where to: a path here, or :PATH in the pod." };
        return Open(new Command("cp", "Copy files to or from a pod of a lease.") { lease, from, to, item }, here, lease, async (call, found) =>
        {
            var (source, target) = (call.Of(from)!, call.Of(to)!);
            if (source.StartsWith(':') == target.StartsWith(':')) throw new CliException(ExitCodes.Usage, "One of FROM and TO is in the pod, and begins with a colon: kubectl compute cp LEASE :/data/out ./out.");
            var pod = await PodAsync(call, found, call.Of(item));
            return ["cp", .. call.Rest, source.StartsWith(':') ? pod + source : source, target.StartsWith(':') ? pod + target : target];
        });
    }

    private static Command Top(Surroundings here)
    {
        var lease = Needed();
        return Open(new Command("top", "Show what a lease's pods use now; the datacenter needs a metrics server for it.") { lease }, here, lease, (call, _) => Task.FromResult<IReadOnlyList<string>>(["top", "pods", "--containers", .. call.Rest]));
    }

    private static Command Open(Command command, Surroundings here, Argument<string> lease, Func<Call, ArchivedLease, Task<IReadOnlyList<string>>> arguments)
    {
        command.TreatUnmatchedTokensAsErrors = false;
        return command.Does(here, async Task<int> (call) =>
        {
            call.WritesNoData("what kubectl writes is its own, and what it takes stands after --");
            // Said before anything is signed.
            if (Kubectl.Find(here) is null) throw new CliException(ExitCodes.KubectlMissing, "kubectl is not on PATH: install it (kubernetes.io/docs/tasks/tools), 1.22 or later.");
            var found = await call.LeaseAsync(call.Of(lease));
            var context = await LoginVerb.EnsureContextAsync(call, Address.Parse(found.Terms.Provider), found.Id.Namespace, isFresh: false, isCurrent: false);
            var asked = await arguments(call, found);
            return await Kubectl.RunAsync(here, [.. Kubectl.At(KubeconfigFile.Of(call.Kubeconfig, here), context, found.Id), .. asked], call.Cancellation);
        });
    }

    private static async Task<string> PodAsync(Call call, ArchivedLease lease, string? item)
    {
        using var door = new LeaseDoor(await (await call.SignInAsync()).EnterAsync(Address.Parse(lease.Terms.Provider), isFresh: false, call.Cancellation), call.Here.Clock);
        var pods = await door.PodsAsync(lease.Id, item, call.Cancellation);
        return pods.Count > 0 ? pods[0] : throw new CliException(ExitCodes.NotFound, $"The lease has no pod{(item is null ? "" : $" of {item}")}: kubectl compute explain {Reading.LeaseSheet.Short(lease.Id)} says why.");
    }

    private static Argument<string> Needed()
    {
        var lease = GetVerb.Lease();
        lease.Arity = ArgumentArity.ExactlyOne;
        return lease;
    }

    private static Option<string> Item() => new("--item", "-c") { HelpName = "NAME", Description = "Service or job of the workload; any when left out." };
}
