using Federation.Ethereum.Keystore;
using Federation.Ethereum.Signing;
using Federation.Harness;
using Federation.Harness.Demo;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>A tenant's operator, as the tenant runs it: wallet, kubeconfigs and authorities in files, ComputeRequests in whichever cluster it has.</summary>
internal sealed class RequestingTenant(FederationStage stage, LocalSigner wallet)
{
    private const string Part = "tenant/operator";

    private readonly string folder = Directory.CreateDirectory(Path.Combine(stage.Federation.StateFolder, "tenant")).FullName;

    /// <summary>Where the ComputeRequests are: the first datacenter's cluster, of which the tenant uses the API server alone.</summary>
    internal Kubectl Kubectl { get; } = new(stage.Federation, stage.Sites[0].Site);

    internal async Task StartAsync(CancellationToken cancellation)
    {
        var access = Directory.CreateDirectory(Path.Combine(folder, "access")).FullName;
        foreach (var site in stage.Sites)
            File.Copy(site.Site.Parts.UserKubeconfigs[wallet.Address.ToString()], Path.Combine(access, stage.Chain.Providers[site.Name].Signer.Address.ToString().ToLowerInvariant()), overwrite: true);
        await File.WriteAllLinesAsync(InFolder("authorities.pem"), stage.Sites.Select(s => File.ReadAllText(Path.Combine(stage.Federation.StateFolder, "tls", s.Name, "tls.crt"))), cancellation);
        await File.WriteAllTextAsync(InFolder("keystore.json"), KeystoreFile.Encrypt(wallet, "of the tenant", 1 << 12), cancellation);
        await File.WriteAllTextAsync(InFolder("password"), "of the tenant", cancellation);
        Parts.Launch(stage.Federation, Part, DemoDatacenter.OperatorProgram, ["tenant"], new Dictionary<string, string>
        {
            ["Tenant__Kubeconfig"] = stage.Sites[0].Site.KubeconfigPath,
            ["Tenant__Watch"] = "default",
            ["Tenant__InstallCrds"] = "true",
            ["Tenant__Listen"] = "http://127.0.0.1:0",
            ["Tenant__Access__KubeconfigFolder"] = access,
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

    internal async Task<string?> ReadAsync(string name, string path) =>
        await Kubectl.TryAsync("get", "creq", name, "-n", "default", "-o", $"jsonpath={path}") is { ExitCode: 0 } found ? found.Output : null;

    private string InFolder(string name) => Path.Combine(folder, name);
}
