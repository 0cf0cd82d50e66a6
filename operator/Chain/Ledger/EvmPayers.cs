using System.Numerics;
using Federation.Application.Ports;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Bindings.Vault;
using Federation.Chain.Mapping;
using Federation.Chain.Signing;
using Federation.Domain.Leases;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Federation.Ethereum.TypedData;
using TokenBalanceOf = Federation.Chain.Bindings.TestToken.BalanceOfFunction;

namespace Federation.Chain.Ledger;

/// <summary>Checks who asks for quotes by its key, or by its contract's word (ERC-1271), and reads what it has.</summary>
public sealed class EvmPayers(EthereumClient client, OrderDomain domain, Address vault, Address leaseManager, TimeProvider clock, ChainMetrics? metrics = null) : IPayers
{
    // Who asks for many quotes in a row asks the node once; who has spent its money meanwhile is good for that long still.
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(3);

    // Keys cost nothing: what is remembered of them is bounded.
    private const int MostRemembered = 1_024;

    private readonly Lock gate = new();
    private readonly Dictionary<(Address Payer, Address Token), (PayerFunds Funds, long At)> remembered = [];

    /// <inheritdoc/>
    public Task<bool> HasAskedAsync(RequestTerms request, string signature, CancellationToken cancellation) =>
        HasSignedAsync(request.PaidBy(), () => domain.TypedAsk(request.ToContract()), signature, cancellation);

    /// <inheritdoc/>
    public Task<bool> HasAskedAsync(LeaseId lease, RequestTerms request, string signature, CancellationToken cancellation) =>
        HasSignedAsync(request.PaidBy(), () => domain.TypedAsk(lease.ToContract(), request.ToContract()), signature, cancellation);

    private Task<bool> HasSignedAsync(string who, Func<Eip712TypedData> what, string signature, CancellationToken cancellation) =>
        LedgerFault.WrapAsync("The payer's word", metrics, async () =>
        {
            var (payer, digest, bytes) = (Address.Parse(who), what().Digest(), Hex.Decode(signature));
            // Most payers are keys, and need no node.
            return ContractSignature.IsSignedByKey(payer, digest, bytes) || await ContractSignature.IsValidAsync(client, payer, digest, bytes, ct: cancellation);
        });

    /// <inheritdoc/>
    public async Task<PayerFunds> ReadFundsAsync(RequestTerms request, IReadOnlyList<LeaseId> promised, CancellationToken cancellation)
    {
        // A quote that was given after the funds were read was not matched in them.
        var key = (Address.Parse(request.PaidBy()), Address.Parse(request.Token));
        lock (gate)
            if (remembered.TryGetValue(key, out var known) && clock.GetElapsedTime(known.At) < Fresh) return known.Funds;
        var at = clock.GetTimestamp();
        var funds = await LedgerFault.WrapAsync("The payer's funds", metrics, () => ReadAsync(key.Item1, key.Item2, promised, cancellation));
        lock (gate)
        {
            if (remembered.Count >= MostRemembered) remembered.Clear();
            remembered[key] = (funds, at);
        }

        return funds;
    }

    private async Task<PayerFunds> ReadAsync(Address payer, Address token, IReadOnlyList<LeaseId> promised, CancellationToken cancellation)
    {
        // The leases first: what is matched between two answers counts twice, and never not at all.
        var leases = new LeasesFunction { LeaseIds = [.. promised.Select(id => id.ToContract())] };
        var (own, free) = (new TokenBalanceOf { Account = payer }, new BalanceOfFunction { Token = token, Account = payer });
        var answers = await client.Rpc.SendBatchAsync(
            [
                .. promised.Count == 0 ? [] : new[] { EthereumClient.ToRequest(leaseManager, leases) },
                EthereumClient.ToRequest(token, own), EthereumClient.ToRequest(vault, free),
            ], cancellation);
        var found = promised.Count == 0 ? [] : leases.DecodeOutput(answers[0].Get<byte[]>());
        return new PayerFunds(
            own.DecodeOutput(answers[^2].Get<byte[]>()) + free.DecodeOutput(answers[^1].Get<byte[]>()),
            promised.Zip(found).Where(pair => (LeaseState)pair.Second.State != LeaseState.None).Select(pair => pair.First).ToHashSet());
    }
}
