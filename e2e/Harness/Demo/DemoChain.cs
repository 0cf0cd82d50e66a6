using System.Collections.Concurrent;
using System.Globalization;
using System.Numerics;
using Federation.Chain;
using Federation.Chain.Accounts;
using Federation.Chain.Options;
using Federation.Chain.Signing;
using Federation.Domain.Pricing;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Federation.Ethereum.Keystore;
using Federation.Ethereum.Signing;

namespace Federation.Harness.Demo;

/// <summary>The chain's side of the demo: contracts, providers and the tenant, each with its own key.</summary>
internal sealed class DemoChain : IDisposable
{
    /// <summary>Smallest units that the tenant gets to spend.</summary>
    public static readonly BigInteger TenantFunds = 1_000_000_000;

    private const uint SubmitSeconds = 60;
    private static readonly BigInteger OneEther = BigInteger.Pow(10, 18);

    private readonly ConcurrentBag<LocalAccount> accounts = [];
    private readonly LocalFederation federation;
    private readonly string artifacts;

    private DemoChain(LocalFederation federation, string artifacts) => (this.federation, this.artifacts) = (federation, artifacts);

    public ContractAddresses Contracts { get; private set; } = null!;

    public Address Token => Contracts.Token!.Value;

    public string DeploymentFile => Path.Combine(federation.StateFolder, "deployment.json");

    public LocalAccount Deployer { get; private set; } = null!;

    public LocalAccount Tenant { get; private set; } = null!;

    public TenantWallet Wallet { get; private set; } = null!;

    public OrderSigner Orders { get; private set; } = null!;

    public ConcurrentDictionary<string, Address> Payouts { get; } = [];

    public ConcurrentDictionary<string, Address> Operators { get; } = [];

    public ConcurrentDictionary<string, LocalAccount> Providers { get; } = [];

    /// <summary>Deploys the contracts, funds the tenant and lets the Vault pull its escrow.</summary>
    public static async Task<DemoChain> CreateAsync(LocalFederation federation, string artifacts, LocalSigner tenant, CancellationToken cancellation)
    {
        var chain = new DemoChain(federation, artifacts);
        chain.Deployer = await chain.ConnectAsync(await chain.FundedAsync(LocalSigner.Generate(), cancellation), cancellation);
        var deployment = new ContractDeployment(chain.Deployer.Writer, artifacts);
        chain.Contracts = await deployment.DeployAsync(SubmitSeconds, token: null, cancellation);
        chain.Contracts.Save(chain.DeploymentFile);
        chain.Tenant = await chain.ConnectAsync(await chain.FundedAsync(tenant, cancellation), cancellation);
        chain.Wallet = new TenantWallet(chain.Tenant.Writer, chain.Contracts);
        chain.Orders = new OrderSigner(chain.Tenant.Signer, new LeaseDomain((ulong)federation.ChainId, chain.Contracts.LeaseManager));
        await deployment.MintAsync(chain.Token, chain.Tenant.Signer.Address, TenantFunds, cancellation);
        await chain.Wallet.ApproveAsync(chain.Token, TenantFunds, cancellation);
        return chain;
    }

    /// <summary>Registers a datacenter with its own provider key; writes the operator key's keystore for its operator.</summary>
    public async Task RegisterAsync(DemoPrices prices, string endpoint, string folder, CancellationToken cancellation)
    {
        using var operatorKey = LocalSigner.Generate();
        await FundedAsync(operatorKey, cancellation);
        Directory.CreateDirectory(folder);
        var password = Convert.ToHexString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16));
        // A light key derivation: three operators start at once, and these keys live for minutes.
        await File.WriteAllTextAsync(Path.Combine(folder, "keystore.json"), KeystoreFile.Encrypt(operatorKey, password, 1 << 12), cancellation);
        await File.WriteAllTextAsync(Path.Combine(folder, "password"), password, cancellation);
        foreach (var file in Directory.EnumerateFiles(folder)) File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        var provider = await ConnectAsync(await FundedAsync(LocalSigner.Generate(), cancellation), cancellation);
        var payout = LocalSigner.Generate().Address;
        var registration = new DatacenterRegistration(provider.Writer, Contracts.Registry);
        await registration.EnsureAsync(new RegistryEntry(operatorKey.Address, payout, BigInteger.Zero, endpoint, prices.Region), cancellation);
        var gpu = prices.Gpu.IsZero ? default : Keccak256.Hash(DemoStory.A100);
        await registration.PublishPriceBookAsync(Token, gpu, default, new Prices(prices.Cpu, prices.Memory, 0, 0, prices.Gpu, 0), cancellation);
        (Providers[prices.Datacenter], Payouts[prices.Datacenter], Operators[prices.Datacenter]) = (provider, payout, operatorKey.Address);
    }

    public void Dispose()
    {
        foreach (var account in accounts) account.Dispose();
    }

    private async Task<LocalAccount> ConnectAsync(LocalSigner signer, CancellationToken cancellation)
    {
        var account = await LocalAccount.ConnectAsync(new Uri(federation.AnvilUrl), signer, new SendingOptions { PollInterval = TimeSpan.FromMilliseconds(200) }, TimeProvider.System, cancellation);
        accounts.Add(account);
        return account;
    }

    // The local chain gives gas to whoever asks; a real one would have a faucet.
    private async Task<LocalSigner> FundedAsync(LocalSigner signer, CancellationToken cancellation)
    {
        using var rpc = new Ethereum.JsonRpc.JsonRpcClient(new Uri(federation.AnvilUrl));
        await rpc.SendAsync<object?>(new Ethereum.JsonRpc.RpcRequest("anvil_setBalance", signer.Address.ToString(), "0x" + (100 * OneEther).ToString("x", CultureInfo.InvariantCulture).TrimStart('0')), cancellation);
        return signer;
    }
}
