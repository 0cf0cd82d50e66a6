using System.Numerics;
using Federation.Application.Ports;
using Federation.Chain.Accounts;
using Federation.Chain.Options;
using Federation.Chain.Sending;
using Federation.Chain.Signing;
using Federation.Chain.Tenancy;
using Federation.Cli.Commands;
using Federation.Cli.Output;
using Federation.Cli.Reading;
using Federation.Ethereum;
using Federation.Ethereum.Signing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Cli.Buying;

/// <summary>The wallet with its key: what it signs, sends and has.</summary>
internal sealed class Purse : IDisposable
{
    private static readonly SendingOptions Usual = new() { PollInterval = TimeSpan.FromMilliseconds(500) };

    private readonly ChainDoor chain;
    private readonly TransactionSender sender;
    private readonly EvmTenantTransactions transactions;

    public Purse(ChainDoor chain, ISigner signer, TimeProvider clock)
    {
        this.chain = chain;
        sender = new TransactionSender(chain.Client, chain.ChainId, signer, Usual, clock, NullLogger<TransactionSender>.Instance);
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
    /// <exception cref="CliException">The wallet has too little, or nobody gave leave; what lacks is said.</exception>
    public async Task FundAsync(Call call, Address token, BigInteger amount, bool mayApprove)
    {
        var wallet = new TenantWallet(Writer, chain.Contracts);
        var units = await chain.UnitsAsync(token, call.Cancellation);
        var has = await wallet.ReadBalancesAsync(token, null, call.Cancellation);
        if (has.Native.IsZero) throw new CliException(ExitCodes.Underfunded, $"The wallet {wallet.Address} has nothing to pay gas with: send it some of the chain's coin.");
        var missing = BigInteger.Max(0, amount - has.Vault);
        if (missing > has.Token)
            throw new CliException(ExitCodes.Underfunded, $"{units.Show(amount)} go into escrow; the wallet {wallet.Address} has {units.Show(has.Vault)} in the Vault and {units.Show(has.Token)} beside it: {units.Show(missing - has.Token)} lack.");
        if (missing <= has.Allowance) return;
        if (!mayApprove)
            throw new CliException(ExitCodes.Underfunded, $"The Vault may pull {units.Show(has.Allowance)} of {units.Show(missing)} that it needs: give it leave for that sum with --approve.");
        await call.Progress.WhileAsync("Giving the Vault leave to pull the escrow…", async _ =>
        {
            await wallet.ApproveAsync(token, missing, call.Cancellation);
            return true;
        });
        call.Progress.Done($"The Vault may pull {units.Show(missing)}.");
    }

    /// <exception cref="CliException">The contract would refuse it, as it is now.</exception>
    public async Task TryAsync(MatchIntent intent, CancellationToken cancellation)
    {
        if (await transactions.TryAsync(intent, cancellation) is { } fault) throw new CliException(fault.IsOurs ? ExitCodes.Underfunded : ExitCodes.Refused, $"The offer cannot be taken: {fault.Error}");
    }

    /// <exception cref="CliException">It did not take effect; why is said.</exception>
    public async Task SendAsync(Call call, string what, TenantIntent intent)
    {
        if (await call.Progress.WhileAsync(what + "…", _ => transactions.SubmitAsync(intent, call.Cancellation)) is { } error)
            throw new CliException(CommandLine.IsShort(error) ? ExitCodes.Underfunded : error.Contains("node could not be asked", StringComparison.Ordinal) ? ExitCodes.ChainUnreachable : ExitCodes.Refused, $"{what} failed: {error}");
    }

    public void Dispose() => sender.Dispose();
}
