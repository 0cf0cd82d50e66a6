using System.Numerics;
using Federation.Application.Ports;
using Federation.Application.Settings;
using Federation.Chain.Options;
using Federation.Chain.Sending;
using Federation.Chain.Signing;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;

namespace Federation.Chain.Accounts;

/// <summary>Asks signer and chain whether the operator's key can send.</summary>
/// <param name="sender">Knows whether the journal can be read; null where none is kept.</param>
public sealed class SenderAccount(EthereumClient client, WatchedSigner signer, Live<SendingOptions> options, ChainMetrics? metrics = null, TransactionSender? sender = null) : ISenderAccount
{
    // A settlement of fifty leases at some 40,000 gas each (decision 0080): the largest that is sent.
    private const int GasOfALargeOne = 2_000_000;

    private readonly FeeReader fees = new(client, options);

    /// <inheritdoc/>
    public async Task<SenderStanding> ReadAsync(CancellationToken cancellation)
    {
        var problem = await signer.CheckAsync(cancellation);
        try
        {
            var balance = await client.GetBalanceAsync(signer.Address, ct: cancellation);
            metrics?.Wallet.Record((double)balance);
            var price = await fees.ReadPriceAsync(cancellation) ?? options.Current.MaxFeePerGas;
            return new SenderStanding(signer.Address.ToString(), problem, balance, price * GasOfALargeOne) { JournalProblem = sender?.JournalProblem };
        }
        catch (Exception e) when (e is RpcTransportException or RpcResponseException)
        {
            return new SenderStanding(signer.Address.ToString(), problem, null, null) { JournalProblem = sender?.JournalProblem };
        }
    }
}
