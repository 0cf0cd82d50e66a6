using System.Numerics;
using System.Text.Json.Nodes;
using Federation.Chain.Accounts;
using Federation.Chain.Tests.Support;
using Federation.Ethereum;
using Federation.Ethereum.Keystore;
using Federation.Ethereum.Signing;
using Federation.Host.Tests.Support;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Host.Tests.Alerts;

/// <summary>
/// A tenant's operator, the program itself, with a wallet of its own: it buys from the datacenter of a world by that one's gateway, and a
/// Prometheus of its own scrapes it and has the chart's rules for it. What stands between it and the chain can be made to fail.
/// </summary>
internal sealed class TenantSite : IAsyncDisposable
{
    public const string Space = "federation-tenant";

    private const string Shop = "shop";
    private const string Password = "word";
    private const int Tokens = 1_000_000_000;

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("federation-buyer-");
    private readonly LocalSigner wallet = LocalSigner.Generate();
    private readonly List<OperatorProcess> programs = [];
    private readonly AlertWorld world;

    private TenantSite(AlertWorld world) => this.world = world;

    /// <summary>Where the operator listens.</summary>
    public int Port { get; } = Ports.Free(1)[0];

    public FaultyNode Node { get; private set; } = null!;

    public LivePrometheus Prometheus { get; private set; } = null!;

    public OperatorProcess Program => programs[^1];

    public string Output => string.Join("\n———\n", programs.Select(p => p.Output));

    private string SettingsFile => Path.Combine(folder.FullName, "settings.json");

    public static async Task<TenantSite> StartAsync(AlertWorld world)
    {
        var site = new TenantSite(world);
        try
        {
            await site.OpenAsync();
            return site;
        }
        catch
        {
            await site.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var program in programs) program.Dispose();
        Prometheus?.Dispose();
        if (Node is not null) await Node.DisposeAsync();
        folder.Delete(recursive: true);
    }

    /// <summary>Starts the operator.</summary>
    public OperatorProcess Operate()
    {
        programs.Add(OperatorProcess.Start(Settings(), "tenant"));
        return Program;
    }

    /// <summary>The administrator writes the settings file anew.</summary>
    public void Set(string settings)
    {
        File.WriteAllText(SettingsFile + ".next", settings);
        File.Move(SettingsFile + ".next", SettingsFile, overwrite: true);
    }

    public Task SetEtherAsync(BigInteger wei) => world.Market.Anvil.AskAsync("anvil_setBalance", wallet.Address.ToString(), Hex.Quantity(wei));

    /// <summary>Its tenant asks for a lease of 100 units a second, whose escrow lasts less than ten minutes.</summary>
    /// <param name="mostForCpu">The most that it pays for a processor.</param>
    public Task RequestAsync(string name, string mostForCpu = "1000000000") => ApplyAsync($$"""
        apiVersion: compute.federation/v1alpha1
        kind: ComputeRequest
        metadata: {name: {{name}}, namespace: {{Shop}} }
        spec:
          durationSeconds: 3600
          maxPrices: {cpu: "{{mostForCpu}}", memory: "1000000000", storage: "0", egress: "0", gpuA: "0", gpuB: "0"}
          escrow: {deposit: "50000"}
          workload: {services: [{name: app, image: localhost/app:1, resources: {cpu: 100m, memory: 64Mi, ephemeralStorage: 64Mi} }]}
        """);

    public Task ChangeAsync(string name, string spec) => Kubectl.RunAsync(world.Server, "patch", "computerequest", name, "-n", Shop, "--type=merge", "-p", $$"""{"spec": {{spec}} }""");

    public Task DeleteAllAsync() => Kubectl.RunAsync(world.Server, "delete", "computerequests", "--all", "-n", Shop, "--wait=false");

