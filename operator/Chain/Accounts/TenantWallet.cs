using System.Numerics;
using Federation.Application.Ports;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Bindings.Market;
using Federation.Chain.Bindings.TestToken;
using Federation.Chain.Bindings.Vault;
using Federation.Chain.Mapping;
using Federation.Domain.Leases;
using Federation.Ethereum;
using VaultBalanceOf = Federation.Chain.Bindings.Vault.BalanceOfFunction;
using TokenBalanceOf = Federation.Chain.Bindings.TestToken.BalanceOfFunction;

namespace Federation.Chain.Accounts;

/// <param name="Token">ERC-20 balance, smallest units.</param>
/// <param name="Vault">In the Vault and free to lock or withdraw, smallest units.</param>
/// <param name="Allowance">What the Vault may still pull, smallest units.</param>
/// <param name="Native">Wei, for gas.</param>
public sealed record WalletBalances(BigInteger Token, BigInteger Vault, BigInteger Allowance, BigInteger Native);

/// <summary>What a tenant (or a provider's payout account) does with its own key.</summary>
public sealed class TenantWallet(ContractWriter writer, ContractAddresses contracts)
{
    public Address Address => writer.Address;

    /// <summary>Lets the Vault pull up to <paramref name="amount"/> of the token for escrow; sends nothing when it may already.</summary>
    public async Task ApproveAsync(Address token, BigInteger amount, CancellationToken cancellation)
    {
        var allowed = await writer.ReadAsync(token, new AllowanceFunction { Owner = Address, Spender = contracts.Vault }, cancellation);
        if (allowed < amount) await writer.CallAsync(token, new ApproveFunction { Spender = contracts.Vault, Value = amount }, cancellation);
    }

    /// <summary>Matches the Offer and this tenant's Request into a lease, funding its escrow, in one transaction.</summary>
    /// <param name="requestSignature">0x hex; empty when this account is the tenant itself.</param>
    /// <exception cref="ContractCallException">The contract refused; the message holds its error.</exception>
    /// <exception cref="FormatException">An address, hash or signature that is no hex.</exception>
    public Task<MatchedLease> MatchAsync(SignedOffer offer, RequestTerms request, string requestSignature, CancellationToken cancellation) =>
        MatchAsync(offer, request, requestSignature, Funding.Allowance, cancellation);

    /// <param name="funding">How the escrow comes in; see <see cref="Funding"/>.</param>
    public async Task<MatchedLease> MatchAsync(SignedOffer offer, RequestTerms request, string requestSignature, byte[] funding, CancellationToken cancellation)
    {
        var receipt = await writer.CallAsync(contracts.Market, new MatchOrdersFunction
        {
            Offer = offer.ToContract(),
            OfferSignature = Hex.Decode(offer.Signature),
            Request = request.ToContract(),
            RequestSignature = requestSignature.Length == 0 ? [] : Hex.Decode(requestSignature),
            Funding = funding,
        }, cancellation);
        return receipt.ReadMatches(contracts.LeaseManager).Single();
    }

    /// <summary>Adds escrow; anybody may.</summary>
    public Task TopUpAsync(LeaseId id, LeaseTerms terms, BigInteger amount, CancellationToken cancellation) =>
        TopUpAsync(id, terms, amount, Funding.Allowance, cancellation);

    /// <param name="funding">How the amount comes in; see <see cref="Funding"/>.</param>
    public Task TopUpAsync(LeaseId id, LeaseTerms terms, BigInteger amount, byte[] funding, CancellationToken cancellation) => writer.CallAsync(
        contracts.LeaseManager, new TopUpFunction { LeaseId = id.ToContract(), Terms = terms.ToContract(), Amount = amount, Funding = funding }, cancellation);

    /// <summary>Gives notice, or takes a reservation back; or ends what is over by time or money, for whatever reason stands.</summary>
    public Task CloseAsync(LeaseId id, LeaseTerms terms, CancellationToken cancellation) => writer.CallAsync(
        contracts.LeaseManager, new CloseFunction { LeaseId = id.ToContract(), Terms = terms.ToContract(), Expected = (byte)CloseReason.None }, cancellation);

