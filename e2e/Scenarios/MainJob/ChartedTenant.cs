using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Chain.Accounts;
using Federation.Domain.Leases;
using Federation.Ethereum.Keystore;
using Federation.Ethereum.Signing;
using Federation.Harness;
using Federation.Harness.Installing;
using Federation.Harness.Machine;
using Federation.Scenarios.Docs;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>A tenant's operator as pods of the same image and chart, in mode tenant: beside a datacenter's, and with nothing of it but its cluster.</summary>
internal sealed class ChartedTenant(ChartStage stage)
{
    private const string Release = "buyer";
    private const string Space = "federation-tenant";
    private const string Shop = "shop";

    private static readonly BigInteger Tokens = 20_000_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Kubectl Kubectl => stage.Admin;

    /// <summary>By the chart's page; then a ComputeRequest, its pods, its end, and its money.</summary>
    internal async Task BuyAsync()
    {
        var wallet = (LocalSigner)(await stage.NewAccountAsync(Tokens)).Signer;
        await InstallAsync(wallet);

        await Kubectl.ApplyAsync($$"""
            apiVersion: compute.federation/v1alpha1
            kind: ComputeRequest
            metadata: {name: app, namespace: {{Shop}} }
            spec:
              durationSeconds: 3600
              maxPrices: {cpu: "1000000000000", memory: "1000000000000", storage: "1000000000000", egress: "0", gpuA: "0", gpuB: "0"}
              escrow: {deposit: "5000000"}
              workload: {{Workloads.Web}}
            """);
        var ready = await Kubectl.TryAsync("wait", "creq/app", "-n", Shop, "--for=condition=Ready", "--timeout=180s");
        Assert.True(ready.ExitCode == 0, $"{ready.Error} {await ReadAsync("{.status.conditions}")} {await ReadAsync("{.status.leases}")} {(await Kubectl.TryAsync("logs", "-n", Space, "deployment/federation-tenant", "--tail=20")).Output}");
        var lease = LeaseId.Parse(await ReadAsync("{.status.leases[0].leaseId}"));
        Assert.Equal("Running", await Kubectl.RunAsync("get", "pods", "-n", lease.Namespace, "-o", "jsonpath={.items[*].status.phase}"));

        await IsScrapedAsync();
        using (var home = new TenantHome(stage, wallet))
            Assert.Contains("Nothing is wrong.", await home.SaysAsync("doctor", "--tenant", "--kubeconfig", stage.Site.Site.KubeconfigPath), StringComparison.Ordinal);

        await Kubectl.RunAsync("delete", "creq", "app", "-n", Shop, "--timeout=240s");
        var closed = await stage.Chain.Wallet.ReadLeaseAsync(lease, null, Cancellation);
        Assert.Equal((LeaseState.Closed, BigInteger.Zero), (closed.State, closed.Escrow));
        var left = await stage.Chain.Wallet.ReadBalancesAsync(stage.Chain.Token, wallet.Address, Cancellation);
        Assert.True(closed.Claimed > 0, "what it used was not claimed");
        Assert.Equal(Tokens, left.Token + left.Vault + closed.Claimed);

        var gone = await HelmAsync("uninstall", Release, "--wait");
        Assert.True(gone.ExitCode == 0, gone.Error);
    }

    /// <summary>A Prometheus in the cluster scrapes every pod of both operators, and reads each page to its end.</summary>
    private async Task IsScrapedAsync()
    {
        string[] spaces = [OperatorRelease.Space, Space];
        var addresses = (await Task.WhenAll(spaces.Select(space => Kubectl.RunAsync(
            "get", "pods", "-n", space, "-l", "app.kubernetes.io/name in (federation-operator,federation-tenant)", "--field-selector", "status.phase=Running", "-o", "jsonpath={.items[*].status.podIP}")))).SelectMany(ips => ips.Split(' ')).ToArray();
        Assert.Equal(3, addresses.Length);
        await File.WriteAllTextAsync(stage.Site.Site.Parts.OperatorTargets, JsonSerializer.Serialize(new[] { new { targets = addresses.Select(ip => $"{ip}:8080") } }), Cancellation);

        using var http = new HttpClient();
        foreach (var (query, expected) in new[]
        {
            ("sum(up{job='operators'})", "3"), ("sum(federation_leading)", "1"), ("sum(federation_tenant_leading)", "1"), ("count(federation_wallet_wei)", "2"),
            ("count(kubernetes_controller_queue_keys{controller!=''})", "1"),
        })
            await Eventually.HoldsAsync(query, async () =>
            {
                var answer = JsonNode.Parse(await http.GetStringAsync($"{stage.Site.Site.PrometheusUrl}/api/v1/query?query={Uri.EscapeDataString(query)}", Cancellation))!;
                var got = (string?)answer["data"]!["result"]!.AsArray().FirstOrDefault()?["value"]![1];
                return got == expected ? null : $"it is {got ?? "not there"}, and not {expected}";
            }, 60);
    }

    private async Task InstallAsync(LocalSigner wallet)
    {
        var home = Directory.CreateDirectory(Path.Combine(stage.Federation.StateFolder, "buyer")).FullName;
        foreach (var folder in new[] { ".kube", "charts" }) Directory.CreateDirectory(Path.Combine(home, folder));
        File.Copy(stage.Site.Site.KubeconfigPath, Path.Combine(home, ".kube", "config"));
        File.Copy(stage.Site.CertificateFile, Path.Combine(home, "ca.crt"));
        // The chart as it is handed out.
        File.CreateSymbolicLink(Path.Combine(home, "charts", "federation-operator"), stage.Chart);
        await File.WriteAllTextAsync(Path.Combine(home, "keystore.json"), KeystoreFile.Encrypt(wallet, "of the tenant", 1 << 12), Cancellation);
        await File.WriteAllTextAsync(Path.Combine(home, "password"), "of the tenant", Cancellation);
        await File.WriteAllTextAsync(Path.Combine(home, "values.yaml"), $$"""
            mode: tenant
            replicas: 1
            image: {{stage.Image}}
            tenant: {watch: {{Shop}}, token: "{{stage.Chain.Token}}", authorities: gateways}
            chain: {id: {{stage.Federation.ChainId}}, rpcUrl: "{{stage.Federation.AnvilUrl}}", confirmations: 1, contracts: {{ChartValues.Contracts(stage.Chain)}} }
            key: {existingSecret: wallet}
            resources: {requests: {cpu: 50m, memory: 96Mi} }
            settings:
              Times:Look: "00:00:00.5"
              Times:SteadyLook: "00:00:02"
              Chain:Sending:PollInterval: "00:00:00.2"
            """, Cancellation);
        await Kubectl.RunAsync("create", "namespace", Shop);
        var reader = new PageReader(home, new Dictionary<string, string> { ["PATH"] = $"{stage.Federation.ToolsFolder}:{Environment.GetEnvironmentVariable("PATH")}" });
        await reader.FollowAsync(Pages.At("charts/federation-operator/README.md"), "A tenant's operator");
    }

    private Task<Command.Result> HelmAsync(params string[] arguments) => new Helm(stage.Federation, stage.Site.Site, Space, Cancellation).TryAsync(arguments);

    private Task<string> ReadAsync(string path) => Kubectl.RunAsync("get", "creq", "app", "-n", Shop, "-o", $"jsonpath={path}");
}
