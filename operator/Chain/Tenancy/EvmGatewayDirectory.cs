using Federation.Application.Ports;
using Federation.Chain.Bindings.DatacenterRegistry;
using Federation.Chain.Ledger;
using Federation.Ethereum;
using Federation.Ethereum.Abi;
using Federation.Ethereum.Client;

namespace Federation.Chain.Tenancy;

/// <summary>Asks the registry for one entry.</summary>
public sealed class EvmGatewayDirectory(EthereumClient client, Address registry) : IGatewayDirectory
{
    // The contract takes less.
    private const int MostText = 512;

    /// <inheritdoc/>
    public Task<string?> EndpointOfAsync(string provider, CancellationToken cancellation) => LedgerFault.WrapAsync($"The registry's entry of {provider}", null, async () =>
    {
        try
        {
            var entry = await client.CallAsync(registry, new DatacenterFunction { Provider = Address.Parse(provider) }, ct: cancellation);
            return entry.Operator.IsZero || entry.Endpoint.Length > MostText ? null : entry.Endpoint;
        }
        catch (AbiException)
        {
            // What an entry says is its owner's.
            return null;
        }
    });
}
