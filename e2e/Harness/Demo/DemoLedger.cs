using System.Numerics;
using Federation.Chain.Bindings.DatacenterRegistry;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;

namespace Federation.Harness.Demo;

/// <summary>Reads the demo's leases back from the chain alone: events and balances, nothing that an operator says.</summary>
internal sealed class DemoLedger(LocalFederation federation, DemoChain chain) : IDisposable
{
    private readonly JsonRpcClient rpc = new(new Uri(federation.AnvilUrl));

    // Slashed stake that goes to nobody stays in the Vault under this address, as the registry's contract has it.
    private static readonly Address Burned = Address.Parse("0x000000000000000000000000000000000000dEaD");

    private EthereumClient Client => new(rpc);

    public async Task<LeaseRow> RowAsync(DemoLease lease, double truthSeconds, CancellationToken cancellation)
    {
        var state = await chain.Wallet.ReadLeaseAsync(lease.Id, lease.Terms, cancellation);
        var settled = await LastAsync<LeaseSettledEventDTO>(lease.Id, cancellation);
        var closed = await LastAsync<LeaseClosedEventDTO>(lease.Id, cancellation);
        var matched = (await EventsAsync<LeaseMatchedEventDTO>(lease.Id, cancellation)).Single();
        var topUps = await EventsAsync<LeaseToppedUpEventDTO>(lease.Id, cancellation);
        var usage = settled is null ? UsageVector.Zero : new UsageVector(
            settled.Usage.CpuMilliSeconds, settled.Usage.MemoryMiBSeconds, settled.Usage.StorageMiBSeconds,
            settled.Usage.EgressKiB, settled.Usage.GpuMilliSecondsA, settled.Usage.GpuMilliSecondsB);
        return new LeaseRow(
            lease.Story.Name,
            lease.Id.Hex,
            lease.Datacenter.Name,
            state.State == LeaseState.Closed ? state.Reason.ToString() : state.State.ToString(),
            truthSeconds,
            usage.CpuMilliSeconds / 1000.0,
            usage.GpuMilliSecondsA,
            topUps.Aggregate(matched.Escrow, (sum, t) => sum + t.Amount),
            Accrual.Price(lease.Terms.Prices, usage),
            state.Paid,
            closed?.Refund ?? BigInteger.Zero,
            state.Escrow + state.Ring.Pending + state.Frozen) { Earned = Earned(lease.Terms, state, settled, usage) };
    }

    // By the Domain's arithmetic, of what the event says was claimed for: nothing of it is the contract's own sum.
    private static BigInteger Earned(LeaseTerms terms, ChainLease state, LeaseSettledEventDTO? settled, UsageVector usage)
    {
        var due = settled is null ? BigInteger.Zero : BigInteger.Min(
            Accrual.Due(terms, usage, settled.DownSeconds), terms.StartFee + Accrual.RateCap(terms.Prices, terms.Resources, Math.Min((long)settled.Through, state.EndsAt > 0 ? state.EndsAt : long.MaxValue) - state.ActivatedAt));
        return BigInteger.Max(due, state.State == LeaseState.Closed ? terms.MinCharge : 0) - state.Disallowed;
    }

    /// <summary>Waits until the match has the depth that the demo's operators wait for: one block on top.</summary>
    public async Task WaitForConfirmationAsync(DemoLease lease, CancellationToken cancellation)
    {
        while (await Client.GetBlockNumberAsync(cancellation) <= lease.MatchedBlock) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellation);
        lease.ConfirmedAt = TimeProvider.System.GetUtcNow();
    }

    public async Task<DemoReport> ReportAsync(IReadOnlyList<LeaseRow> rows, IReadOnlyList<string> refusals, IReadOnlyDictionary<string, double> figures, CancellationToken cancellation)
    {
        return new DemoReport(rows, refusals, await BalancesAsync(cancellation), figures);
    }

    /// <summary>Who holds what in the Vault, beside what leases hold.</summary>
    public async Task<DemoBalances> BalancesAsync(CancellationToken cancellation)
    {
        var (earned, staked, free) = (BigInteger.Zero, BigInteger.Zero, BigInteger.Zero);
        foreach (var payout in chain.Payouts.Values) earned += await VaultOfAsync(payout, cancellation);
        foreach (var provider in chain.Providers.Values.Select(p => p.Signer.Address))
        {
            staked += (await Client.CallAsync(chain.Contracts.Registry, new StakePoolFunction { Provider = provider, Token = chain.Token }, ct: cancellation)).Assets;
            free += await Client.CallAsync(chain.Contracts.Registry, new FreeStakeFunction { Provider = provider, Token = chain.Token }, ct: cancellation);
        }

        return new DemoBalances(
            (await chain.Wallet.ReadBalancesAsync(chain.Token, chain.Contracts.Vault, cancellation)).Token,
            await VaultOfAsync(chain.Tenant.Signer.Address, cancellation), earned, await VaultOfAsync(chain.Author.Signer.Address, cancellation),
            await VaultOfAsync(chain.Treasury, cancellation), staked, free, DemoChain.Stake * chain.Providers.Count, await VaultOfAsync(Burned, cancellation));
    }

    /// <summary>What is free in the Vault for an account, smallest units.</summary>
    public async Task<BigInteger> VaultOfAsync(Address account, CancellationToken cancellation) =>
        (await chain.Wallet.ReadBalancesAsync(chain.Token, account, cancellation)).Vault;

    public void Dispose() => rpc.Dispose();

    private async Task<T?> LastAsync<T>(LeaseId id, CancellationToken cancellation)
        where T : class, Ethereum.Abi.IEventDTO<T>
    {
        var events = await EventsAsync<T>(id, cancellation);
        return events.Count == 0 ? null : events[^1];
    }

    /// <summary>Every event of one kind that the lease manager emitted for the lease, oldest first.</summary>
    public async Task<IReadOnlyList<T>> EventsAsync<T>(LeaseId id, CancellationToken cancellation)
        where T : Ethereum.Abi.IEventDTO<T>
    {
        var filter = LogFilter.ForEvent<T>(chain.Contracts.LeaseManager, Bytes32.Parse(id.Hex)) with { FromBlock = BlockParameter.AtNumber(chain.Contracts.BlockNumber), ToBlock = BlockParameter.Latest };
        return [.. (await Client.GetLogsAsync(filter, cancellation)).DecodeAllEvents<T>().Select(e => e.Event)];
    }
}
