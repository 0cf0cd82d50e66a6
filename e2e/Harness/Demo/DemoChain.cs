using System.Collections.Concurrent;
using System.Globalization;
using System.Numerics;
using Federation.Chain;
using Federation.Chain.Accounts;
using Federation.Chain.Bindings.AppRegistry;
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

    /// <summary>Smallest units that each provider stakes; a lease locks two maturity buckets at its full rate of them.</summary>
    public static readonly BigInteger Stake = 50_000_000;

    /// <summary>Royalty of the demo's app, of the gross.</summary>
    public const ushort RoyaltyBps = 250;

    // Seconds where a live federation has hours and days, so that minutes show what months would.
    private static readonly DeploymentSettings Settings = new()
    {
        SubmitSeconds = 60, MaturitySeconds = 6, RulingSeconds = 30, FeeBps = 50, SliceBps = 10_000, PenaltyBps = 1_000,
        DisputeBond = 10_000, ArbiterFee = 2_000, Bounty = 100, UnbondingSeconds = 60,
    };

    private static readonly BigInteger OneEther = BigInteger.Pow(10, 18);

    private readonly ConcurrentBag<LocalAccount> accounts = [];
    private readonly LocalFederation federation;
    private ContractDeployment deployment = null!;

    private DemoChain(LocalFederation federation) => this.federation = federation;

    public ContractAddresses Contracts { get; private set; } = null!;

    public Address Token => Contracts.Token!.Value;

    public string DeploymentFile => Path.Combine(federation.StateFolder, "deployment.json");

    public LocalAccount Deployer { get; private set; } = null!;

    public LocalAccount Tenant { get; private set; } = null!;

    public TenantWallet Wallet { get; private set; } = null!;

    public OrderSigner Orders { get; private set; } = null!;

    /// <summary>Who made the app that the demo's batch job runs: it earns a royalty.</summary>
    public LocalAccount Author { get; private set; } = null!;

    /// <summary>The app's id on chain.</summary>
    public string App { get; private set; } = "";

    /// <summary>Protocol fees are credited to it.</summary>
    public Address Treasury => Deployer.Signer.Address;

    /// <summary>Rules in disputes.</summary>
    public Address Arbiter => Deployer.Signer.Address;

    public ConcurrentDictionary<string, Address> Payouts { get; } = [];

    public ConcurrentDictionary<string, Address> Operators { get; } = [];

    public ConcurrentDictionary<string, LocalAccount> Providers { get; } = [];

    /// <summary>Deploys the contracts, funds the tenant and lets the Vault pull its escrow.</summary>
    public static async Task<DemoChain> CreateAsync(LocalFederation federation, string artifacts, LocalSigner tenant, CancellationToken cancellation)
    {
        var chain = new DemoChain(federation);
        chain.Deployer = await chain.ConnectAsync(await chain.FundedAsync(LocalSigner.Generate(), cancellation), cancellation);
        chain.deployment = new ContractDeployment(chain.Deployer.Writer, artifacts);
        chain.Contracts = await chain.deployment.DeployAsync(Settings, cancellation);
        chain.Contracts.Save(chain.DeploymentFile);
        chain.Tenant = await chain.ConnectAsync(await chain.FundedAsync(tenant, cancellation), cancellation);
        chain.Wallet = new TenantWallet(chain.Tenant.Writer, chain.Contracts);
        chain.Orders = new OrderSigner(chain.Tenant.Signer, new OrderDomain((ulong)federation.ChainId, chain.Contracts.Market));
        await chain.deployment.MintAsync(chain.Token, chain.Tenant.Signer.Address, TenantFunds, cancellation);
        await chain.Wallet.ApproveAsync(chain.Token, TenantFunds, cancellation);
        await chain.RegisterAppAsync(cancellation);
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
        // Several register at once, and one key mints for all of them: its writer keeps their order.
        await deployment.MintAsync(Token, provider.Signer.Address, Stake, cancellation);
        await registration.EnsureStakeAsync(Token, Stake, cancellation);
        (Providers[prices.Datacenter], Payouts[prices.Datacenter], Operators[prices.Datacenter]) = (provider, payout, operatorKey.Address);
    }

    /// <summary>Somebody else, with gas and tokens that the Vault may pull.</summary>
    /// <param name="tokens">Smallest units.</param>
    public async Task<LocalAccount> NewAccountAsync(LocalSigner key, BigInteger tokens, CancellationToken cancellation)
    {
        var account = await ConnectAsync(await FundedAsync(key, cancellation), cancellation);
        if (tokens.IsZero) return account;
        await MintAsync(key.Address, tokens, cancellation);
        await new TenantWallet(account.Writer, Contracts).ApproveAsync(Token, tokens, cancellation);
        return account;
    }

    /// <param name="tokens">Smallest units.</param>
    public Task MintAsync(Address to, BigInteger tokens, CancellationToken cancellation) => deployment.MintAsync(Token, to, tokens, cancellation);

    public void Dispose()
    {
        foreach (var account in accounts) account.Dispose();
    }

    private async Task RegisterAppAsync(CancellationToken cancellation)
    {
        var author = await ConnectAsync(await FundedAsync(LocalSigner.Generate(), cancellation), cancellation);
        var image = Keccak256.Hash("localhost/federation/burn:1");
        await author.Writer.CallAsync(Contracts.Apps, new RegisterFunction { ImageDigest = image, RoyaltyTo = author.Signer.Address, RoyaltyBps = RoyaltyBps, Name = "burn" }, cancellation);
        App = (await author.Writer.ReadAsync(Contracts.Apps, new AppIdFunction { FirstOwner = author.Signer.Address, ImageDigest = image }, cancellation)).ToString();
        Author = author;
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
