using System.Security.Authentication;
using Federation.Application.Ports;
using Federation.Chain;
using Federation.Domain.Requesting;
using Federation.Ethereum;
using Federation.Gateway;
using Federation.Host.Tenancy;

namespace Federation.Host.Doctor;

/// <summary>What a tenant buys with, and from whom: the wallet's tokens and the Vault's leave to pull them, and the gateways of the datacenters in the registry.</summary>
internal sealed class MarketLooks(TenantOptions options, IServiceProvider chain)
{
    private const string Node = "see that the chain's node runs and that pods reach it";

    // As many as are asked for quotes come in four turns, and all of these fit into the time that a look has.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private const int MostTold = 10;

    public IEnumerable<Look> All => [Look.At("tokens", Node, TokensAsync), new Look("gateways", Node, GatewaysAsync)];

    private async Task<Finding> TokensAsync(CancellationToken cancellation)
    {
        var (token, contracts, wallet) = (options.PaidWith, chain.GetRequiredService<ContractAddresses>(), chain.GetRequiredService<ITenantOrders>().Wallet);
        var funds = await chain.GetRequiredService<ITenantFunds>().ReadAsync(token, cancellation);
        if (!funds.IsTaken) return Finding.Bad("tokens", $"the Vault {contracts.Vault} does not take the token {token}: set Tenant:Token to the one in the deployment's file");
        if (funds.Spendable > 0)
            return Finding.Good("tokens", $"{funds.Spendable} smallest units of {token} can go into escrow: {funds.Vault} in the Vault, and of {funds.Wallet} in the wallet {wallet} the Vault may pull {funds.Allowance}");
        return funds.Wallet.IsZero
            ? Finding.Bad("tokens", $"{wallet} has none of {token}, in the Vault or out of it: send it some, or nothing can be bought")
            : Finding.Bad("tokens", $"{wallet} has {funds.Wallet} smallest units of {token}, and the Vault may pull none: cast send {token} 'approve(address,uint256)' {contracts.Vault} AMOUNT, with the wallet's key");
    }

    private async Task<IReadOnlyList<Finding>> GatewaysAsync(CancellationToken cancellation)
    {
        var all = await chain.GetRequiredService<IDatacenterDirectory>().ReadAsync(options.PaidWith, "", cancellation);
        var active = all.Where(c => c.IsActive).OrderByDescending(c => c.Stake).Take(QuoteChoice.MostAsked).ToArray();
        if (active.Length == 0) return [Finding.Bad("gateways", $"of {all.Count} datacenters in the registry none takes leases: compare Chain:Registry with the deployment's file, or wait for one")];
        using var slots = new SemaphoreSlim(QuoteChoice.MostAtOnce);
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false };
        if (options.Gateways.AuthorityFile.Length > 0) handler.SslOptions = new GatewayTrust(options.Gateways.AuthorityFile).Tls();
        var faults = (await Task.WhenAll(active.Select(c => FaultOfAsync(c, handler, slots, cancellation)))).OfType<string>().ToArray();
        var isAlone = faults.Length == active.Length;
        // One that is away is its administrator's matter, and others are asked. When none answers it is more likely this side's.
        var told = faults.Take(MostTold).Select(f => isAlone ? Finding.Bad("gateways", f) : Finding.Note("gateways", f));
        return isAlone ? [.. told] : [Finding.Good("gateways", $"{active.Length - faults.Length} of {active.Length} that take leases answer, on this chain and with these contracts"), .. told];
    }

    private async Task<string?> FaultOfAsync(Candidate candidate, SocketsHttpHandler handler, SemaphoreSlim slots, CancellationToken cancellation)
    {
        // Anybody may register an endpoint.
        var name = $"{Said.Sentence(candidate.Endpoint, Said.MostEndpoint)} of {candidate.Place.Provider}";
        if (!Uri.TryCreate(candidate.Endpoint, UriKind.Absolute, out var endpoint) || (endpoint.Scheme != Uri.UriSchemeHttps && !(options.Gateways.AllowHttp && endpoint.Scheme == Uri.UriSchemeHttp)))
            return $"{name} is no https address, and is never asked: its administrator mends it in the registry";
        await slots.WaitAsync(cancellation);
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            using var http = new HttpClient(handler, disposeHandler: false) { BaseAddress = endpoint, Timeout = Timeout.InfiniteTimeSpan };
            var info = await new GatewayClient(http).ReadInfoAsync(either.Token);
            var isHere = info.ChainId == options.Chain.ChainId && Address.TryParse(info.LeaseManager, out var manager) && manager == chain.GetRequiredService<ContractAddresses>().LeaseManager;
            return isHere ? null : $"{name} is on chain {info.ChainId} with the lease manager {Said.Sentence(info.LeaseManager, Said.MostWord)}, and no lease with it comes about: compare Chain:ChainId and LeaseManager with the deployment's file; where they are right, it is its administrator's to mend";
        }
        catch (GatewayException error)
        {
            return IsUntrusted(error)
                ? $"{name} has a certificate that nothing here trusts: add the authority that signed it to the ConfigMap of tenant.authorities (Tenant:Gateways:AuthorityFile)"
                : $"{name} does not answer ({Said.Sentence(error.Message)}): see that this cluster resolves its name and lets pods out to it";
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return $"{name} does not answer within {Patience.TotalSeconds:0} s: see that this cluster lets pods out to it";
        }
        finally
        {
            slots.Release();
        }
    }

    private static bool IsUntrusted(Exception? error) => error is not null && (error is AuthenticationException || IsUntrusted(error.InnerException));
}
