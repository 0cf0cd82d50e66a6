using System.Numerics;
using Federation.Application.Ports;
using Federation.Chain;
using Federation.Chain.Accounts;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Bindings.Market;
using Federation.Chain.Options;
using Federation.Chain.Sending;
using Federation.Chain.Signing;
using Federation.Chain.Tenancy;
using Federation.Cli.Commands;
using Federation.Cli.Output;
using Federation.Cli.Reading;
using Federation.Domain.Leases;
using Federation.Ethereum;
using Federation.Ethereum.JsonRpc;
using Federation.Ethereum.Signing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Cli.Buying;

/// <summary>The wallet with its key: what it signs, sends and has.</summary>
internal sealed class Purse : IDisposable
{
    private static readonly SendingOptions Usual = new() { PollInterval = TimeSpan.FromMilliseconds(500) };

    // Beside this one there may be another command, or the tenant's operator, with the same wallet: some blocks' time.
    private static readonly TimeSpan YieldsFor = TimeSpan.FromSeconds(60);

    // Of several nodes behind one address one may be some blocks behind.
    private static readonly TimeSpan NodePatience = TimeSpan.FromSeconds(15);

    private const string OrderLife = "a minute and a half after it was asked for";

    private static readonly string[] DoubtfulWords = ["Not mined", "did not take the transaction", "node could not be asked", "was used by another transaction", "does not fit the contract"];

    private readonly ChainDoor chain;
    private readonly TransactionSender sender;
    private readonly EvmTenantTransactions transactions;

    public Purse(ChainDoor chain, ISigner signer, TimeProvider clock)
    {
        this.chain = chain;
        sender = new TransactionSender(chain.Client, chain.ChainId, signer, Usual, clock, NullLogger<TransactionSender>.Instance) { YieldsFor = YieldsFor };
        transactions = new EvmTenantTransactions(chain.Client, sender, chain.Contracts);
        Writer = new ContractWriter(chain.Client, sender);
        Orders = new EvmTenantOrders(chain.Client, signer, new OrderDomain(chain.ChainId, chain.Contracts.Market), new LeaseDomain(chain.ChainId, chain.Contracts.LeaseManager));
    }

    public ContractWriter Writer { get; }

    public EvmTenantOrders Orders { get; }

    public static async Task<Purse> OpenAsync(Call call) => new(await call.ChainAsync(), call.Wallet.Open(), call.Here.Clock);

    /// <summary>Looks whether the Vault can get at so much, and with leave lets it.</summary>
    /// <param name="amount">Smallest units that go into escrow.</param>
    /// <param name="mayApprove">Let the Vault pull what its own balance lacks: that sum, and no more.</param>
    /// <returns>Whether it was let just now: a node that is a block behind does not know of it.</returns>
    /// <exception cref="CliException">The wallet has too little, or nobody gave leave; what lacks is said.</exception>
    public async Task<bool> FundAsync(Call call, Address token, BigInteger amount, bool mayApprove)
    {
        var wallet = new TenantWallet(Writer, chain.Contracts);
        var units = await chain.UnitsAsync(token, call.Cancellation);
        var has = await wallet.ReadBalancesAsync(token, null, call.Cancellation);
        if (has.Native.IsZero) throw new CliException(ExitCodes.Underfunded, $"The wallet {wallet.Address} has nothing to pay gas with: send it some of the chain's coin.");
        var missing = BigInteger.Max(0, amount - has.Vault);
        if (missing > has.Token)
            throw new CliException(ExitCodes.Underfunded, $"{units.Show(amount)} go into escrow; the wallet {wallet.Address} has {units.Show(has.Vault)} in the Vault and {units.Show(has.Token)} beside it: {units.Show(missing - has.Token)} lack.");
        if (missing <= has.Allowance) return false;
        if (!mayApprove)
            throw new CliException(ExitCodes.Underfunded, $"The Vault may pull {units.Show(has.Allowance)} of {units.Show(missing)} that it needs: give it leave for that sum with --approve.");
        await call.Progress.WhileAsync("Giving the Vault leave to pull the escrow…", async _ =>
        {
            await wallet.ApproveAsync(token, missing, call.Cancellation);
            return true;
        });
        call.Progress.Done($"The Vault may pull {units.Show(missing)}.");
        return true;
    }

    /// <param name="isJustFunded">What it says of the wallet's money may be of a block ago.</param>
    /// <exception cref="CliException">The contract would refuse it, as it is now.</exception>
    public async Task TryAsync(Call call, MatchIntent intent, bool isJustFunded)
    {
        for (var since = call.Here.Clock.GetTimestamp(); await transactions.TryAsync(intent, call.Cancellation) is { } fault; await Task.Delay(Usual.PollInterval, call.Here.Clock, call.Cancellation))
            if (!fault.IsOurs || !isJustFunded || call.Here.Clock.GetElapsedTime(since) > NodePatience)
                throw new CliException(fault.IsOurs ? ExitCodes.Underfunded : ExitCodes.Refused, $"The offer cannot be taken: {fault.Error}") { IsOvertaken = IsOvertaken(fault.Error) };
    }

    /// <exception cref="CliException">It did not take effect, or nobody knows whether it did; which, and why, is said.</exception>
    public async Task SendAsync(Call call, string what, TenantIntent intent)
    {
        if ((await call.Progress.WhileAsync(what + "…", _ => transactions.SubmitAsync(intent, call.Cancellation))).Error is not { } error) return;
        // A node that says no may have passed it on, and one that went silent may have it mined: the chain is asked what came of it.
        if (intent is MatchIntent match && await IsThereAsync(match.Lease, call.Cancellation)) return;
        if (CommandLine.IsShort(error)) throw new CliException(ExitCodes.Underfunded, $"{what} failed: {error}");
        if (!IsDoubtful(error)) throw new CliException(ExitCodes.Refused, $"{what} failed: {error}") { IsOvertaken = IsOvertaken(error) };
        throw new CliException(ExitCodes.Timeout, intent is MatchIntent
            ? $"Nobody knows yet whether lease {intent.Lease} is rented: {error}\nLook with kubectl compute get {intent.Lease}, and do not create again before it is certain: that could rent twice. The order is over {OrderLife}."
            : $"{what}: nobody knows yet whether it took effect: {error}\nLook with kubectl compute describe {intent.Lease} before it is sent again.");
    }

    // Offers hold for a minute. A settlement is mined whenever the datacenter likes, another amendment whenever another program of the wallet does; what was signed before, or too long ago, is void.
    private static bool IsOvertaken(string error) =>
        new[] { SeqTooLowError.Error, ThroughInvalidError.Error, AmendmentExpiredError.Error, NonceWrongError.Error, TermsDifferError.Error, OrderExpiredError.Error }.Any(e => ContractErrors.Says(error, e));

    // How the sender says that something was, or may have been, handed to a node.
    internal static bool IsDoubtful(string error) =>
        DoubtfulWords.Any(w => error.Contains(w, StringComparison.Ordinal));

    private async Task<bool> IsThereAsync(LeaseId lease, CancellationToken cancellation)
    {
        try
        {
            return await chain.Archive.FindAsync(lease, cancellation) is not null;
        }
        catch (Exception e) when (e is LedgerException or RpcTransportException or RpcResponseException)
        {
            return false;
        }
    }

    public void Dispose() => sender.Dispose();
}