    private async Task OpenAsync()
    {
        var market = world.Market;
        Node = await FaultyNode.StartAsync(market.Anvil.Url);
        var rules = await ShortenedRules.RenderAsync("tenant", "--set", "metrics.rules.pendingMinutes=1");
        Prometheus = await LivePrometheus.StartAsync(ShortenedRules.File(rules), $$"""
                - job_name: federation-tenant
                  static_configs: [{targets: ["127.0.0.1:{{Port}}"], labels: {namespace: {{Space}}, container: operator} }]
            """);
        // The datacenter is found by the registry, and costs something.
        await new DatacenterRegistration(market.Provider.Writer, market.Contracts.Registry).EnsureAsync(
            new RegistryEntry(market.Operator.Writer.Address, market.Provider.Writer.Address, 0, $"{world.Endpoint}".TrimEnd('/'), "eu-central"), default);
        await Kubectl.RunAsync(world.Server, "patch", "datacenter", "alpha", "--type=merge", "-p", """{"spec": {"prices": {"cpu": "1000000000"} } }""");
        // What the datacenter's chart lets tenants do.
        var roles = (await Chart.RenderAsync("minimal")).Where(o => (string?)o["kind"] == "ClusterRole").Select(o => o.DeepClone());
        await ApplyAsync(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "List", ["items"] = new JsonArray([.. roles]) }.ToJsonString());
        await FillWalletAsync(market);
        await Kubectl.RunAsync(world.Server, "create", "namespace", Shop);
        Set("{}");
        await Operate().SaysAsync("Serving ComputeRequests", default, 240);
    }

    private async Task FillWalletAsync(Market market)
    {
        await SetEtherAsync(BigInteger.Pow(10, 20));
        await new ContractDeployment(market.Deployer.Writer, Repository.Artifacts).MintAsync(market.Token, wallet.Address, Tokens, default);
        using var account = await LocalAccount.ConnectAsync(market.Anvil.Url, wallet, Market.Sending, TimeProvider.System, default);
        await new TenantWallet(account.Writer, market.Contracts).ApproveAsync(market.Token, Tokens, default);
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "password"), Password);
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "key.json"), KeystoreFile.Encrypt(wallet, Password, 2, 8, 1));
    }

    private async Task ApplyAsync(string manifest)
    {
        var path = Path.Combine(folder.FullName, $"{Guid.NewGuid():N}.yaml");
        await File.WriteAllTextAsync(path, manifest);
        await Kubectl.RunAsync(world.Server, "apply", "--validate=false", "-f", path);
    }

    private Dictionary<string, string> Settings()
    {
        var contracts = world.Market.Contracts;
        return new()
        {
            ["Tenant:Kubeconfig"] = world.Server.KubeConfigPath, ["Tenant:Namespace"] = Space, ["Tenant:Watch"] = Shop, ["Tenant:InstallCrds"] = "true", ["Tenant:Listen"] = $"http://127.0.0.1:{Port}",
            ["Tenant:SettingsFile"] = SettingsFile, ["Tenant:Token"] = $"{world.Market.Token}", ["Tenant:Gateways:AuthorityFile"] = world.Pair.Authority,
            ["Tenant:Times:Look"] = "00:00:01", ["Tenant:Times:SteadyLook"] = "00:00:01", ["Tenant:Times:AskTimeout"] = "00:00:10",
            ["Tenant:Chain:RpcUrl"] = $"{Node.Url}", ["Tenant:Chain:ChainId"] = $"{Market.ChainId}", ["Tenant:Chain:Confirmations"] = "1", ["Tenant:Chain:FinalizedDepth"] = "30",
            ["Tenant:Chain:LeaseManager"] = $"{contracts.LeaseManager}", ["Tenant:Chain:Market"] = $"{contracts.Market}", ["Tenant:Chain:Parameters"] = $"{contracts.Parameters}", ["Tenant:Chain:Apps"] = $"{contracts.Apps}",
            ["Tenant:Chain:Vault"] = $"{contracts.Vault}", ["Tenant:Chain:Registry"] = $"{contracts.Registry}", ["Tenant:Chain:Results"] = $"{contracts.Results}",
            ["Tenant:Chain:KeystoreFile"] = Path.Combine(folder.FullName, "key.json"), ["Tenant:Chain:KeystorePasswordFile"] = Path.Combine(folder.FullName, "password"),
            ["Tenant:Chain:Sending:PollInterval"] = "00:00:00.1", ["Tenant:Chain:Sending:BumpAfter"] = "00:00:05",
        };
    }
}
