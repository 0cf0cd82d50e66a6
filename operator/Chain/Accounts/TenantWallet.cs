using System.Numerics;
using Federation.Application.Ports;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Bindings.TestToken;
using Federation.Chain.Bindings.Vault;
using Federation.Chain.Mapping;
using Federation.Chain.Signing;
using Federation.Domain.Leases;
using Federation.Ethereum;
using Federation.Ethereum.Client;
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
    public async Task<MatchedLease> MatchAsync(SignedOffer offer, RequestTerms request, string requestSignature, CancellationToken cancellation)
    {
        var receipt = await writer.CallAsync(contracts.LeaseManager, new MatchOrdersFunction
        {
            Offer = offer.ToContract(),
            OfferSignature = Hex.Decode(offer.Signature),
            Request = request.ToContract(),
            RequestSignature = requestSignature.Length == 0 ? [] : Hex.Decode(requestSignature),
        }, cancellation);
        var match = receipt.Logs.Where(l => l.Address == contracts.LeaseManager).DecodeAllEvents<LeaseMatchedEventDTO>().Single().Event;
        return new MatchedLease(match.LeaseId.ToLeaseId(), match.Terms.ToDomain(), receipt.BlockNumber);
    }

    /// <summary>Adds escrow; anybody may.</summary>
    public Task TopUpAsync(LeaseId id, LeaseTerms terms, BigInteger amount, CancellationToken cancellation) =>
        writer.CallAsync(contracts.LeaseManager, new TopUpFunction { LeaseId = id.ToContract(), Terms = terms.ToContract(), Amount = amount }, cancellation);

    /// <summary>Gives notice, or takes a reservation back.</summary>
    public Task CloseAsync(LeaseId id, LeaseTerms terms, CancellationToken cancellation) =>
        writer.CallAsync(contracts.LeaseManager, new CloseFunction { LeaseId = id.ToContract(), Terms = terms.ToContract() }, cancellation);

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
        writer.ReadAsync(contracts.LeaseManager, new CounterOfFunction { Maker = Address }, cancellation);

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
