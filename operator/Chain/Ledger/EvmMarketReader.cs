using System.Numerics;
using Federation.Application.Ports;
using Federation.Chain.Bindings.AppRegistry;
using Federation.Chain.Bindings.DatacenterRegistry;
using Federation.Chain.Bindings.Parameters;
using Federation.Ethereum;
using Federation.Ethereum.Abi;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;

namespace Federation.Chain.Ledger;

/// <summary>Reads what a match would find: parameters, the provider's standing and stake, the app's royalty; one batch for all.</summary>
public sealed class EvmMarketReader(EthereumClient client, ContractAddresses contracts, Address provider, ChainMetrics? metrics = null) : IMarketReader
{
    /// <inheritdoc/>
    public Task<MarketStanding> ReadAsync(RequestTerms request, CancellationToken cancellation) =>
        LedgerFault.WrapAsync("The market's parameters", metrics, () => ReadAllAsync(request, cancellation));

    private async Task<MarketStanding> ReadAllAsync(RequestTerms request, CancellationToken cancellation)
    {
        var (token, auditor, app) = (Address.Parse(request.Token), Address.Parse(request.Auditor), Bytes32.Parse(request.App));
        var snapshot = new SnapshotFunction { Token = token };
        var standing = new StandingFunction { Provider = provider };
        var stake = new FreeStakeFunction { Provider = provider, Token = token };
        var attested = new AttestedFunction { Auditor = auditor, Provider = provider };
        var royalty = new RoyaltyFunction { App = app };
        var answers = await client.Rpc.SendBatchAsync(
            [
                EthereumClient.ToRequest(contracts.Parameters, snapshot), EthereumClient.ToRequest(contracts.Registry, standing), EthereumClient.ToRequest(contracts.Registry, stake),
                .. auditor.IsZero ? [] : new[] { EthereumClient.ToRequest(contracts.Registry, attested) },
                .. app == Bytes32.Zero ? [] : new[] { EthereumClient.ToRequest(contracts.Apps, royalty) },
            ], cancellation);

        var (now, own) = (snapshot.DecodeOutput(answers[0].Get<byte[]>()), standing.DecodeOutput(answers[1].Get<byte[]>()));
        return new MarketStanding(
            now.Paused,
            own.Active,
            auditor.IsZero ? own.Capabilities : attested.DecodeOutput(answers[3].Get<byte[]>()),
            now.ReturnValue2.MaturitySeconds,
            now.ReturnValue2.SliceBps,
            now.ReturnValue3.Bounty,
            stake.DecodeOutput(answers[2].Get<byte[]>()),
            app == Bytes32.Zero ? 0 : RoyaltyOf(royalty, answers[^1]));
    }

    // AppUnknown is an answer. A node's fault is not, and is thrown.
    private static uint? RoyaltyOf(RoyaltyFunction call, RpcResult answer)
    {
        if (answer.Error is { } error && error.Revert(ContractErrors.All) is not null) return null;
        return call.DecodeOutput(answer.Get<byte[]>()).RoyaltyBps;
    }
}
