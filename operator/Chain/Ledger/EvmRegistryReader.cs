using Federation.Application.Ports;
using Federation.Chain.Bindings.DatacenterRegistry;
using Federation.Ethereum;
using Federation.Ethereum.Abi;
using Federation.Ethereum.Client;

namespace Federation.Chain.Ledger;

/// <summary>Reads a provider's entry, its stake and what auditors say of it from the registry, in one batch.</summary>
/// <param name="own">The key that this operator signs with.</param>
public sealed class EvmRegistryReader(EthereumClient client, ContractAddresses contracts, Address provider, Address own, ChainMetrics? metrics = null) : IRegistryReader
{
    /// <inheritdoc/>
    public Task<RegistryStanding> ReadAsync(DatacenterSpec spec, CancellationToken cancellation) =>
        LedgerFault.WrapAsync("The registry", metrics, () => ReadAllAsync(spec, Address.Parse(spec.Prices.Token), cancellation));

    private async Task<RegistryStanding> ReadAllAsync(DatacenterSpec spec, Address token, CancellationToken cancellation)
    {
        var entry = new DatacenterFunction { Provider = provider };
        var pool = new StakePoolFunction { Provider = provider, Token = token };
        var free = new FreeStakeFunction { Provider = provider, Token = token };
        AttestationFunction[] words = [.. spec.Auditors.Select(a => new AttestationFunction { Auditor = Address.Parse(a), Provider = provider })];
        FunctionMessage[] calls = [entry, pool, free, .. words];
        var answers = await client.Rpc.SendBatchAsync([.. calls.Select(c => EthereumClient.ToRequest(contracts.Registry, c))], cancellation);
        var found = entry.DecodeOutput(answers[0].Get<byte[]>());
        var unlocked = free.DecodeOutput(answers[2].Get<byte[]>());
        return new RegistryStanding(
            found.Operator.ToString(), own.ToString(), found.Payout.ToString(), found.Active, found.Endpoint, found.Region,
            pool.DecodeOutput(answers[1].Get<byte[]>()).Assets, unlocked)
        {
            Capabilities = found.Capabilities,
            PriceBook = found.PriceBook.ToString(),
            OwnPriceBook = PriceBookCall.HashOf(PriceBookCall.Of(spec.Prices)).ToString(),
            Attestations = [.. words.Select((w, i) => ToDomain(w, w.DecodeOutput(answers[i + 3].Get<byte[]>())))],
            Calls = RegistryCommands.Of(spec, found, unlocked, provider, own, contracts),
        };
    }

    // "For ever" is later on chain than any date that can be written.
    private static Attestation ToDomain(AttestationFunction asked, Bindings.Attestation word) =>
        new(asked.Auditor.ToString(), word.Bits, Math.Min((long)word.ExpiresAt, DateTimeOffset.MaxValue.ToUnixTimeSeconds()));
}
