using System.Text.Json.Nodes;
using Federation.Chain.Accounts;
using Federation.Chain.Tests.Support;
using Federation.Ethereum;
using Federation.Ethereum.Keystore;
using Federation.Ethereum.Signing;
using Federation.Host.Doctor;
using Federation.Host.Tenancy;
using Federation.Host.Tests.Alerts;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;
using Anvil = Federation.Chain.Tests.Support.Anvil;

namespace Federation.Host.Tests.Doctor;

/// <summary>
/// What a tenant's operator needs, right: a real API server with what the chart installs for namespace <c>shop</c>, whose account asks it; a
/// chain with the real contracts; a wallet with tokens that the Vault may pull; a datacenter in the registry, whose gateway answers.
/// </summary>
public sealed class TenantDoctorWorld : IAsyncLifetime
{
    internal const string Watch = "shop";

    // Where the chart is rendered into.
    private const string Space = "federation-system";

    private readonly string folder = Directory.CreateTempSubdirectory("tenant-doctor-").FullName;

    internal ApiServer Server { get; private set; } = null!;

    internal Market Market { get; private set; } = null!;

    internal InfoGateway Gateway { get; private set; } = null!;

    internal DatacenterRegistration Registration => new(Market.Provider.Writer, Market.Contracts.Registry);

    public async ValueTask InitializeAsync()
    {
        (Server, Market) = (await ApiServer.StartAsync(), await Market.OpenAsync());
        Gateway = await InfoGateway.StartAsync(Market);
        await EndpointAsync($"{Gateway.Endpoint}");
        foreach (var space in new[] { Space, Watch }) await Kubectl.RunAsync(Server, "create", "namespace", space);
        await InstallAsync();
        await Kubectl.RunAsync(Server, "wait", "--for=condition=Established", "crd", "--all", "--timeout=60s");
        var token = await Kubectl.RunAsync(Server, "create", "token", "federation-buyer", "--namespace", Space);
        await File.WriteAllTextAsync(Path.Combine(folder, "kubeconfig"), Server.KubeConfigText(new JsonObject { ["token"] = token.Trim() }));
        await File.WriteAllTextAsync(Path.Combine(folder, "authorities.pem"), Gateway.Authority);
        await File.WriteAllTextAsync(Path.Combine(folder, "password"), "word");
        WriteKey(Anvil.Signer(3), "keystore.json");
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Market.DisposeAsync();
        Server.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Definition, account and rights, as helm makes them of the chart.</summary>
    internal async Task InstallAsync()
    {
        string[] kinds = ["CustomResourceDefinition", "ServiceAccount", "Role", "RoleBinding"];
        var objects = (await Chart.RenderAsync("tenant", "--kube-version", "1.30.0")).Where(o => kinds.Contains((string?)o["kind"])).ToArray();
        Assert.Equal(kinds.Order(StringComparer.Ordinal), objects.Select(o => (string)o["kind"]!).Distinct().Order(StringComparer.Ordinal));
        await ApplyAsync(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "List", ["items"] = new JsonArray([.. objects.Select(o => o.DeepClone())]) }.ToJsonString());
    }

    /// <summary>Settings that are right.</summary>
    internal TenantOptions Options()
    {
        var (options, contracts) = (new TenantOptions(), Market.Contracts);
        (options.Namespace, options.Watch, options.Token, options.Kubeconfig) = (Space, Watch, $"{Market.Token}", Path.Combine(folder, "kubeconfig"));
        options.Gateways.AuthorityFile = Path.Combine(folder, "authorities.pem");
        var chain = options.Chain;
        (chain.RpcUrl, chain.ChainId, chain.Confirmations) = (Market.Anvil.Url, Market.ChainId, 1);
        (chain.LeaseManager, chain.Market, chain.Parameters, chain.Apps) = ($"{contracts.LeaseManager}", $"{contracts.Market}", $"{contracts.Parameters}", $"{contracts.Apps}");
        (chain.Vault, chain.Registry, chain.Results) = ($"{contracts.Vault}", $"{contracts.Registry}", $"{contracts.Results}");
        (chain.KeystoreFile, chain.KeystorePasswordFile) = (Path.Combine(folder, "keystore.json"), Path.Combine(folder, "password"));
        Assert.Empty(options.Faults());
        return options;
    }

