using Federation.Application.Ports;
using Federation.Application.Settings;
using Federation.Chain.Accounts;
using Federation.Chain.Ledger;
using Federation.Chain.Options;
using Federation.Chain.Sending;
using Federation.Chain.Signing;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;
using Federation.Ethereum.Signing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Federation.Chain.Tenancy;

/// <summary>How a tenant's host takes this room in.</summary>
public static class TenantRegistration
{
    /// <summary>Ledger, directory, orders and transactions on one chain and one wallet.</summary>
    /// <param name="sending">Fees and patience, where they may change; else those of the options.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all of them.</exception>
    public static IServiceCollection AddTenantChainRoom(this IServiceCollection services, ChainOptions options, Live<SendingOptions>? sending = null)
    {
        sending ??= options.Sending;
        var faults = string.Join(' ', options.TenantFaults());
        if (faults.Length > 0) throw new ArgumentException(faults, nameof(options));
        var contracts = options.Addresses();
        services.AddSingleton(contracts).AddSingleton<IHasher, KeccakHasher>().AddSingleton<ChainMetrics>();
        services.AddSingleton(s => new NodeGroup(
            [.. options.FallbackRpcUrls.Prepend(options.RpcUrl!).Select(url => (url.Authority, (IJsonRpcClient)new JsonRpcClient(url, time: s.GetRequiredService<TimeProvider>())))],
            s.GetRequiredService<ILogger<NodeGroup>>()));
        services.AddSingleton<IJsonRpcClient>(s => s.GetRequiredService<NodeGroup>()).AddSingleton<ILedgerNodes>(s => s.GetRequiredService<NodeGroup>());
        services.AddSingleton<EthereumClient>();
        services.AddSingleton(s => new WatchedSigner(OperatorKey.Open(options), s.GetRequiredService<TimeProvider>())).AddSingleton<ISigner>(s => s.GetRequiredService<WatchedSigner>());
        services.AddSingleton(s => new TransactionSender(
            s.GetRequiredService<EthereumClient>(), options.ChainId, s.GetRequiredService<ISigner>(), sending,
            s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<TransactionSender>>(), s.GetRequiredService<ChainMetrics>(), s.GetRequiredService<ISendFence>()) { OneOfEach = true });
        services.AddSingleton<ISenderAccount>(s => new SenderAccount(
            s.GetRequiredService<EthereumClient>(), s.GetRequiredService<WatchedSigner>(), sending, s.GetRequiredService<ChainMetrics>(), s.GetRequiredService<TransactionSender>()));
        services.AddSingleton(s => new EvmTenantOrders(
            s.GetRequiredService<EthereumClient>(), s.GetRequiredService<ISigner>(), new OrderDomain(options.ChainId, contracts.Market), new LeaseDomain(options.ChainId, contracts.LeaseManager)));
        services.AddSingleton<ITenantOrders>(s => s.GetRequiredService<EvmTenantOrders>()).AddSingleton<ITenantAmendments>(s => s.GetRequiredService<EvmTenantOrders>());
        services.AddSingleton(s => new EvmTenantTransactions(s.GetRequiredService<EthereumClient>(), s.GetRequiredService<TransactionSender>(), contracts));
        services.AddSingleton<ITenantTransactions>(s => s.GetRequiredService<EvmTenantTransactions>()).AddSingleton<ISentTransactions>(s => s.GetRequiredService<EvmTenantTransactions>());
        services.AddSingleton<ITenantFunds>(s => new EvmTenantFunds(s.GetRequiredService<EthereumClient>(), s.GetRequiredService<ISigner>(), contracts));
        services.AddSingleton<IDatacenterDirectory>(s => new EvmDatacenterDirectory(s.GetRequiredService<EthereumClient>(), contracts.Registry, s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<EvmDatacenterDirectory>>()));
        services.AddSingleton<IGatewayDirectory>(s => new EvmGatewayDirectory(s.GetRequiredService<EthereumClient>(), contracts.Registry)).AddSingleton<ISignInKey>(s => new SignInKey(s.GetRequiredService<ISigner>()));
        services.AddSingleton<ILeaseTermsReader>(s => new EvmLeaseTermsReader(s.GetRequiredService<EthereumClient>(), contracts.LeaseManager, options.LogRange, s.GetRequiredService<ILogger<EvmLeaseTermsReader>>()));
        services.AddSingleton(s => new EvmLeaseArchive(s.GetRequiredService<EthereumClient>(), contracts, options.LogRange, s.GetRequiredService<ILogger<EvmLeaseArchive>>()));
        return services.AddSingleton<ILeaseLedger>(s => new EvmLeaseLedger(
            // Leases are asked for by their ids: of no provider in particular.
            s.GetRequiredService<EthereumClient>(), ChainRegistration.Ledger(options, contracts, Address.Zero), s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<ILogger<EvmLeaseLedger>>(), s.GetRequiredService<ChainMetrics>()));
    }
}
