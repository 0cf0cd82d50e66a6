using Federation.Application.Ports;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Bindings.Market;
using Federation.Ethereum;
using Federation.Ethereum.Abi;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;
using GovernorFunction = Federation.Chain.Bindings.Vault.GovernorFunction;
using RegistryLeaseManager = Federation.Chain.Bindings.DatacenterRegistry.LeaseManagerFunction;
using ResultsLeaseManager = Federation.Chain.Bindings.ResultBoard.LeaseManagerFunction;

namespace Federation.Chain.Ledger;

/// <summary>
/// Reads the heads, and refuses a node that is not what it was: another chain, a contract without code or with other code,
/// a finalized head that went back or was rewritten.
/// </summary>
internal sealed class HeadReader(EthereumClient client, LedgerOptions options, TimeProvider clock)
{
    private readonly CodeCheck manager = new(client, options, clock, "lease manager", options.LeaseManager, "vault", options.LeaseManagerCodeHash);
    private readonly CodeCheck market = new(client, options, clock, "market", options.Market, "leaseManager", options.MarketCodeHash);
    private readonly CodeCheck? vault = options.Vault is { } at ? new(client, options, clock, "vault", at, "governor", options.VaultCodeHash) : null;
    private readonly CodeCheck? registry = options.Registry is { } at ? new(client, options, clock, "registry", at, "leaseManager", options.RegistryCodeHash) : null;
    private readonly CodeCheck? results = options.Results is { } at ? new(client, options, clock, "result board", at, "leaseManager", null) : null;

    // What the market names it names for good, and its code is looked at: these are asked once.
    private List<(string Getter, FunctionMessage Probe, Address Configured)> named = [.. Named(options)];

    // With more confirmations than that, the confirmed block is asked for.
    private const uint MostRecent = 32;

    private Block? final;
    private (Bytes32 Latest, LedgerHead Head)? last;

    // The latest blocks that follow from one another, the newest last: what is confirmed now was the latest a moment ago.
    private Block[] recent = [];

    public async Task<LedgerHead> ReadAsync(CancellationToken cancellation)
    {
        // Read many times a second: what can be asked without knowing the answers before it goes in one batch.
        var requests = new List<RpcRequest>
        {
            new("eth_chainId"),
            BlockRequest(BlockParameter.Latest),
            EthereumClient.ToRequest(options.LeaseManager, new VaultFunction()),
            EthereumClient.ToRequest(options.Market, new LeaseManagerFunction()),
        };
        if (options.FinalizedDepth is null) requests.Add(BlockRequest(BlockParameter.Finalized));
        if (final is { } seen) requests.Add(BlockRequest(BlockParameter.AtNumber(seen.Number)));
        var answers = await client.Rpc.SendBatchAsync([.. requests], cancellation);
        var chainId = answers[0].Get<ulong>();
        if (chainId != options.ChainId)
            throw LedgerFault.Permanent($"The node is on chain {chainId}, configured is chain {options.ChainId}.");
        var latest = answers[1].Get<Block?>() ?? throw LedgerFault.Transient("The node has no latest block.");
        await manager.CheckAsync(answers[2], options.Vault, cancellation);
        await market.CheckAsync(answers[3], options.LeaseManager, cancellation);
        if (vault is not null) await vault.CheckNowAndThenAsync(new GovernorFunction(), null, cancellation);
        if (registry is not null) await registry.CheckNowAndThenAsync(new RegistryLeaseManager(), options.LeaseManager, cancellation);
        if (results is not null) await results.CheckNowAndThenAsync(new ResultsLeaseManager(), options.LeaseManager, cancellation);
        await CheckNamedAsync(cancellation);

        var finalized = options.FinalizedDepth is { } depth ? await BlockAsync(Back(latest.Number, depth), cancellation) : Finalized(answers[4]);
        CheckHistory(finalized, final is null ? null : answers[^1].Get<Block?>());
        // Others may read at the same time: each goes by what follows from its own latest block.
        var linked = recent = Linked(recent, latest);
        if (last is { } heard && heard.Latest == latest.Hash && heard.Head.FinalizedHash == finalized.Hash.ToString()) return heard.Head;

        // Where finality is quicker than the confirmations asked for, what is final is confirmed.
        var number = Math.Max(Back(latest.Number, options.Confirmations), finalized.Number);
        var confirmed = number == finalized.Number ? finalized : linked.FirstOrDefault(b => b.Number == number) ?? await BlockAsync(number, cancellation);
        var head = new LedgerHead(latest.Number, number, (long)confirmed.Timestamp, confirmed.Hash.ToString(), finalized.Number, finalized.Hash.ToString()) { LatestTime = (long)latest.Timestamp, FinalizedTime = (long)finalized.Timestamp };
        last = (latest.Hash, head);
        return head;
    }

