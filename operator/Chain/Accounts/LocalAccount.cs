using Federation.Chain.Options;
using Federation.Chain.Sending;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;
using Federation.Ethereum.Signing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Chain.Accounts;

/// <summary>One key on one node, for programs that act as a person: deployers, tenants, the command line.</summary>
public sealed class LocalAccount : IDisposable
{
    private readonly JsonRpcClient rpc;
    private readonly TransactionSender sender;

    private LocalAccount(JsonRpcClient rpc, ISigner signer, ulong chainId, SendingOptions options, TimeProvider clock)
    {
        this.rpc = rpc;
        Client = new EthereumClient(rpc);
        Signer = signer;
        ChainId = chainId;
        sender = new TransactionSender(Client, chainId, signer, options, clock, NullLogger<TransactionSender>.Instance);
        Writer = new ContractWriter(Client, sender);
    }

    public EthereumClient Client { get; }

    public ISigner Signer { get; }

    public ulong ChainId { get; }

    /// <summary>Sends with this key; one writer per key, because transactions of a key follow each other.</summary>
    public ContractWriter Writer { get; }

    /// <summary>Connects, and takes the chain id that the node answers.</summary>
    /// <exception cref="RpcTransportException">The node cannot be reached.</exception>
    public static async Task<LocalAccount> ConnectAsync(Uri rpcUrl, ISigner signer, SendingOptions? options, TimeProvider clock, CancellationToken cancellation)
    {
        var rpc = new JsonRpcClient(rpcUrl, time: clock);
        try
        {
            var chainId = await new EthereumClient(rpc).GetChainIdAsync(cancellation);
            return new LocalAccount(rpc, signer, chainId, options ?? new SendingOptions(), clock);
        }
        catch
        {
            rpc.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        sender.Dispose();
        rpc.Dispose();
    }
}
