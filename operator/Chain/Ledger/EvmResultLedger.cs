using Federation.Application.Ports;
using Federation.Chain.Bindings.ResultBoard;
using Federation.Chain.Mapping;
using Federation.Domain.Leases;
using Federation.Domain.Results;
using Federation.Ethereum;
using Federation.Ethereum.Client;

namespace Federation.Chain.Ledger;

/// <summary>Results as the board holds them at blocks that the caller names.</summary>
public sealed class EvmResultLedger(EthereumClient client, Address results, ChainMetrics? metrics = null) : IResultLedger
{
    /// <inheritdoc/>
    public Task<PostedResult?> ReadResultAsync(LeaseId id, ulong block, CancellationToken cancellation) =>
        LedgerFault.WrapAsync($"The result of lease {id} at block {block}", metrics, async () =>
        {
            var found = await client.CallAsync(results, new ResultOfFunction { Id = id.ToContract() }, BlockParameter.AtNumber(block), ct: cancellation);
            return found.PostedAt == 0 ? null : new PostedResult(found.Digest.ToString(), found.Status, found.Client != Address.Zero, found.Delivered);
        });
}