    private static IEnumerable<(string Getter, FunctionMessage Probe, Address Configured)> Named(LedgerOptions options)
    {
        if (options.Parameters is { } parameters) yield return ("parameters", new ParametersFunction(), parameters);
        if (options.Apps is { } apps) yield return ("apps", new AppsFunction(), apps);
    }

    // Neither contract says whose it is: the market says which ones it asks.
    private async Task CheckNamedAsync(CancellationToken cancellation)
    {
        if (named is not { Count: > 0 } asked) return;
        var answers = await client.Rpc.SendBatchAsync([.. asked.Select(n => EthereumClient.ToRequest(options.Market, n.Probe))], cancellation);
        foreach (var ((getter, _, configured), answer) in asked.Zip(answers))
        {
            var said = answer.Error is null ? answer.Get<byte[]>() : [];
            if (said.Length != Bytes32.Size) throw LedgerFault.Permanent($"The contract at {options.Market} is no market: it does not answer {getter}().");
            if (new Address(said.AsSpan(12)) is var address && address != configured)
                throw LedgerFault.Permanent($"The market at {options.Market} has {getter} at {address}, configured is {configured}: they are of two deployments.");
        }

        named = [];
    }

    private Block[] Linked(Block[] known, Block latest) => known switch
    {
        [.., var same] when same.Hash == latest.Hash => known,
        [.., var before] when latest.ParentHash == before.Hash => [.. known.TakeLast((int)Math.Min(options.Confirmations, MostRecent)), latest],
        _ => [latest],
    };

    private static Block Finalized(RpcResult answer)
    {
        if (answer.Error is { } error)
            throw LedgerFault.Permanent($"The node knows no finalized block ({error.RpcMessage}). Set Chain:FinalizedDepth if this chain has none.");
        return answer.Get<Block?>() ?? throw LedgerFault.Permanent("The node knows no finalized block. Set Chain:FinalizedDepth if this chain has none.");
    }

    /// <param name="again">The block that was final before, as the node has it now.</param>
    private void CheckHistory(Block finalized, Block? again)
    {
        if (final is { } before)
        {
            if (finalized.Number < before.Number)
                throw LedgerFault.Transient($"The node lags: its finalized block is {finalized.Number}, {before.Number} was seen before.");
            if (again is null) throw LedgerFault.Transient($"The node does not have block {before.Number}.");
            if (again.Hash != before.Hash)
                throw LedgerFault.Permanent($"History was rewritten below finality: block {before.Number} was {before.Hash} and is {again.Hash}.");
        }

        final = finalized;
    }

    /// <summary>A block that was final for an earlier process has to be there; if not, this node is nobody's measure.</summary>
    public async Task CheckBlockAsync(ulong number, string hash, CancellationToken cancellation)
    {
        var there = await client.GetBlockAsync(BlockParameter.AtNumber(number), cancellation);
        if (string.Equals(there?.Hash.ToString(), hash, StringComparison.OrdinalIgnoreCase)) return;
        (final, last) = (null, null);
        throw LedgerFault.Transient(there is null
            ? $"The node does not have block {number}, which was final before: nobody can tell whether it is on a fork. Leases keep running, nothing is begun or ended; point the operator to a node that keeps old headers."
            : $"History was rewritten below finality: block {number} was {hash} and is {there.Hash}. Leases keep running, nothing is begun or ended; point the operator to a node that is on no fork. Only if this is the chain's true history, delete the operator's cursor: leases that it does not know then end.");
    }

    private static RpcRequest BlockRequest(BlockParameter block) => new("eth_getBlockByNumber", block, false);

    private async Task<Block> BlockAsync(ulong number, CancellationToken cancellation) =>
        await client.GetBlockAsync(BlockParameter.AtNumber(number), cancellation)
        ?? throw LedgerFault.Transient($"The node does not have block {number}.");

    private static ulong Back(ulong from, uint by) => from > by ? from - by : 0;
}
