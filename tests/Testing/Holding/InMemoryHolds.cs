using Federation.Application.Ports;
using Federation.Domain.Placement;

namespace Federation.Testing.Holding;

/// <summary>The object in the cluster that holds lie in. Each process opens it for itself and remembers what it saw.</summary>
public sealed class InMemoryHolds(PortGate? gate = null)
{
    private readonly PortGate gate = gate ?? new PortGate();
    private int version;
    private long term;

    public IReadOnlyList<Hold> Stored { get; private set; } = [];

    public int Writes => version;

    /// <summary>Called right before a write is looked at: somebody may be faster.</summary>
    public Action? BeforeWrite { get; set; }

    public IHoldStore Open(long ownTerm = 1) => new Handle(this, ownTerm);

    private HoldList List => new(Stored, version == 0 ? "" : $"{version}");

    private sealed class Handle(InMemoryHolds cluster, long ownTerm) : IHoldStore
    {
        private HoldList? last;

        // As the real one: the same list, where it is the same.
        public Task<HoldList> ReadAsync(bool fresh, CancellationToken cancellation) => Run(() => last is null || (fresh && last.Version != cluster.List.Version) ? last = cluster.List : last);

        public Task<bool> TryWriteAsync(HoldList seen, IReadOnlyList<Hold> holds, CancellationToken cancellation) => Run(() =>
        {
            cluster.BeforeWrite?.Invoke();
            if (last is null || last.Version != seen.Version || seen.Version != cluster.List.Version)
            {
                last = null;
                return false;
            }

            if (cluster.term > ownTerm) throw new ClusterException("TermOver", "A later term has the holds.", isTransient: true);
            (cluster.Stored, cluster.term) = (holds, ownTerm);
            cluster.version++;
            last = cluster.List;
            return true;
        });

        private Task<T> Run<T>(Func<T> call)
        {
            try
            {
                cluster.gate.Pass();
                var answer = call();
                cluster.gate.Pass();
                return Task.FromResult(answer);
            }
            catch (Exception error)
            {
                return Task.FromException<T>(error);
            }
        }
    }
}
