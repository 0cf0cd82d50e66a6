using System.Globalization;
using Federation.Application.Ports;
using Federation.Chain.Accounts;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Bindings.Market;
using Federation.Chain.Ledger;
using Federation.Chain.Mapping;
using Federation.Chain.Sending;
using Federation.Chain.Signing;
using Federation.Domain.Leases;
using Federation.Domain.Requesting;
using Federation.Ethereum;
using Federation.Ethereum.Abi;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;

namespace Federation.Chain.Tenancy;

/// <summary>
/// A tenant's intents to transactions of its wallet. Escrow comes out of the wallet's Vault balance and what the Vault may pull: the key
/// approves nothing itself, so that these two are the most that it puts into escrow.
/// </summary>
public sealed class EvmTenantTransactions(EthereumClient client, TransactionSender sender, ContractAddresses contracts) : ITenantTransactions, ISentTransactions
{
    /// <inheritdoc/>
    public async Task<TenantOutcome> SubmitAsync(TenantIntent intent, CancellationToken cancellation)
    {
        var purpose = PurposeOf(intent);
        try
        {
            // An earlier term sent it: what that comes to is the outcome.
            if (await sender.TakeAdoptedAsync([purpose], cancellation) is { } adopted) return Told(await adopted.Outcome.WaitAsync(cancellation));
            var (contract, message) = CallOf(intent);
            var outcome = await sender.SendAsync(contract, message, cancellation, [purpose], Maturing.SpareGas(message));
            // An order becomes one lease: that it is there is what was wanted.
            if (intent is MatchIntent && ContractErrors.Says(outcome.Error, LeaseExistsError.Error)) return Told(outcome with { Error = null });
            return Told(outcome.Error is { } error ? outcome with { Error = Explained(error) } : outcome);
        }
        catch (ClusterException e)
        {
            return NotSent($"What was sent before cannot be read, and nothing is sent beside it: {e.Message}");
        }
        catch (SignerUnavailableException e)
        {
            return NotSent(e.Message);
        }
        catch (Exception e) when (e is RpcTransportException or RpcResponseException)
        {
            return NotSent($"The node could not be asked: {e.Message}");
        }
        catch (Exception e) when (e is AbiException or FormatException or OverflowException)
        {
            return NotSent($"It does not fit the contract: {e.Message}");
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SentTransaction>?> RecallAsync(IReadOnlyCollection<LeaseId> leases, CancellationToken cancellation)
    {
        if (leases.Count == 0) return [];
        try
        {
            var sent = await sender.RecallAsync(cancellation);
            return [.. sent.SelectMany(s => s.Purposes.Select(p => Read(p, s))).OfType<SentTransaction>().Where(t => leases.Contains(t.Lease))];
        }
        catch (Exception e) when (e is ClusterException or RpcTransportException or RpcResponseException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public bool MayTakeEffect(TenantIntent intent) => sender.MayBeMined([PurposeOf(intent)]);

    /// <inheritdoc/>
    public Task<MatchFault?> TryAsync(MatchIntent intent, CancellationToken cancellation) => LedgerFault.WrapAsync<MatchFault?>("Whether an offer can be taken", null, async () =>
    {
        if ((await client.GetBalanceAsync(sender.Address, ct: cancellation)).IsZero)
            return new MatchFault($"The wallet {sender.Address} has nothing to pay gas with: send it some of the chain's coin.", IsOurs: true);
        try
        {
            var (contract, message) = CallOf(intent);
            await client.CallAsync(EthereumClient.ToInput(contract, message, sender.Address), ct: cancellation);
            return null;
        }
        catch (RpcResponseException e) when (ContractErrors.Explain(e) is not null || e.IsRevert)
        {
            var error = ContractErrors.Explain(e) ?? e.RpcMessage;
            return ContractErrors.Says(error, LeaseExistsError.Error) ? null : new MatchFault(Explained(error), IsOfWallet(error));
        }
        catch (Exception e) when (e is AbiException or FormatException or OverflowException)
        {
            return new MatchFault($"It does not fit the contract: {e.Message}", IsOurs: false);
        }
    });

    private (Address Contract, FunctionMessage Message) CallOf(TenantIntent intent) => intent switch
    {
        MatchIntent match => (contracts.Market, new MatchOrdersFunction
        {
            Offer = match.Offer.ToContract(), OfferSignature = Hex.Decode(match.Offer.Signature), Request = match.Request.ToContract(), RequestSignature = [], Funding = Funding.Allowance,
        }),
        TopUpIntent more => (contracts.LeaseManager, new TopUpFunction { LeaseId = more.Lease.ToContract(), Terms = more.Terms.ToContract(), Amount = more.Amount, Funding = Funding.Allowance }),
        AmendSpecIntent spec => (contracts.LeaseManager, new AmendSpecFunction { LeaseId = spec.Lease.ToContract(), Terms = spec.Terms.ToContract(), SpecHash = Bytes32.Parse(spec.SpecHash) }),
        AmendIntent amend => (contracts.LeaseManager, new AmendFunction
        {
            OldTerms = amend.Amendment.Terms.Old.ToContract(), NewTerms = amend.Amendment.Terms.New.ToContract(), Amendment = amend.Amendment.Terms.ToContract(),
            TenantSignature = [], ProviderSignature = Hex.Decode(amend.Amendment.Signature),
        }),
        EndIntent end => (contracts.LeaseManager, new CloseFunction { LeaseId = end.Lease.ToContract(), Terms = end.Terms.ToContract(), Expected = 0 }),
        _ => throw new ArgumentException($"No transaction is known for {intent.GetType().Name}.", nameof(intent)),
    };

    // Of one kind a lease has one transaction after the other; those that may come several times tell themselves apart.
    private static string PurposeOf(TenantIntent intent) => intent switch
    {
        TopUpIntent more => $"top up {more.Lease} {more.Funded.ToString(CultureInfo.InvariantCulture)}",
        AmendSpecIntent spec => $"amend {spec.Lease} {spec.SpecHash}",
        AmendIntent amend => $"amend {amend.Lease} {amend.Amendment.Terms.Nonce}",
        EndIntent end => $"end {end.Lease}",
        _ => $"match {intent.Lease}",
    };

    // The other way round.
    private static SentTransaction? Read(string purpose, RecalledTransaction sent)
    {
        var words = purpose.Split(' ');
        PurchaseAction? action = words switch
        {
            ["match", _] => PurchaseAction.Match,
            ["top", "up", _, _] => PurchaseAction.TopUp,
            ["amend", _, { Length: 66 }] => PurchaseAction.AmendSpec,
            ["amend", _, _] => PurchaseAction.Amend,
            ["end", _] => PurchaseAction.Close,
            _ => null,
        };
        return action is { } known && words.FirstOrDefault(w => LeaseId.TryParse(w, out _)) is { } lease ? new SentTransaction(LeaseId.Parse(lease), known, sent.Hash.ToString(), sent.Error) : null;
    }

    private static TenantOutcome Told(SendOutcome outcome) => new(outcome.Hash?.ToString(), outcome.Error);

    private static TenantOutcome NotSent(string error) => new(null, error);

    private static bool IsOfWallet(string error) => error.Contains("InsufficientAllowance", StringComparison.Ordinal) || error.Contains("InsufficientBalance", StringComparison.Ordinal);

    private string Explained(string error) => IsOfWallet(error)
        ? $"{error}. The wallet {sender.Address} needs tokens, and the Vault leave to pull them: cast send {contracts.Token?.ToString() ?? "TOKEN"} 'approve(address,uint256)' {contracts.Vault} AMOUNT."
        : error;
}