    /// <summary>The same as a container has them.</summary>
    internal Dictionary<string, string> Environment()
    {
        var (options, chain) = (Options(), Options().Chain);
        return new()
        {
            ["Tenant:Namespace"] = options.Namespace, ["Tenant:Watch"] = options.Watch, ["Tenant:Token"] = options.Token, ["Tenant:Kubeconfig"] = options.Kubeconfig,
            ["Tenant:Gateways:AuthorityFile"] = options.Gateways.AuthorityFile, ["Tenant:Chain:RpcUrl"] = $"{chain.RpcUrl}", ["Tenant:Chain:ChainId"] = $"{chain.ChainId}", ["Tenant:Chain:Confirmations"] = "1",
            ["Tenant:Chain:LeaseManager"] = chain.LeaseManager, ["Tenant:Chain:Market"] = chain.Market, ["Tenant:Chain:Parameters"] = chain.Parameters, ["Tenant:Chain:Apps"] = chain.Apps,
            ["Tenant:Chain:Vault"] = chain.Vault, ["Tenant:Chain:Registry"] = chain.Registry, ["Tenant:Chain:Results"] = chain.Results,
            ["Tenant:Chain:KeystoreFile"] = chain.KeystoreFile, ["Tenant:Chain:KeystorePasswordFile"] = chain.KeystorePasswordFile,
        };
    }

    /// <summary>Its lines, as a tenant reads them.</summary>
    internal static async Task<(int Code, string[] Lines)> LookAsync(TenantOptions options)
    {
        using var output = new StringWriter();
        var code = await DoctorVerb.LookAsync(options, output);
        return (code, output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    internal string WriteKey(LocalSigner signer, string name)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, KeystoreFile.Encrypt(signer, "word", 1 << 12));
        return path;
    }

    /// <summary>The registry says that the datacenter's gateway is there.</summary>
    internal Task EndpointAsync(string endpoint) =>
        Registration.EnsureAsync(new RegistryEntry(Market.Operator.Writer.Address, Market.Provider.Writer.Address, 0, endpoint, "eu-central"), default);

    internal async Task ApplyAsync(string manifest)
    {
        var path = Path.Combine(folder, $"{Guid.NewGuid():N}.yaml");
        await File.WriteAllTextAsync(path, manifest);
        await Kubectl.RunAsync(Server, "apply", "--validate=false", "-f", path);
    }

    /// <summary>A request of which an operator has said so.</summary>
    internal async Task RequestAsync(string name, params (string Type, string Status, string Reason, string Message)[] conditions)
    {
        await ApplyAsync($$"""
            apiVersion: compute.federation/v1alpha1
            kind: ComputeRequest
            metadata: {name: {{name}}, namespace: {{Watch}} }
            spec:
              durationSeconds: 3600
              maxPrices: {cpu: "1", memory: "1", storage: "1", egress: "1", gpuA: "0", gpuB: "0"}
              escrow: {deposit: "1"}
              workload: {services: [{name: app, image: docker.io/library/app:1, resources: {cpu: 100m, memory: 64Mi, ephemeralStorage: 64Mi} }]}
            """);
        if (conditions.Length == 0) return;
        using var admin = Server.Client();
        var said = conditions.Select(c => (JsonNode)new JsonObject
        {
            ["type"] = c.Type, ["status"] = c.Status, ["reason"] = c.Reason, ["message"] = c.Message, ["lastTransitionTime"] = "2026-01-01T00:00:00Z", ["observedGeneration"] = 1,
        });
        await admin.Resource(ResourceKind.Of<Federation.Cluster.Entities.V1Alpha1ComputeRequest>()).PatchAsync(
            name, Watch, V1Patch.Merge(new JsonObject { ["status"] = new JsonObject { ["conditions"] = new JsonArray([.. said]) } }), new() { Subresource = "status" });
    }

    /// <summary>The wallet of nobody yet, with so many tokens and enough ether.</summary>
    internal async Task<LocalSigner> WalletAsync(int tokens)
    {
        var signer = LocalSigner.Generate();
        await Market.Anvil.AskAsync("anvil_setBalance", signer.Address.ToString(), Hex.Quantity(System.Numerics.BigInteger.Pow(10, 20)));
        if (tokens > 0) await new ContractDeployment(Market.Deployer.Writer, Repository.Artifacts).MintAsync(Market.Token, signer.Address, tokens, default);
        return signer;
    }
}
