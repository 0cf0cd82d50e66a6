using System.Numerics;
using Federation.Chain;
using Federation.Chain.Bindings.DatacenterRegistry;
using Federation.Chain.Bindings.TestToken;
using Federation.Chain.Tenancy;
using Federation.Cli.Output;
using Federation.Cli.Settings;
using Federation.Domain.Requesting;
using Federation.Ethereum;
using Federation.Ethereum.Abi;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;
using Microsoft.Extensions.Logging.Abstractions;
using Datacenter = Federation.Chain.Bindings.Datacenter;
using VaultBalanceOf = Federation.Chain.Bindings.Vault.BalanceOfFunction;

namespace Federation.Cli.Reading;

/// <summary>The chain as it is now, of one node, after a look whether it is the right one.</summary>
internal sealed class ChainDoor : IDisposable
{
    // A person waits: what does not answer soon is said.
    private static readonly JsonRpcOptions Patience = new() { MaxRetries = 2, AttemptTimeout = TimeSpan.FromSeconds(10) };

    private readonly JsonRpcClient rpc;
    private readonly EvmDatacenterDirectory directory;
    private readonly Dictionary<Address, TokenUnits> units = [];

    private ChainDoor(JsonRpcClient rpc, CliSettings settings, ContractAddresses contracts, TimeProvider clock)
    {
        (this.rpc, Contracts, ChainId) = (rpc, contracts, settings.Chain.ChainId);
        Client = new EthereumClient(rpc);
        directory = new EvmDatacenterDirectory(Client, contracts.Registry, clock, NullLogger<EvmDatacenterDirectory>.Instance);
        Archive = new EvmLeaseArchive(Client, contracts, settings.Chain.LogRange, NullLogger<EvmLeaseArchive>.Instance);
    }

    public EthereumClient Client { get; }

    public ContractAddresses Contracts { get; }

    public ulong ChainId { get; }

    public EvmDatacenterDirectory Directory => directory;

    public EvmLeaseArchive Archive { get; }

    /// <exception cref="CliException">The settings have faults, no node answers, or it is of another chain.</exception>
    public static async Task<ChainDoor> OpenAsync(CliSettings settings, TimeProvider clock, CancellationToken cancellation)
    {
        var contracts = settings.Contracts();
        var rpc = new JsonRpcClient(settings.Chain.RpcUrl!, Patience, time: clock);
        try
        {
            var found = await new EthereumClient(rpc).GetChainIdAsync(cancellation);
            return found == settings.Chain.ChainId
                ? new ChainDoor(rpc, settings, contracts, clock)
                : throw new CliException(ExitCodes.ChainUnreachable, $"The node at {settings.Chain.RpcUrl!.Authority} is of chain {found}, chain.chainId is {settings.Chain.ChainId}: nothing was sent.");
        }
        catch
        {
            rpc.Dispose();
            throw;
        }
    }

    /// <summary>Every datacenter of the registry.</summary>
    /// <param name="auditor">Whose word on capabilities counts; empty: their own.</param>
    public Task<IReadOnlyList<Candidate>> DatacentersAsync(Address token, string auditor, CancellationToken cancellation) => directory.ReadAsync(token.ToString(), auditor, cancellation);

    /// <summary>A datacenter's entry in the registry.</summary>
    /// <exception cref="CliException">It has none.</exception>
    public async Task<Datacenter> EntryAsync(Address provider, CancellationToken cancellation)
    {
        var entry = await Client.CallAsync(Contracts.Registry, new DatacenterFunction { Provider = provider }, ct: cancellation);
        return entry.Operator.IsZero ? throw new CliException(ExitCodes.NotFound, $"The registry has no datacenter {provider}: kubectl compute datacenters lists those that it has.") : entry;
    }

    /// <summary>How a token's amounts are shown; a token that does not say is shown in its smallest units.</summary>
    public async Task<TokenUnits> UnitsAsync(Address token, CancellationToken cancellation)
    {
        if (units.TryGetValue(token, out var known)) return known;
        var (decimals, symbol) = (new DecimalsFunction(), new SymbolFunction());
        var answers = await Client.Rpc.SendBatchAsync([EthereumClient.ToRequest(token, decimals), EthereumClient.ToRequest(token, symbol)], cancellation);
        return units[token] = new TokenUnits(
            // A stranger's contract says it: short, and of letters that no terminal obeys.
            Said(() => symbol.DecodeOutput(answers[1].Get<byte[]>())) is { Length: > 0 and <= 12 } name && name.All(char.IsAsciiLetterOrDigit) ? name : token.ToString()[..8],
            Said(() => (object)decimals.DecodeOutput(answers[0].Get<byte[]>())) is byte and <= 36 and var places ? places : 0);

        static T? Said<T>(Func<T> read)
            where T : class
        {
            try
            {
                return read();
            }
            catch (Exception e) when (e is AbiException or RpcResponseException)
            {
                return null;
            }
        }
    }

    /// <summary>Smallest units that an account has in the Vault.</summary>
    public Task<BigInteger> VaultBalanceAsync(Address token, Address account, CancellationToken cancellation) =>
        Client.CallAsync(Contracts.Vault, new VaultBalanceOf { Token = token, Account = account }, ct: cancellation);

    /// <summary>What the chain says the time is, unix seconds.</summary>
    public async Task<long> TimeAsync(CancellationToken cancellation) => (long)((await Client.GetBlockAsync(BlockParameter.Latest, cancellation))?.Timestamp ?? 0);

    public void Dispose()
    {
        directory.Dispose();
        rpc.Dispose();
    }
}
