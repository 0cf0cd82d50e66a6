using Federation.Application.Ports;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Bindings.Market;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;

namespace Federation.Chain.Ledger;

/// <summary>
/// Reads the heads, and refuses a node that is not what it was: another chain, a contract without code or with other code,
/// a finalized head that went back or was rewritten.
/// </summary>
internal sealed class HeadReader(EthereumClient client, LedgerOptions options, TimeProvider clock)
{
    private readonly CodeCheck manager = new(client, options, clock, "lease manager", options.LeaseManager, "vault", options.LeaseManagerCodeHash);
    private readonly CodeCheck market = new(client, options, clock, "market", options.Market, "leaseManager", options.MarketCodeHash);
    private Block? final;

    public async Task<LedgerHead> ReadAsync(CancellationToken cancellation)
    {
        var answers = await client.Rpc.SendBatchAsync(
        [
            new RpcRequest("eth_chainId"),
            new RpcRequest("eth_getBlockByNumber", BlockParameter.Latest, false),
            new RpcRequest("eth_call", EthereumClient.ToInput(options.LeaseManager, new VaultFunction()), BlockParameter.Latest),
            new RpcRequest("eth_call", EthereumClient.ToInput(options.Market, new LeaseManagerFunction()), BlockParameter.Latest),
        ], cancellation);
        var chainId = answers[0].Get<ulong>();
        if (chainId != options.ChainId)
            throw LedgerFault.Permanent($"The node is on chain {chainId}, configured is chain {options.ChainId}.");
        var latest = answers[1].Get<Block?>() ?? throw LedgerFault.Transient("The node has no latest block.");
        await manager.CheckAsync(answers[2], null, cancellation);
        await market.CheckAsync(answers[3], options.LeaseManager, cancellation);

        var finalized = await ReadFinalizedAsync(latest.Number, cancellation);
        await CheckHistoryAsync(finalized, cancellation);

        // Where finality is quicker than the confirmations asked for, what is final is confirmed.
        var confirmed = Math.Max(Back(latest.Number, options.Confirmations), finalized.Number);
        var confirmedBlock = confirmed == finalized.Number ? finalized : await BlockAsync(confirmed, cancellation);
        return new LedgerHead(latest.Number, confirmed, (long)confirmedBlock.Timestamp, finalized.Number, finalized.Hash.ToString());
    }

    private async Task<Block> ReadFinalizedAsync(ulong latest, CancellationToken cancellation)
    {
        if (options.FinalizedDepth is { } depth) return await BlockAsync(Back(latest, depth), cancellation);
        try
        {
            if (await client.GetBlockAsync(BlockParameter.Finalized, cancellation) is { } block) return block;
        }
        catch (RpcResponseException e)
        {
            throw LedgerFault.Permanent($"The node knows no finalized block ({e.RpcMessage}). Set Chain:FinalizedDepth if this chain has none.");
        }

        throw LedgerFault.Permanent("The node knows no finalized block. Set Chain:FinalizedDepth if this chain has none.");
    }

    private async Task CheckHistoryAsync(Block finalized, CancellationToken cancellation)
    {
        if (final is { } before)
        {
            if (finalized.Number < before.Number)
                throw LedgerFault.Transient($"The node lags: its finalized block is {finalized.Number}, {before.Number} was seen before.");
            var again = finalized.Number == before.Number ? finalized : await BlockAsync(before.Number, cancellation);
            if (again.Hash != before.Hash)
                throw LedgerFault.Permanent($"History was rewritten below finality: block {before.Number} was {before.Hash} and is {again.Hash}.");
        }

        final = finalized;
    }

    private async Task<Block> BlockAsync(ulong number, CancellationToken cancellation) =>
        await client.GetBlockAsync(BlockParameter.AtNumber(number), cancellation)
        ?? throw LedgerFault.Transient($"The node does not have block {number}.");

    private static ulong Back(ulong from, uint by) => from > by ? from - by : 0;
}
