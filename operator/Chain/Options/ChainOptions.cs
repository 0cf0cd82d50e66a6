using System.Numerics;
using Federation.Application.Settings;
using Federation.Ethereum;

namespace Federation.Chain.Options;

/// <summary>Which chain, which contracts, which key, and how cautiously. Validated at start.</summary>
public sealed class ChainOptions
{
    /// <summary>HTTP endpoint of a node. User and password in it become a Basic header.</summary>
    public Uri? RpcUrl { get; set; }

    /// <summary>Further nodes of the same chain, asked in this order when one does not answer, lags, or is not to be believed.</summary>
    public Uri[] FallbackRpcUrls { get; set; } = [];

    /// <summary>WebSocket endpoint of a node that tells of new blocks: they are read at once, and not when the next poll is due. Null: by polling alone.</summary>
    public Uri? WebSocketUrl { get; set; }

    /// <summary>EIP-155 id that the node must answer with.</summary>
    public ulong ChainId { get; set; }

    /// <summary>Deployment file; the addresses below may be given instead.</summary>
    public string DeploymentFile { get; set; } = "";

    /// <summary>Address of the contract that holds the leases.</summary>
    public string LeaseManager { get; set; } = "";

    /// <summary>Address of the contract that matches Requests and Offers.</summary>
    public string Market { get; set; } = "";

    /// <summary>Address of the contract with the parameters that new leases take.</summary>
    public string Parameters { get; set; } = "";

    /// <summary>Address of the registry of apps, which earn royalties.</summary>
    public string Apps { get; set; } = "";

    /// <summary>Address of the contract that holds escrow, stake and what was paid.</summary>
    public string Vault { get; set; } = "";

    /// <summary>Address of the result board.</summary>
    public string Results { get; set; } = "";

    /// <summary>Address of the registry of datacenters.</summary>
    public string Registry { get; set; } = "";

    /// <summary>On-chain identity of this datacenter.</summary>
    public string Provider { get; set; } = "";

    /// <summary>Blocks behind the latest one at which a lease is believed.</summary>
    public uint Confirmations { get; set; } = 3;

    /// <summary>For chains whose nodes know no <c>finalized</c> tag: blocks behind the latest one that count as final.</summary>
    public uint? FinalizedDepth { get; set; }

    /// <summary>Keccak-256 of the lease manager's code; empty: whatever stands there when it is first seen.</summary>
    public string LeaseManagerCodeHash { get; set; } = "";

    /// <summary>The same for the market's code.</summary>
    public string MarketCodeHash { get; set; } = "";

    /// <summary>The same for the Vault's code.</summary>
    public string VaultCodeHash { get; set; } = "";

    /// <summary>The same for the registry's code.</summary>
    public string RegistryCodeHash { get; set; } = "";

    /// <summary>Blocks per log query to begin with and at most; it shrinks by itself where the node takes fewer.</summary>
    public uint LogRange { get; set; } = 2_000;

    /// <summary>Keystore v3 file with the operator key.</summary>
    public string KeystoreFile { get; set; } = "";

    /// <summary>File with the keystore's password.</summary>
    public string KeystorePasswordFile { get; set; } = "";

    /// <summary>JSON-RPC endpoint that signs (<c>eth_signTransaction</c>, <c>eth_signTypedData_v4</c>), instead of a keystore.</summary>
    public Uri? RemoteSignerUrl { get; set; }

    /// <summary>The account that the remote signer signs for.</summary>
    public string RemoteSignerAddress { get; set; } = "";

    /// <summary>Fees and patience of transactions.</summary>
    public SendingOptions Sending { get; init; } = new();

    /// <summary>All that is wrong, for people; empty when nothing is.</summary>
    public IEnumerable<string> Faults() => FaultsWith((nameof(Provider), Provider));

    /// <summary>The same for a tenant's, which is no provider.</summary>
    public IEnumerable<string> TenantFaults() => FaultsWith();

    /// <summary>The same for who reads alone, and needs no key.</summary>
    public IEnumerable<string> ReaderFaults() => ChainFaults().Concat(AddressFaults([]));

    private IEnumerable<string> FaultsWith(params (string Name, string Value)[] accounts) =>
        ChainFaults().Concat(AddressFaults(accounts)).Concat(KeyFaults()).Concat(Sending.Faults());

    /// <exception cref="InvalidDataException">The deployment file cannot be read.</exception>
    public ContractAddresses Addresses() => DeploymentFile.Length > 0
        ? ContractAddresses.Load(DeploymentFile)
        : new ContractAddresses(
            Address.Parse(Vault), Address.Parse(Parameters), Address.Parse(Registry), Address.Parse(Apps), Address.Parse(LeaseManager), Address.Parse(Market),
            // Courts and lens are for tenants and people: an operator calls none of them.
            Address.Zero, Address.Parse(Results), Address.Zero, null, 0);

