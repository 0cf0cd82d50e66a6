using Federation.Ethereum.Abi;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;

namespace Federation.Ethereum.Multicall;

/// <summary>
/// Many reads of one block. All pages are pinned to the block's hash, so that a new head or a reorganisation between
/// two pages cannot mix states. Uses the Multicall3 contract where it is deployed, else batches of eth_call.
/// </summary>
/// <param name="client">The node.</param>
/// <param name="contract">Multicall3; by default where it stands on most chains.</param>
/// <param name="pageSize">Reads in one call: nodes cap the gas of eth_call.</param>
public sealed class MulticallReader(EthereumClient client, Address? contract = null, int pageSize = 200)
{
    /// <summary>Where Multicall3 stands on most chains. Source: mds1/multicall.</summary>
    public static readonly Address DefaultContract = Address.Parse("0xcA11bde05977b3631167028862bE2a173976CA11");

    private static readonly FunctionAbi Aggregate = FunctionAbi.Parse(
        "aggregate3(Call3(address target,bool allowFailure,bytes callData)[] calls) returns (Result(bool success,bytes returnData)[] returnData)");

    private readonly Address contract = contract ?? DefaultContract;
    private volatile bool isDeployed;

    /// <summary>Makes the reads at the block. A read that reverts fails alone.</summary>
    /// <exception cref="RpcResponseException">The block is unknown, or the node refused for another reason than a revert.</exception>
    /// <exception cref="RpcTransportException">No valid answer came.</exception>
    public async Task<MulticallOutput> AggregateAsync(
        IReadOnlyList<MulticallInput> calls, BlockParameter? block = null, CancellationToken ct = default)
    {
        var at = block ?? BlockParameter.Latest;
        var pinned = await client.GetBlockAsync(at, ct)
            ?? throw new RpcResponseException($"the node does not know block {at}");
        var hash = BlockParameter.AtHash(pinned.Hash);
        var deployed = await IsDeployedAsync(hash, ct);
        var results = new List<MulticallResult>(calls.Count);
        foreach (var page in calls.Chunk(pageSize))
            results.AddRange(deployed ? await AggregatePageAsync(page, hash, ct) : await BatchPageAsync(page, hash, ct));
        return new MulticallOutput(pinned, results);
    }

    private async Task<bool> IsDeployedAsync(BlockParameter block, CancellationToken ct)
    {
        // Only a yes is remembered: the contract may be deployed later, and code does not go away.
        if (!isDeployed)
            isDeployed = (await client.GetCodeAsync(contract, block, ct)).Length > 0;
        return isDeployed;
    }

    private async Task<IReadOnlyList<MulticallResult>> AggregatePageAsync(MulticallInput[] page, BlockParameter block, CancellationToken ct)
    {
        var data = Aggregate.Encode([page.Select(c => new object[] { c.Target, true, c.Data }).ToArray()]);
        byte[] answer;
        try
        {
            answer = await client.CallAsync(new CallInput { To = contract, Data = data }, block, ct);
        }
        catch (RpcResponseException)
        {
            // Together they may exceed the node's gas cap where each alone does not.
            return await BatchPageAsync(page, block, ct);
        }
        var results = (object[])Aggregate.DecodeOutput(answer)[0];
        if (results.Length != page.Length)
            throw new AbiException($"aggregate3 returned {results.Length} results for {page.Length} calls");
        return [.. results.Cast<object[]>().Select(r => new MulticallResult((bool)r[0], (byte[])r[1]))];
    }

    private async Task<IReadOnlyList<MulticallResult>> BatchPageAsync(MulticallInput[] page, BlockParameter block, CancellationToken ct)
    {
        var requests = page.Select(c => new RpcRequest("eth_call", new CallInput { To = c.Target, Data = c.Data }, block));
        var answers = await client.Rpc.SendBatchAsync([.. requests], ct);
        return [.. answers.Select(a => a.Error is { IsRevert: true } revert
            ? new MulticallResult(false, revert.RevertData ?? [])
            : new MulticallResult(true, a.Get<byte[]>()))];
    }
}
