using Federation.Application.Ports;
using Federation.Chain.Bindings.DatacenterRegistry;
using Federation.Ethereum;
using Federation.Ethereum.Abi;
using Federation.Ethereum.Client;

namespace Federation.Chain.Ledger;

/// <summary>Reads a provider's entry and stake from the registry, in one batch.</summary>
/// <param name="own">The key that this operator signs with.</param>
public sealed class EvmRegistryReader(EthereumClient client, ContractAddresses contracts, Address provider, Address own, ChainMetrics? metrics = null) : IRegistryReader
{
    /// <inheritdoc/>
    public Task<RegistryStanding> ReadAsync(string token, CancellationToken cancellation) =>
        LedgerFault.WrapAsync("The registry", metrics, () => ReadAllAsync(Address.Parse(token), cancellation));

    private async Task<RegistryStanding> ReadAllAsync(Address token, CancellationToken cancellation)
    {
        var entry = new DatacenterFunction { Provider = provider };
        var pool = new StakePoolFunction { Provider = provider, Token = token };
        var free = new FreeStakeFunction { Provider = provider, Token = token };
        var answers = await client.Rpc.SendBatchAsync([EthereumClient.ToRequest(contracts.Registry, entry), EthereumClient.ToRequest(contracts.Registry, pool), EthereumClient.ToRequest(contracts.Registry, free)], cancellation);
        var found = entry.DecodeOutput(answers[0].Get<byte[]>());
        return new RegistryStanding(
            found.Operator.ToString(), own.ToString(), found.Payout.ToString(), found.Active, found.Endpoint, found.Region,
            pool.DecodeOutput(answers[1].Get<byte[]>()).Assets, free.DecodeOutput(answers[2].Get<byte[]>()));
    }
}
