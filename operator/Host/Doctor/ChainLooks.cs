using System.Globalization;
using System.Numerics;
using Federation.Application.Ports;
using Federation.Application.Reconciling;
using Federation.Application.Settling;
using Federation.Chain;
using Federation.Chain.Options;
using Federation.Chain.Tenancy;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;
using Federation.Host.Options;
using Federation.Host.Tenancy;

namespace Federation.Host.Doctor;

/// <summary>The chain, by the operator's own readers: nodes, contracts, clock, key and ether.</summary>
internal sealed class ChainLooks : IAsyncDisposable
{
    private static readonly TimeSpan MostAhead = TimeSpan.FromSeconds(30);

    private const string Node = "see that the node runs and that pods reach it";

    private readonly ChainOptions options;
    private readonly TimeSpan longestLag;
    private readonly string costly;
    private readonly ServiceProvider services;

    /// <param name="costly">The dearest of what the key sends.</param>
    private ChainLooks(ChainOptions options, TimeSpan longestLag, string costly, IServiceCollection room)
    {
        (this.options, this.longestLag, this.costly) = (options, longestLag, costly);
        services = room.AddLogging().AddSingleton(TimeProvider.System).BuildServiceProvider();
    }

    public static ChainLooks Of(OperatorOptions options) => new(options.Chain, options.Times.LongestLag, "full settlement", new ServiceCollection().AddChainRoom(options.Chain));

    // Its sender has a fence, and sends nothing here.
    public static ChainLooks Of(TenantOptions options) => new(
        options.Chain, new TimesSection().LongestLag, "large transaction",
        new ServiceCollection().AddTenantChainRoom(options.Chain).AddSingleton<OperatorHealth>().AddSingleton<ISendFence, SendFence>());

    /// <summary>The readers that are asked.</summary>
    public IServiceProvider Services => services;

    public IEnumerable<Look> All =>
    [
        .. options.FallbackRpcUrls.Prepend(options.RpcUrl!).Select(url => Look.At("chain", Node, c => NodeAsync(url, c))),
        Look.At("contracts", Node, ContractsAsync),
        Look.At("clock", Node, ClockAsync),
        Look.At("signer", "see that the key's Secret or the remote signer is what Chain names", SignerAsync),
    ];

    public ValueTask DisposeAsync() => services.DisposeAsync();

    private async Task<Finding> NodeAsync(Uri url, CancellationToken cancellation)
    {
        try
        {
            using var rpc = new JsonRpcClient(url);
            var client = new EthereumClient(rpc);
            var id = await client.GetChainIdAsync(cancellation);
            return id == options.ChainId
                ? Finding.Good("chain", $"{url.Authority} is on chain {id}, at block {await client.GetBlockNumberAsync(cancellation)}")
                : Finding.Bad("chain", $"{url.Authority} is on chain {id}, and Chain:ChainId is {options.ChainId}: give a node of that chain, or the id of this one");
        }
        catch (Exception error) when (error is RpcTransportException or RpcResponseException)
        {
            return Finding.Bad("chain", $"{url.Authority} does not answer ({error.Message}): {Node}");
        }
    }

    private async Task<Finding> ContractsAsync(CancellationToken cancellation)
    {
        try
        {
            var head = await services.GetRequiredService<ILeaseLedger>().ReadHeadAsync(cancellation);
            return Finding.Good("contracts", $"code stands where it has to and belongs together; block {head.Finalized} is final");
        }
        catch (LedgerException error)
        {
            return Finding.Bad("contracts", $"{error.Message.TrimEnd('.')}: {(error.IsTransient ? Node : "compare the addresses of Chain:LeaseManager, Market, Vault, Registry, Parameters, Apps and Results, and the code hashes, with the deployment's file")}");
        }
    }

    private async Task<Finding> ClockAsync(CancellationToken cancellation)
    {
        var block = await services.GetRequiredService<EthereumClient>().GetBlockAsync(BlockParameter.Latest, cancellation);
        if (block is null) return Finding.Bad("clock", "the node has no latest block: wait until it has synced");
        var age = TimeProvider.System.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds((long)block.Timestamp);
        if (age < -MostAhead) return Finding.Bad("clock", $"the newest block is {-age.TotalSeconds:0} s ahead of this machine: set its clock by NTP");
        return longestLag > TimeSpan.Zero && age > longestLag
            ? Finding.Bad("clock", $"the newest block is {age.TotalMinutes:0} min old: the node lags, or this machine's clock is ahead")
            : Finding.Good("clock", $"the newest block is {Math.Max(0, age.TotalSeconds):0} s old");
    }

    private async Task<Finding> SignerAsync(CancellationToken cancellation)
    {
        var sender = await services.GetRequiredService<ISenderAccount>().ReadAsync(cancellation);
        return sender switch
        {
            { SignerProblem: { } problem } => Finding.Bad("signer", problem),
            { Balance: { } balance, Needed: { } needed } when balance < needed => Finding.Bad("signer", $"{sender.Address} has {Ether(balance)} ether, and a {costly} costs up to {Ether(needed)}: send ether to it"),
            { Balance: { } balance } => Finding.Good("signer", $"{sender.Address} signs, and has {Ether(balance)} ether"),
            _ => Finding.Bad("signer", $"the ether of {sender.Address} cannot be read: mend the chain's node first"),
        };
    }

    private static string Ether(BigInteger wei) => ((decimal)(wei / BigInteger.Pow(10, 12)) / 1_000_000).ToString("0.######", CultureInfo.InvariantCulture);
}
