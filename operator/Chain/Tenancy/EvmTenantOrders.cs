using System.Numerics;
using System.Security.Cryptography;
using Federation.Application.Ports;
using Federation.Chain.Bindings.Market;
using Federation.Chain.Ledger;
using Federation.Chain.Mapping;
using Federation.Chain.Signing;
using Federation.Domain.Leases;
using Federation.Ethereum;
using Federation.Ethereum.Abi;
using Federation.Ethereum.Client;
using Federation.Ethereum.Signing;

namespace Federation.Chain.Tenancy;

/// <summary>Orders of the wallet's key, for one market.</summary>
public sealed class EvmTenantOrders(EthereumClient client, ISigner signer, OrderDomain orders, LeaseDomain leases) : ITenantOrders, ITenantAmendments
{
    // So that no two Requests of one wallet are the same, whatever else they say.
    private const int SaltBytes = 16;

    private readonly OrderSigner own = new(signer, orders);

    /// <inheritdoc/>
    public string Wallet => signer.Address.ToString();

    /// <inheritdoc/>
    public Task<PreparedOrder> PrepareAsync(RequestTerms draft, CancellationToken cancellation) => OrWhyNotAsync(async () =>
    {
        var request = await FilledAsync(draft, cancellation);
        return new PreparedOrder(request, Become(request), await own.SignAskAsync(request, cancellation));
    });

    /// <inheritdoc/>
    public Task<PreparedOrder> PrepareAsync(LeaseId lease, RequestTerms draft, CancellationToken cancellation) => OrWhyNotAsync(async () =>
    {
        var request = await FilledAsync(draft, cancellation);
        return new PreparedOrder(request, lease, await own.SignAskAsync(lease, request, cancellation));
    });

    /// <inheritdoc/>
    public LeaseId? LeaseOf(RequestTerms request)
    {
        try
        {
            return Become(request);
        }
        catch (Exception e) when (e is FormatException or OverflowException or AbiException or ArgumentException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public string? FaultOf(SignedOffer offer, RequestTerms request, string operatorKey) => own.FaultOf(offer, request, Address.Parse(operatorKey));

    /// <inheritdoc/>
    public string? FaultOf(SignedAmendment amendment, LeaseId lease, LeaseTerms terms, RequestTerms asked, string operatorKey) =>
        AmendmentSigner.FaultOf(leases, amendment, lease, terms, asked, Address.Parse(operatorKey));

    private LeaseId Become(RequestTerms request) => LeaseMapping.LeaseIdOf(Bytes32.Parse(own.HashOf(request)), 0).ToLeaseId();

    private async Task<RequestTerms> FilledAsync(RequestTerms draft, CancellationToken cancellation)
    {
        var counter = await LedgerFault.WrapAsync("The wallet's order counter", null, () => client.CallAsync(orders.Market, new CounterOfFunction { Maker = signer.Address }, ct: cancellation));
        return draft with { Tenant = Wallet, Counter = counter, Salt = new BigInteger(RandomNumberGenerator.GetBytes(SaltBytes), isUnsigned: true) };
    }

    private static async Task<T> OrWhyNotAsync<T>(Func<Task<T>> prepare)
    {
        try
        {
            return await prepare();
        }
        catch (SignerUnavailableException e)
        {
            throw new TenantKeyException($"The wallet's key cannot sign: {e.Message}", e);
        }
    }
}
