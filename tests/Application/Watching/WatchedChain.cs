using Federation.Application.Watching;
using Federation.Domain.Leases;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Chain;
using Federation.Testing.Cluster;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Application.Tests.Watching;

/// <summary>A chain, a cluster, and watchers of one operator on both: each new one is its process started again.</summary>
public abstract class WatchedChain
{
    private readonly PortGate gate = new();

    protected WatchedChain() => (Chain, Cluster) = (new InMemoryChain(Clock, gate), new InMemoryCluster(gate));

    private protected FakeClock Clock { get; } = new();

    private protected InMemoryChain Chain { get; }

    private protected InMemoryCluster Cluster { get; }

    private protected LeaseId Match(int number) => Chain.Match(Some.LeaseId(number), Some.Terms, Some.Deposit);

    /// <summary>A block a second.</summary>
    private protected void Mine(int blocks)
    {
        for (var i = 0; i < blocks; i++)
        {
            Clock.Advance(TimeSpan.FromSeconds(1));
            Chain.Mine();
        }
    }

    private protected ChainWatcher NewWatcher() => new(Chain, Chain, Cluster, Cluster, new WatcherOptions(1, "0xManager", 1), Clock, NullLogger<ChainWatcher>.Instance);
}
