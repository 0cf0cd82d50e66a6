using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Chain.Tests.Support;
using Federation.Domain.Leases;
using Federation.Ethereum.Keystore;
using Federation.Gateway;
using Federation.Host.Tests.Support;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;
using Federation.Testing;
using Anvil = Federation.Chain.Tests.Support.Anvil;

namespace Federation.Host.Tests.Watching;

/// <summary>
/// The program itself as the operator of a datacenter with one node, on a real chain with the real contracts and before a real API server;
/// a tenant has a lease. Its log is JSON, and its traces go to a collector.
/// </summary>
public class OperatorWorld : IAsyncLifetime
{
    // Part of addresses and files that are given to it, and of nothing that it may say.
    internal const string Secret = "hunter2-of-the-access-key";

    private static readonly TimeSpan Blocks = TimeSpan.FromMilliseconds(500);

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("federation-operator-");
    private readonly CancellationTokenSource stop = new();
    private ApiServer server = null!;
    private Market market = null!;
    private OperatorProcess program = null!;
    private Task mining = Task.CompletedTask;

    internal MatchedLease Lease { get; private set; } = null!;

    internal HttpClient Gateway { get; private set; } = null!;

    internal Collector Collector { get; private set; } = null!;

    internal string Maps => program.Maps;

    /// <summary>What it has logged so far, one entry a line.</summary>
    internal string[] Lines => program.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public async ValueTask InitializeAsync()
    {
        (server, market) = (await ApiServer.StartAsync(), await Market.OpenAsync());
        Collector = await Collector.StartAsync(market.Anvil.Url, Secret);
        using (var client = server.Client()) await OneNode.AddAsync(client);
        var port = FreePorts.Take();
        program = OperatorProcess.Start(await SettingsAsync(port));
        Gateway = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        await program.SaysAsync("Leading, term", default);
        Lease = await market.MatchAsync();
        mining = MineAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await mining;
        program.Terminate();
        await program.EndAsync(default);
        program.Dispose();
        Gateway.Dispose();
        await Collector.DisposeAsync();
        await market.DisposeAsync();
        server.Dispose();
        stop.Dispose();
        folder.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Until the chain has what the operator sent for the lease.</summary>
    internal Task ActiveAsync() => Eventually.TrueAsync(
        async () => (await market.Tenant.ReadLeaseAsync(Lease.Id, Lease.Terms, default)).State == LeaseState.Active, 60, "the lease is active");

    /// <summary>Asks for a quote, as a tenant does.</summary>
    internal async Task<QuoteAnswer> QuoteAsync() => await new GatewayClient(Gateway).QuoteAsync(await market.RequestAsync(), "", default);

    private async Task<Dictionary<string, string>> SettingsAsync(int port)
    {
        var contracts = market.Contracts;
        return new(await KeyAsync())
        {
            ["Federation:Datacenter"] = "alpha", ["Federation:Kubeconfig"] = server.KubeConfigPath, ["Federation:InstallCrds"] = "true", ["Federation:Listen"] = $"http://127.0.0.1:{port}",
            ["Federation:Log:Format"] = "json", ["Federation:Tracing:Endpoint"] = $"{Collector.Url}",
            ["Federation:Prometheus:Url"] = $"http://{Collector.Url.Authority}/{Secret}", ["Federation:Prometheus:AnyJob"] = "true",
            ["Federation:Chain:RpcUrl"] = $"http://someone:{Secret}@{Collector.Url.Authority}/{Secret}", ["Federation:Chain:ChainId"] = $"{Market.ChainId}", ["Federation:Chain:Confirmations"] = "1",
            ["Federation:Chain:Provider"] = $"{market.Provider.Writer.Address}",
            ["Federation:Chain:LeaseManager"] = $"{contracts.LeaseManager}", ["Federation:Chain:Market"] = $"{contracts.Market}", ["Federation:Chain:Parameters"] = $"{contracts.Parameters}",
            ["Federation:Chain:Apps"] = $"{contracts.Apps}", ["Federation:Chain:Vault"] = $"{contracts.Vault}", ["Federation:Chain:Registry"] = $"{contracts.Registry}", ["Federation:Chain:Results"] = $"{contracts.Results}",
            ["Federation:Times:Poll"] = "00:00:00.2", ["Federation:Times:Epoch"] = "00:00:02", ["Federation:Times:SettleEvery"] = "00:00:04", ["Federation:Times:ScrapeDelay"] = "00:00:01",
        };
    }

    /// <summary>Where its key is.</summary>
    private protected virtual async Task<Dictionary<string, string>> KeyAsync()
    {
        var (keystore, password) = (Path.Combine(folder.FullName, "key.json"), Path.Combine(folder.FullName, "password"));
        await File.WriteAllTextAsync(password, Secret);
        await File.WriteAllTextAsync(keystore, KeystoreFile.Encrypt(Anvil.Signer(2), Secret, 2, 8, 1));
        return new() { ["Federation:Chain:KeystoreFile"] = keystore, ["Federation:Chain:KeystorePasswordFile"] = password };
    }

    private protected Uri Node => market.Anvil.Url;

    // Time goes on, for who waits for blocks.
    private async Task MineAsync()
    {
        using var timer = new PeriodicTimer(Blocks);
        try
        {
            while (await timer.WaitForNextTickAsync(stop.Token)) await market.Anvil.MineAsync();
        }
        catch (OperationCanceledException)
        {
            // The tests are over.
        }
    }
}

[CollectionDefinition(Name)]
public sealed class OperatorCollection : ICollectionFixture<OperatorWorld>
{
    public const string Name = "an operator that is watched";
}
