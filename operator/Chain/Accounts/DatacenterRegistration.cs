using System.Numerics;
using Federation.Chain.Bindings;
using Federation.Chain.Bindings.DatacenterRegistry;
using Federation.Chain.Bindings.TestToken;
using Federation.Chain.Ledger;
using Federation.Chain.Mapping;
using Federation.Ethereum;
using Federation.Ethereum.Abi;
using Prices = Federation.Domain.Pricing.Prices;

namespace Federation.Chain.Accounts;

/// <param name="Operator">Session key: signs Offers and receipts, activates, settles.</param>
/// <param name="Payout">Earnings are credited to it.</param>
/// <param name="Capabilities">Bit map.</param>
/// <param name="Endpoint">Address of its gateway, http or https, at most 256 bytes.</param>
/// <param name="Region">At most 64 bytes.</param>
public sealed record RegistryEntry(Address Operator, Address Payout, BigInteger Capabilities, string Endpoint, string Region);

/// <summary>A datacenter's entry in the registry, written with the provider's own key.</summary>
public sealed class DatacenterRegistration(ContractWriter writer, Address registry)
{
    /// <summary>The entry as it stands; null for a provider that never registered.</summary>
    /// <exception cref="ContractCallException">It cannot be read.</exception>
    public async Task<Datacenter?> ReadAsync(Address provider, CancellationToken cancellation)
    {
        var found = await writer.ReadAsync(registry, new DatacenterFunction { Provider = provider }, cancellation);
        return found.Operator.IsZero ? null : found;
    }

    /// <summary>Makes the entry say this; sends nothing when it does already.</summary>
    /// <returns>True when a transaction was needed.</returns>
    /// <exception cref="ContractCallException">The registry refused, e.g. because the endpoint is too long.</exception>
    public async Task<bool> EnsureAsync(RegistryEntry wanted, CancellationToken cancellation)
    {
        var found = await ReadAsync(writer.Address, cancellation);
        if (found is not null && wanted == new RegistryEntry(found.Operator, found.Payout, found.Capabilities, found.Endpoint, found.Region)) return false;
        FunctionMessage message = found is null
            ? new RegisterFunction { Operator = wanted.Operator, Payout = wanted.Payout, Capabilities = wanted.Capabilities, Endpoint = wanted.Endpoint, Region = wanted.Region }
            : new UpdateFunction { Operator = wanted.Operator, Payout = wanted.Payout, Capabilities = wanted.Capabilities, Endpoint = wanted.Endpoint, Region = wanted.Region };
        await writer.CallAsync(registry, message, cancellation);
        return true;
    }

    /// <summary>Whether new leases may be matched with this provider.</summary>
    public Task SetActiveAsync(bool active, CancellationToken cancellation) =>
        writer.CallAsync(registry, new SetActiveFunction { Active = active }, cancellation);

    /// <summary>Makes the provider's own pool hold at least this much stake; sends nothing when it does already.</summary>
    /// <param name="amount">Smallest units, from this account's Vault balance or ERC-20 balance.</param>
    /// <returns>True when stake was added.</returns>
    /// <exception cref="ContractCallException">The registry refused, or the account has too little.</exception>
    public async Task<bool> EnsureStakeAsync(Address token, BigInteger amount, CancellationToken cancellation)
    {
        var pool = await writer.ReadAsync(registry, new StakePoolFunction { Provider = writer.Address, Token = token }, cancellation);
        var missing = amount - pool.Assets;
        if (missing <= 0) return false;
        var vault = await writer.ReadAsync(registry, new VaultFunction(), cancellation);
        await writer.CallAsync(token, new ApproveFunction { Spender = vault, Value = missing }, cancellation);
        await writer.CallAsync(registry, new StakeFunction { Provider = writer.Address, Token = token, Amount = missing, Funding = Funding.Allowance }, cancellation);
        return true;
    }

    /// <summary>Publishes the prices; sends nothing when they stand there already.</summary>
    /// <param name="gpuClassA">Keccak-256 of the class's canonical text; zero: none.</param>
    /// <returns>The price book's content address.</returns>
    public async Task<Bytes32> PublishPriceBookAsync(Address token, Bytes32 gpuClassA, Bytes32 gpuClassB, Prices prices, CancellationToken cancellation)
    {
        var message = new PublishPriceBookFunction { Token = token, GpuClassA = gpuClassA, GpuClassB = gpuClassB, Prices = prices.ToContract() };
        var address = PriceBookCall.HashOf(message);
        if ((await ReadAsync(writer.Address, cancellation))?.PriceBook != address) await writer.CallAsync(registry, message, cancellation);
        return address;
    }
}
