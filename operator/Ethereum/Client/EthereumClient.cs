using System.Numerics;
using Federation.Ethereum.Abi;
using Federation.Ethereum.JsonRpc;
using Federation.Ethereum.Transactions;

namespace Federation.Ethereum.Client;

/// <summary>
/// The typed methods of one node. Every method throws <see cref="RpcResponseException"/> for the node's errors and
/// <see cref="RpcTransportException"/> if no valid answer came. Amounts are wei.
/// </summary>
public sealed class EthereumClient(IJsonRpcClient rpc)
{
    /// <summary>The connection, for batches and methods without a typed form.</summary>
    public IJsonRpcClient Rpc => rpc;

    public Task<ulong> GetChainIdAsync(CancellationToken ct = default) => Send<ulong>("eth_chainId", [], ct);

    public Task<ulong> GetBlockNumberAsync(CancellationToken ct = default) => Send<ulong>("eth_blockNumber", [], ct);

    /// <summary>The block by number or tag, or null if there is none (yet).</summary>
    public Task<Block?> GetBlockAsync(BlockParameter block, CancellationToken ct = default) => block.Hash is { } hash
        ? GetBlockByHashAsync(hash, ct)
        : Find<Block>("eth_getBlockByNumber", [block, false], ct);

    /// <summary>The block, or null if the node does not know it.</summary>
    public Task<Block?> GetBlockByHashAsync(Bytes32 hash, CancellationToken ct = default) =>
        Find<Block>("eth_getBlockByHash", [hash, false], ct);

    public Task<IReadOnlyList<Log>> GetLogsAsync(LogFilter filter, CancellationToken ct = default)
    {
        if (filter.BlockHash is not null && (filter.FromBlock ?? filter.ToBlock) is not null)
            throw new ArgumentException("a filter has a block hash or a range, not both", nameof(filter));
        return Send<IReadOnlyList<Log>>("eth_getLogs", [filter], ct);
    }

    /// <summary>Simulates a call and returns its result bytes.</summary>
    public Task<byte[]> CallAsync(CallInput call, BlockParameter? block = null, CancellationToken ct = default) =>
        Send<byte[]>("eth_call", [call, block ?? BlockParameter.Latest], ct);

    /// <summary>Simulates a function call and decodes its results.</summary>
    /// <exception cref="AbiException">The result is no strict encoding, for instance where there is no contract.</exception>
    public async Task<TOutput> CallAsync<TOutput>(
        Address contract, FunctionMessage<TOutput> message, BlockParameter? block = null, Address? from = null, CancellationToken ct = default) =>
        message.DecodeOutput(await CallAsync(ToInput(contract, message, from), block, ct));

    /// <summary>Gas that the call would use; throws the revert if it would fail.</summary>
    public Task<ulong> EstimateGasAsync(CallInput call, BlockParameter? block = null, CancellationToken ct = default) =>
        Send<ulong>("eth_estimateGas", [call, block ?? BlockParameter.Latest], ct);

    /// <summary>As the other overload, for a function call.</summary>
    public Task<ulong> EstimateGasAsync(Address contract, FunctionMessage message, Address from, CancellationToken ct = default) =>
        EstimateGasAsync(ToInput(contract, message, from), null, ct);

    /// <summary>The receipt, or null while the transaction is not mined.</summary>
    public Task<TransactionReceipt?> GetTransactionReceiptAsync(Bytes32 hash, CancellationToken ct = default) =>
        Find<TransactionReceipt>("eth_getTransactionReceipt", [hash], ct);

    /// <summary>The receipts of all transactions of a block, or null if the node does not have it. Not every node serves this.</summary>
    public Task<IReadOnlyList<TransactionReceipt>?> GetBlockReceiptsAsync(ulong block, CancellationToken ct = default) =>
        Find<IReadOnlyList<TransactionReceipt>>("eth_getBlockReceipts", [BlockParameter.AtNumber(block)], ct);

    /// <summary>The transaction, or null if the node does not know it.</summary>
    public Task<Transaction?> GetTransactionByHashAsync(Bytes32 hash, CancellationToken ct = default) =>
        Find<Transaction>("eth_getTransactionByHash", [hash], ct);

    /// <summary>The account's next nonce; with <see cref="BlockParameter.Pending"/> the pool counts too.</summary>
    public Task<ulong> GetTransactionCountAsync(Address account, BlockParameter? block = null, CancellationToken ct = default) =>
        Send<ulong>("eth_getTransactionCount", [account, block ?? BlockParameter.Latest], ct);

    public Task<FeeHistory> GetFeeHistoryAsync(
        ulong blockCount, BlockParameter newest, IReadOnlyList<double> percentiles, CancellationToken ct = default) =>
        Send<FeeHistory>("eth_feeHistory", [blockCount, newest, percentiles], ct);

    public Task<BigInteger> GetMaxPriorityFeePerGasAsync(CancellationToken ct = default) =>
        Send<BigInteger>("eth_maxPriorityFeePerGas", [], ct);

    public Task<BigInteger> GetGasPriceAsync(CancellationToken ct = default) => Send<BigInteger>("eth_gasPrice", [], ct);

    public Task<BigInteger> GetBalanceAsync(Address account, BlockParameter? block = null, CancellationToken ct = default) =>
        Send<BigInteger>("eth_getBalance", [account, block ?? BlockParameter.Latest], ct);

    /// <summary>The contract's code; empty if there is none.</summary>
    public Task<byte[]> GetCodeAsync(Address account, BlockParameter? block = null, CancellationToken ct = default) =>
        Send<byte[]>("eth_getCode", [account, block ?? BlockParameter.Latest], ct);

    /// <summary>
    /// Broadcasts once. After an <see cref="RpcTransportException"/> it is unknown whether the node took it: look for
    /// the hash, or send the same bytes again (the chain takes one nonce once).
    /// </summary>
    public Task<Bytes32> SendRawTransactionAsync(SignedTransaction transaction, CancellationToken ct = default) =>
        SendRawTransactionAsync(transaction.Raw, ct);

    /// <summary>As the other overload, from stored bytes.</summary>
    public Task<Bytes32> SendRawTransactionAsync(byte[] raw, CancellationToken ct = default) =>
        Send<Bytes32>("eth_sendRawTransaction", [raw], ct);

    /// <summary>The simulation input of a function call.</summary>
    public static CallInput ToInput(Address contract, FunctionMessage message, Address? from = null) => new()
    {
        From = from,
        To = contract,
        Data = message.EncodeCall(),
        Value = message.AmountToSend.IsZero ? null : message.AmountToSend,
    };

    /// <summary>A function call's simulation, for a batch.</summary>
    /// <param name="block">Null: the latest.</param>
    public static RpcRequest ToRequest(Address contract, FunctionMessage message, BlockParameter? block = null, Address? from = null) =>
        new("eth_call", ToInput(contract, message, from), block ?? BlockParameter.Latest);

    // Some nodes answer null where they lag. Taken for "no logs" it would lose events, so it is a fault.
    private async Task<T> Send<T>(string method, IReadOnlyList<object?> parameters, CancellationToken ct)
        where T : notnull =>
        await rpc.SendAsync<T?>(new RpcRequest(method, parameters), ct)
            ?? throw new RpcTransportException($"{method} answered null") { IsTransient = true };

    private Task<T?> Find<T>(string method, IReadOnlyList<object?> parameters, CancellationToken ct)
        where T : class =>
        rpc.SendAsync<T?>(new RpcRequest(method, parameters), ct);
}
