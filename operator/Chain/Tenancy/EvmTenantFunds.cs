using Federation.Application.Ports;
using Federation.Chain.Bindings.TestToken;
using Federation.Chain.Bindings.Vault;
using Federation.Chain.Ledger;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Federation.Ethereum.Signing;
using VaultBalanceOf = Federation.Chain.Bindings.Vault.BalanceOfFunction;
using TokenBalanceOf = Federation.Chain.Bindings.TestToken.BalanceOfFunction;

namespace Federation.Chain.Tenancy;

/// <summary>Asks token and Vault for what the wallet's key has.</summary>
public sealed class EvmTenantFunds(EthereumClient client, ISigner signer, ContractAddresses contracts) : ITenantFunds
{
    /// <inheritdoc/>
    public Task<TenantFunds> ReadAsync(string token, CancellationToken cancellation) => LedgerFault.WrapAsync("The wallet's tokens", null, async () =>
    {
        var (paid, owner, vault) = (Address.Parse(token), signer.Address, contracts.Vault);
        // What is no token has no balances to ask for.
        if (!await client.CallAsync(vault, new IsAllowedFunction { Token = paid }, ct: cancellation)) return new TenantFunds(0, 0, 0, IsTaken: false);
        return new TenantFunds(
            await client.CallAsync(paid, new TokenBalanceOf { Account = owner }, ct: cancellation),
            await client.CallAsync(vault, new VaultBalanceOf { Token = paid, Account = owner }, ct: cancellation),
            await client.CallAsync(paid, new AllowanceFunction { Owner = owner, Spender = vault }, ct: cancellation),
            IsTaken: true);
    });
}
