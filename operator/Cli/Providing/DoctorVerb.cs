using System.CommandLine;
using System.Text.Json.Nodes;
using Federation.Chain.Bindings.DatacenterRegistry;
using Federation.Chain.Ledger;
using Federation.Cli.Access;
using Federation.Cli.Commands;
using Federation.Cli.Output;
using Federation.Ethereum;
using Federation.Gateway;

namespace Federation.Cli.Providing;

/// <summary>
/// <c>doctor</c>: a datacenter as tenants meet it, from outside: registry, stake, gateway. What is inside its cluster the operator's own doctor looks at
/// (decisions/0202), which is run there by kubectl; of a tenant's operator that is all there is to look at.
/// </summary>
internal static class DoctorVerb
{
    // As the operator's own doctor: what was wrong for a moment, as between two leaders, is well by then.
    private static readonly TimeSpan SecondLook = TimeSpan.FromSeconds(12);

    // Where there is none kubectl would wait a minute for one.
    private const string PatienceForAPod = "--pod-running-timeout=10s";

    private const string Program = "/opt/federation/federation-operator";

    public static Command Create(Surroundings here)
    {
        var provider = LeasesVerb.Provider();
        var outside = new Option<bool>("--outside") { Description = "From outside alone: do not run the operator's own doctor in the cluster." };
        var tenant = new Option<bool>("--tenant") { Description = "Of a tenant's operator, in federation-tenant where --namespace names no other: what it needs to buy, as it finds it itself." };
        return new Command("doctor", "For providers: look whether tenants can reach and rent a datacenter, and what is wrong inside. With --tenant: what is wrong with a tenant's operator.") { provider, outside, tenant }.Does(here, async Task<int> (call) =>
        {
            if (call.Of(tenant))
            {
                if (call.Of(outside) || call.Of(provider) is { Length: > 0 }) throw new CliException(ExitCodes.Usage, "--tenant looks at a tenant's operator, and --outside and --provider are of a datacenter: leave them out.");
                call.WritesNoData("the operator's own doctor writes for people");
                return await InsideAsync(call, here, "federation-tenant", "doctor", "tenant");
            }

            if (!call.Of(outside)) call.WritesNoData("the operator's own doctor writes for people; with --outside there is data");
            var who = LeasesVerb.ProviderOf(call, provider);
            var findings = await LookAsync(call, who);
            if (findings.Any(f => !f.IsWell))
            {
                await call.Progress.WhileAsync($"Not all is well: it is looked at again in {SecondLook.TotalSeconds:0} s…", async _ =>
                {
                    await Task.Delay(SecondLook, call.Here.Clock, call.Cancellation);
                    return true;
                });
                findings = await LookAsync(call, who);
            }

            if (call.Format == OutputFormat.Table) foreach (var (isWell, what) in findings) here.Out.Write($"{(isWell ? "ok  " : "FAIL")}  {Printable.Line(what)}\n");
            else call.Write(SheetOf(findings));
            var isIll = findings.Any(f => !f.IsWell);
            if (call.Of(outside)) return isIll ? ExitCodes.Failed : ExitCodes.Ok;
            var inside = await InsideAsync(call, here, "federation-operator", "doctor");
            return inside != 0 ? inside : isIll ? ExitCodes.Failed : ExitCodes.Ok;
        });
    }

    // As the operator's own user, with its own settings: what it finds is what the operator finds.
    private static async Task<int> InsideAsync(Call call, Surroundings here, string deployment, params string[] verb)
    {
        var space = call.Namespace ?? (deployment == "federation-tenant" ? deployment : "federation-system");
        List<string> there = ["--kubeconfig", KubeconfigFile.Of(call.Kubeconfig, here).Path, "--namespace", space];
        if (call.Context is { } context) there.InsertRange(0, ["--context", context]);
        var code = await Kubectl.RunAsync(here, [.. there, "exec", $"deploy/{deployment}", PatienceForAPod, "--", Program, .. verb], call.Cancellation);
        // Found by the doctor, or by kubectl, which had no pod to run it in: then its own words do not say why there is none.
        if (code != 0 && await OperatorPods.NotReadyAsync(here, there, deployment, space, call.Cancellation) is { } why) here.Error.Write(Printable.Lines(why) + "\n");
        return code;
    }

    private static Sheet SheetOf(IReadOnlyList<(bool IsWell, string What)> findings) => new(
        "finding", [new("WELL"), new("FINDING")],
        [.. findings.Select((f, i) => new Row($"{i + 1}", new JsonObject { ["kind"] = "finding", ["isWell"] = f.IsWell, ["what"] = Printable.Line(f.What) }, f.IsWell ? "yes" : "no", f.What))]);

    private static async Task<IReadOnlyList<(bool IsWell, string What)>> LookAsync(Call call, Address provider)
    {
        var chain = await call.ChainAsync();
        var token = call.Settings.TokenOf(chain.Contracts);
        var units = await chain.UnitsAsync(token, call.Cancellation);
        var entry = await chain.EntryAsync(provider, call.Cancellation);
        var free = await chain.Client.CallAsync(chain.Contracts.Registry, new FreeStakeFunction { Provider = provider, Token = token }, ct: call.Cancellation);
        var ether = await chain.Client.GetBalanceAsync(entry.Operator, ct: call.Cancellation);
        List<(bool, string)> found =
        [
            (true, $"registered with operator key {entry.Operator}, region {entry.Region}"),
            (entry.Active, entry.Active ? "it takes leases" : "it takes no leases: kubectl compute drain --undo"),
            (free > 0, free > 0 ? $"{units.Show(free)} of stake are free" : "no stake is free: kubectl compute register --stake adds some"),
            (!ether.IsZero, ether.IsZero ? $"the operator key {entry.Operator} has nothing to pay gas with: send it some of the chain's coin" : "the operator key can pay gas"),
        ];
        try
        {
            var endpoint = call.Gateways.Checked(entry.Endpoint);
            found.AddRange(Compare(await call.Gateways.Ask(endpoint).ReadInfoAsync(call.Cancellation), entry, provider, chain.ChainId, chain.Contracts.LeaseManager));
        }
        catch (Exception e) when (e is GatewayException or CliException)
        {
            found.Add((false, e.Message));
        }

        return found;
    }

    private static IEnumerable<(bool IsWell, string What)> Compare(GatewayInfo info, Chain.Bindings.Datacenter entry, Address provider, ulong chainId, Address leaseManager)
    {
        yield return (true, $"the gateway at {entry.Endpoint} answers, as {info.Name}");
        var isIt = Address.TryParse(info.Provider, out var said) && said == provider;
        yield return (isIt, isIt ? "it is that of this provider" : $"it is that of {info.Provider}: see the Datacenter's spec.provider, and the endpoint in the registry");
        var isHere = info.ChainId == chainId && Address.TryParse(info.LeaseManager, out var manager) && manager == leaseManager;
        yield return (isHere, isHere ? "it is on this chain, with these contracts" : $"it is on chain {info.ChainId} with the lease manager {info.LeaseManager}: see the operator's Chain settings");
        var isPublished = entry.PriceBook == PriceBookCall.HashOf(PriceBookCall.Of(info.Prices));
        yield return (isPublished, isPublished ? "its price book is the published one" : "its price book is not that of the registry: kubectl compute register --prices publishes it");
    }
}
