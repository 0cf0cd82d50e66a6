using System.Numerics;
using Federation.Domain.Leases;
using Federation.Ethereum.Keystore;
using Federation.Ethereum.Signing;
using Federation.Harness;
using Federation.Harness.Demo;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>A tenant's operator, as the tenant runs it: a wallet and authorities in files and nothing from any datacenter, ComputeRequests in whichever cluster it has.</summary>
/// <param name="name">Of the tenant: two of them share nothing.</param>
/// <param name="tokens">Smallest units that its wallet had.</param>
internal sealed class RequestingTenant(FederationStage stage, LocalSigner wallet, string name, BigInteger tokens)
{
    private readonly string folder = Directory.CreateDirectory(Path.Combine(stage.Federation.StateFolder, name)).FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Part => $"{name}/operator";

    internal LocalSigner Wallet => wallet;

    /// <summary>Where the ComputeRequests are: the first datacenter's cluster, of which the tenant uses the API server alone.</summary>
    internal Kubectl Kubectl { get; } = new(stage.Federation, stage.Sites[0].Site);

    /// <summary>A tenant with so many tokens, as long as the work takes.</summary>
    internal static async Task WithAsync(FederationStage stage, string name, BigInteger tokens, Func<RequestingTenant, Task> work)
    {
        var tenant = new RequestingTenant(stage, (LocalSigner)(await stage.NewAccountAsync(tokens)).Signer, name, tokens);
        await tenant.StartAsync(Cancellation);
        try
        {
            await Eventually.HoldsAsync("the ComputeRequest's kind", async () => await tenant.Kubectl.TryAsync("get", "creq", "-n", "default") is { ExitCode: 0 } ? null : "it is not served");
            await work(tenant);
        }
        finally
        {
            await tenant.StopAsync();
        }
    }

    private async Task StartAsync(CancellationToken cancellation)
    {
        await File.WriteAllLinesAsync(InFolder("authorities.pem"), stage.Sites.Select(s => File.ReadAllText(Path.Combine(stage.Federation.StateFolder, "tls", s.Name, "tls.crt"))), cancellation);
        await File.WriteAllTextAsync(InFolder("keystore.json"), KeystoreFile.Encrypt(wallet, "of the tenant", 1 << 12), cancellation);
        await File.WriteAllTextAsync(InFolder("password"), "of the tenant", cancellation);
        Parts.Launch(stage.Federation, Part, DemoDatacenter.OperatorProgram, ["tenant"], new Dictionary<string, string>
        {
            ["Tenant__Kubeconfig"] = stage.Sites[0].Site.KubeconfigPath,
            ["Tenant__Namespace"] = $"federation-{name}",
            ["Tenant__Watch"] = "default",
            ["Tenant__InstallCrds"] = "true",
            ["Tenant__Listen"] = "http://127.0.0.1:0",
            ["Tenant__Gateways__AuthorityFile"] = InFolder("authorities.pem"),
            ["Tenant__Times__Look"] = "00:00:00.5",
            ["Tenant__Times__SteadyLook"] = "00:00:02",
            ["Tenant__Chain__RpcUrl"] = stage.Federation.AnvilUrl,
            ["Tenant__Chain__ChainId"] = $"{stage.Federation.ChainId}",
            ["Tenant__Chain__DeploymentFile"] = stage.Chain.DeploymentFile,
            ["Tenant__Chain__Confirmations"] = "1",
            ["Tenant__Chain__KeystoreFile"] = InFolder("keystore.json"),
            ["Tenant__Chain__KeystorePasswordFile"] = InFolder("password"),
            ["Tenant__Chain__Sending__PollInterval"] = "00:00:00.2",
        });
    }

    internal Task StopAsync() => stage.Faults.StopAsync(Part);

    /// <summary>The same operator, which goes on with what lies in the cluster.</summary>
    internal Task StartAgainAsync() => stage.Faults.StartAsync(Part);

    /// <summary>As <c>kubectl wait</c>: it fails with what the request waits for.</summary>
    internal async Task WaitUntilReadyAsync(string request, int seconds = 180)
    {
        var waited = await Kubectl.TryAsync("wait", $"creq/{request}", "-n", "default", "--for=condition=Ready", $"--timeout={seconds}s");
        Assert.True(waited.ExitCode == 0, $"{waited.Error} {await ReadAsync(request, "{.status.conditions}")} {await ReadAsync(request, "{range .status.leases[*]}{.provider} {.reason}: {.message}; {end}")}");
    }

    internal async Task<IReadOnlyList<RequestedLease>> LeasesAsync(string request)
    {
        var said = await ReadAsync(request, "{range .status.leases[*]}{.leaseId} {.provider} {.leaving}{\"\\n\"}{end}");
        return [.. said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')).Select(l => new RequestedLease(LeaseId.Parse(l[0]), SiteOf(l[1]), l[2].Length > 0))];
    }

    /// <summary>Deletes it as a user does: kubectl comes back when the refund was seen. Every token is in the wallet, in its Vault balance, or was paid for one of these leases, once.</summary>
    internal async Task DeleteAsync(string request, params IReadOnlyList<LeaseId> leases)
    {
        await Kubectl.RunAsync("delete", "creq", request, "-n", "default", "--timeout=300s");
        var used = BigInteger.Zero;
        foreach (var lease in leases)
        {
            var chain = await stage.Chain.Wallet.ReadLeaseAsync(lease, null, Cancellation);
            Assert.Equal((LeaseState.Closed, BigInteger.Zero), (chain.State, chain.Escrow));
            used += chain.Claimed;
        }

        var left = await stage.Chain.Wallet.ReadBalancesAsync(stage.Chain.Token, wallet.Address, Cancellation);
        Assert.Equal(tokens, left.Token + left.Vault + used);
        Assert.True(used > 0, "nothing was paid for what was used");
    }

    internal Task<string> ReadAsync(string request, string path) => Kubectl.RunAsync("get", "creq", request, "-n", "default", "-o", $"jsonpath={path}");

    private DemoDatacenter SiteOf(string provider) => stage.Sites.Single(s => stage.Chain.Providers[s.Name].Signer.Address.ToString() == provider);

    private string InFolder(string name) => Path.Combine(folder, name);
}

/// <param name="IsLeaving">The replica has gone elsewhere.</param>
internal sealed record RequestedLease(LeaseId Id, DemoDatacenter Site, bool IsLeaving);