    private IEnumerable<string> ChainFaults()
    {
        if (!IsHttp(RpcUrl)) yield return "Chain:RpcUrl must be an absolute http or https address.";
        for (var i = 0; i < FallbackRpcUrls.Length; i++)
            if (!IsHttp(FallbackRpcUrls[i])) yield return $"Chain:FallbackRpcUrls:{i} must be an absolute http or https address.";
        if (WebSocketUrl is not (null or { IsAbsoluteUri: true, Scheme: "ws" or "wss" })) yield return "Chain:WebSocketUrl must be an absolute ws or wss address.";
        if (ChainId == 0) yield return "Chain:ChainId must be set: it guards against the wrong chain.";
        if (Confirmations > 10_000) yield return "Chain:Confirmations must be at most 10,000.";
        if (FinalizedDepth is 0 or > 100_000) yield return "Chain:FinalizedDepth must be between 1 and 100,000.";
        if (FinalizedDepth < Confirmations) yield return "Chain:FinalizedDepth must not be below Chain:Confirmations.";
        if (LogRange is 0 or > 1_000_000) yield return "Chain:LogRange must be between 1 and 1,000,000.";
        (string Name, string Value)[] hashes =
        [
            (nameof(LeaseManagerCodeHash), LeaseManagerCodeHash), (nameof(MarketCodeHash), MarketCodeHash), (nameof(VaultCodeHash), VaultCodeHash), (nameof(RegistryCodeHash), RegistryCodeHash),
        ];
        foreach (var (name, value) in hashes)
            if (value.Length > 0 && !Bytes32.TryParse(value, out _)) yield return $"Chain:{name} must be 0x and 64 hex digits.";
    }

    private static bool IsHttp(Uri? address) => address is { IsAbsoluteUri: true, Scheme: "http" or "https" };

    private IEnumerable<string> AddressFaults((string Name, string Value)[] accounts)
    {
        (string Name, string Value)[] contracts = 
        [
            (nameof(LeaseManager), LeaseManager), (nameof(Market), Market), (nameof(Parameters), Parameters), (nameof(Apps), Apps), (nameof(Vault), Vault), (nameof(Registry), Registry),
            (nameof(Results), Results),
        ];
        if (DeploymentFile.Length > 0)
        {
            if (!File.Exists(DeploymentFile)) yield return $"Chain:DeploymentFile: there is no file {DeploymentFile}.";
            if (contracts.Any(c => c.Value.Length > 0)) yield return "Chain: give DeploymentFile or the contracts' addresses, not both.";
            contracts = [];
        }

        foreach (var (name, value) in contracts.Concat(accounts))
            if (!Address.TryParse(value, out var address) || address.IsZero) yield return $"Chain:{name} must be an address: 0x and 40 hex digits.";
    }

    private IEnumerable<string> KeyFaults()
    {
        if (KeystoreFile.Length > 0 == RemoteSignerUrl is not null) yield return "Chain: give KeystoreFile or RemoteSignerUrl, one of them.";
        if (KeystoreFile.Length > 0 && !File.Exists(KeystoreFile)) yield return $"Chain:KeystoreFile: there is no file {KeystoreFile}.";
        if (KeystoreFile.Length > 0 && !File.Exists(KeystorePasswordFile)) yield return "Chain:KeystorePasswordFile must name a file with the keystore's password.";
        if (RemoteSignerUrl is not null && !Address.TryParse(RemoteSignerAddress, out _)) yield return "Chain:RemoteSignerAddress must be an address.";
    }
}

/// <summary>Fees and patience of transactions.</summary>
public sealed record SendingOptions
{
    /// <summary>The most that a unit of gas may cost, wei. Above it sending waits for better times.</summary>
    [Reloadable]
    public BigInteger MaxFeePerGas { get; init; } = 200_000_000_000;

    /// <summary>The least priority fee, wei per gas.</summary>
    [Reloadable]
    public BigInteger MinPriorityFeePerGas { get; init; } = 1_000_000;

    /// <summary>Blocks without the transaction after which its fee is raised.</summary>
    public uint BumpAfterBlocks { get; init; } = 3;

    /// <summary>The same in time, for chains that stand still.</summary>
    public TimeSpan BumpAfter { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>When waiting ends, at the latest; the transaction may still be mined later, and the next one of the key replaces it. An operator's waits no longer once a lower nonce has to be used first that nobody waits for.</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Between two looks for a receipt.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);

    public IEnumerable<string> Faults()
    {
        if (MaxFeePerGas <= 0) yield return "Chain:Sending:MaxFeePerGas must be above 0 wei.";
        if (MinPriorityFeePerGas < 0 || MinPriorityFeePerGas > MaxFeePerGas) yield return "Chain:Sending:MinPriorityFeePerGas must be between 0 and MaxFeePerGas.";
        if (BumpAfterBlocks == 0) yield return "Chain:Sending:BumpAfterBlocks must be at least 1.";
        if (PollInterval <= TimeSpan.Zero) yield return "Chain:Sending:PollInterval must be above 0.";
        if (BumpAfter < PollInterval || GiveUpAfter < BumpAfter) yield return "Chain:Sending: PollInterval, BumpAfter and GiveUpAfter must not fall in this order.";
    }
}