    /// <summary>Puts another workload into the lease, inside the same resources.</summary>
    /// <returns>The terms from here on.</returns>
    public async Task<LeaseTerms> AmendSpecAsync(LeaseId id, LeaseTerms terms, string specHash, CancellationToken cancellation)
    {
        var message = new AmendSpecFunction { LeaseId = id.ToContract(), Terms = terms.ToContract(), SpecHash = Bytes32.Parse(specHash) };
        await writer.CallAsync(contracts.LeaseManager, message, cancellation);
        return terms with { SpecHash = specHash };
    }

    /// <summary>Gives a running lease the terms that its provider has signed: other resources, prices or workload.</summary>
    /// <param name="tenantSignature">0x hex; empty when this account is the tenant. Of a sponsored lease the sponsor sends it, with the tenant's signature.</param>
    /// <returns>The terms from here on.</returns>
    /// <exception cref="ContractCallException">The contract refused; after <c>SeqTooLow</c>, <c>ThroughInvalid</c>, <c>NonceWrong</c> or <c>AmendmentExpired</c> ask for it again.</exception>
    public async Task<LeaseTerms> AmendAsync(SignedAmendment amendment, string tenantSignature, CancellationToken cancellation)
    {
        await writer.CallAsync(contracts.LeaseManager, new AmendFunction
        {
            OldTerms = amendment.Terms.Old.ToContract(),
            NewTerms = amendment.Terms.New.ToContract(),
            Amendment = amendment.Terms.ToContract(),
            TenantSignature = tenantSignature.Length == 0 ? [] : Hex.Decode(tenantSignature),
            ProviderSignature = Hex.Decode(amendment.Signature),
        }, cancellation);
        return amendment.Terms.New;
    }

    /// <summary>Has paid what has matured of a lease; anybody may.</summary>
    public Task CollectAsync(LeaseId id, LeaseTerms terms, CancellationToken cancellation) =>
        writer.CallAsync(contracts.LeaseManager, new CollectFunction { LeaseId = id.ToContract(), Terms = terms.ToContract() }, cancellation);

    /// <summary>Puts tokens into the Vault ahead of a match.</summary>
    public Task DepositAsync(Address token, BigInteger amount, CancellationToken cancellation) =>
        writer.CallAsync(contracts.Vault, new DepositFunction { Token = token, Account = Address, Amount = amount }, cancellation);

    /// <summary>Takes tokens out of the Vault to this account.</summary>
    public Task WithdrawAsync(Address token, BigInteger amount, CancellationToken cancellation) =>
        writer.CallAsync(contracts.Vault, new WithdrawFunction { Token = token, Amount = amount, To = Address }, cancellation);

    /// <summary>The lease as it stands in the latest block.</summary>
    public async Task<ChainLease> ReadLeaseAsync(LeaseId id, LeaseTerms? terms, CancellationToken cancellation) =>
        (await writer.ReadAsync(contracts.LeaseManager, new LeaseFunction { LeaseId = id.ToContract() }, cancellation)).ToDomain(terms);

    /// <summary>The counter that this account's next order must carry.</summary>
    public Task<ulong> ReadCounterAsync(CancellationToken cancellation) =>
        writer.ReadAsync(contracts.Market, new CounterOfFunction { Maker = Address }, cancellation);

    /// <summary>How many leases the order has become.</summary>
    /// <param name="orderHash">Of an Offer or a Request, 0x hex.</param>
    public Task<uint> ReadFilledAsync(string orderHash, CancellationToken cancellation) =>
        writer.ReadAsync(contracts.Market, new FilledFunction { OrderHash = Bytes32.Parse(orderHash) }, cancellation);

    /// <summary>Whether its maker has cancelled the order.</summary>
    /// <param name="orderHash">Of an Offer or a Request, 0x hex.</param>
    public Task<bool> ReadCancelledAsync(string orderHash, CancellationToken cancellation) =>
        writer.ReadAsync(contracts.Market, new CancelledFunction { OrderHash = Bytes32.Parse(orderHash) }, cancellation);

    /// <param name="account">Null: this account.</param>
    public async Task<WalletBalances> ReadBalancesAsync(Address token, Address? account, CancellationToken cancellation)
    {
        var owner = account ?? Address;
        return new WalletBalances(
            await writer.ReadAsync(token, new TokenBalanceOf { Account = owner }, cancellation),
            await writer.ReadAsync(contracts.Vault, new VaultBalanceOf { Token = token, Account = owner }, cancellation),
            await writer.ReadAsync(token, new AllowanceFunction { Owner = owner, Spender = contracts.Vault }, cancellation),
            await writer.Client.GetBalanceAsync(owner, ct: cancellation));
    }
}
