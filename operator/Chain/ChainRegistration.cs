using Federation.Application.Ports;
using Federation.Application.Settings;
using Federation.Chain.Accounts;
using Federation.Chain.Ledger;
using Federation.Chain.Options;
using Federation.Chain.Sending;
using Federation.Chain.Signing;
using Federation.Chain.Tenancy;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;
using Federation.Ethereum.Signing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Federation.Chain;

/// <summary>How a host takes this room in.</summary>
public static class ChainRegistration
{
    /// <summary>Ledgers, transactions, market and payer readers, offer and export signers and hasher on one node and one key.</summary>
    /// <param name="sending">Fees and patience, where they may change; else those of the options.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all of them.</exception>
    public static IServiceCollection AddChainRoom(this IServiceCollection services, ChainOptions options, Live<SendingOptions>? sending = null)
    {
        sending ??= options.Sending;
        var faults = string.Join(' ', options.Faults());
        if (faults.Length > 0) throw new ArgumentException(faults, nameof(options));
        var contracts = options.Addresses();
        var provider = Address.Parse(options.Provider);
        var orders = new OrderDomain(options.ChainId, contracts.Market);

        services.AddSingleton(contracts).AddSingleton(orders).AddSingleton(new LeaseDomain(options.ChainId, contracts.LeaseManager)).AddSingleton<ChainMetrics>();
        services.AddSingleton<IHasher, KeccakHasher>();
        services.AddSingleton(s => new NodeGroup(
            [.. options.FallbackRpcUrls.Prepend(options.RpcUrl!).Select(url => (url.Authority, (IJsonRpcClient)new JsonRpcClient(url, time: s.GetRequiredService<TimeProvider>())))],
            s.GetRequiredService<ILogger<NodeGroup>>()));
        services.AddSingleton<IJsonRpcClient>(s => s.GetRequiredService<NodeGroup>()).AddSingleton<ILedgerNodes>(s => s.GetRequiredService<NodeGroup>());
        services.AddSingleton<EthereumClient>();
        if (options.WebSocketUrl is { } socket) services.AddSingleton<IHeadHints>(s => new NodeHeads(socket, s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<NodeHeads>>()));
        services.AddSingleton(s => new WatchedSigner(OperatorKey.Open(options), s.GetRequiredService<TimeProvider>())).AddSingleton<ISigner>(s => s.GetRequiredService<WatchedSigner>());
        services.AddSingleton(s => new TransactionSender(
            s.GetRequiredService<EthereumClient>(), options.ChainId, s.GetRequiredService<ISigner>(), sending,
            s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<TransactionSender>>(), s.GetRequiredService<ChainMetrics>(), s.GetService<ISendFence>()) { GivesWay = true });
        services.AddSingleton<ILeaseTransactions>(s => new EvmLeaseTransactions(
            s.GetRequiredService<EthereumClient>(), contracts.LeaseManager, contracts.Market, contracts.Results, s.GetRequiredService<TransactionSender>(), s.GetRequiredService<ChainMetrics>(),
            // A view is as old as its confirmations, and as what a look takes.
            new NewestTerms(s.GetRequiredService<EthereumClient>(), contracts.LeaseManager, options.LogRange, options.Confirmations + options.LogRange, s.GetRequiredService<ILogger<NewestTerms>>())));
        services.AddSingleton<ISenderAccount>(s => new SenderAccount(
            s.GetRequiredService<EthereumClient>(), s.GetRequiredService<WatchedSigner>(), sending, s.GetRequiredService<ChainMetrics>(), s.GetRequiredService<TransactionSender>()));
        services.AddSingleton<IGasPrice>(s => new GasPrice(s.GetRequiredService<EthereumClient>(), sending, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IOfferSigner>(s => new EvmOfferSigner(
            s.GetRequiredService<ISigner>(), orders, provider, s.GetRequiredService<EthereumClient>()));
        services.AddSingleton<IExportSigner>(s => new ExportSigner(s.GetRequiredService<ISigner>(), s.GetRequiredService<LeaseDomain>()));
        services.AddSingleton<IAmendmentSigner>(s => new AmendmentSigner(s.GetRequiredService<ISigner>(), s.GetRequiredService<LeaseDomain>()));
        services.AddSingleton<IReceiptSigner>(s => new ReceiptSigner(
            s.GetRequiredService<ISigner>(), s.GetRequiredService<LeaseDomain>(), s.GetRequiredService<EthereumClient>(), s.GetRequiredService<ChainMetrics>()));
        services.AddSingleton<IReaderProof>(s => new ReaderProof(
            s.GetRequiredService<EthereumClient>(), options.ChainId, s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ChainMetrics>()));
        services.AddSingleton<ISignInWords>(s => new SignInWords(s.GetRequiredService<EthereumClient>(), s.GetRequiredService<ChainMetrics>()));
        services.AddSingleton<IPayers>(s => new EvmPayers(
            s.GetRequiredService<EthereumClient>(), orders, contracts.Vault, contracts.LeaseManager, s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ChainMetrics>()));
        services.AddSingleton(s => new EvmPostLedger(
            s.GetRequiredService<EthereumClient>(), orders, options.LogRange, s.GetRequiredService<ILogger<EvmPostLedger>>(), s.GetRequiredService<ChainMetrics>()));
        services.AddSingleton<IPostLedger>(s => s.GetRequiredService<EvmPostLedger>()).AddSingleton<IBidReader>(s => s.GetRequiredService<EvmPostLedger>());
        services.AddSingleton<IMarketReader>(s => new EvmMarketReader(
            s.GetRequiredService<EthereumClient>(), contracts, provider, s.GetRequiredService<ChainMetrics>()));
        services.AddSingleton<IRegistryReader>(s => new EvmRegistryReader(
            s.GetRequiredService<EthereumClient>(), contracts, provider, s.GetRequiredService<ISigner>().Address, s.GetRequiredService<ChainMetrics>()));
        services.AddSingleton<IResultLedger>(s => new EvmResultLedger(s.GetRequiredService<EthereumClient>(), contracts.Results, s.GetRequiredService<ChainMetrics>()));
        services.AddSingleton(s => new EvmLeaseLedger(
            s.GetRequiredService<EthereumClient>(), Ledger(options, contracts, provider), s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<ILogger<EvmLeaseLedger>>(), s.GetRequiredService<ChainMetrics>()));
        services.AddSingleton<IEarningsLedger>(s => s.GetRequiredService<EvmLeaseLedger>());
        services.AddSingleton<ISettlements>(s => new EvmSettlements(
            new EvmLeaseArchive(s.GetRequiredService<EthereumClient>(), contracts, options.LogRange, s.GetRequiredService<ILogger<EvmLeaseArchive>>())));
        return services.AddSingleton<ILeaseLedger>(s => s.GetRequiredService<EvmLeaseLedger>()).AddSingleton<ILeaseActivity>(s => s.GetRequiredService<EvmLeaseLedger>());
    }

    internal static LedgerOptions Ledger(ChainOptions options, ContractAddresses contracts, Address provider) =>
        new(options.ChainId, contracts.LeaseManager, contracts.Market, provider)
        {
            Confirmations = options.Confirmations,
            FinalizedDepth = options.FinalizedDepth,
            LeaseManagerCodeHash = HashOf(options.LeaseManagerCodeHash),
            MarketCodeHash = HashOf(options.MarketCodeHash),
            Vault = contracts.Vault,
            VaultCodeHash = HashOf(options.VaultCodeHash),
            Registry = contracts.Registry,
            RegistryCodeHash = HashOf(options.RegistryCodeHash),
            Parameters = contracts.Parameters,
            Apps = contracts.Apps,
            Results = contracts.Results,
            LogRange = options.LogRange,
        };

    private static Bytes32? HashOf(string text) => text.Length == 0 ? null : Bytes32.Parse(text);
}
