using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Usage;

namespace Federation.Testing.Usage;

/// <summary>True counters of pods, sampled like a scraper does, and read back by the operator.</summary>
public sealed class InMemoryUsage(PortGate gate) : IUsageSource
{
    private readonly Dictionary<(LeaseId Lease, string Pod), MeteredPod> pods = [];

    /// <summary>The store of samples cannot be read; sampling goes on.</summary>
    public bool IsDown { get; set; }

    /// <summary>Unix milliseconds that the store has got to: later samples are taken and come later.</summary>
    public long VisibleUntilMs { get; set; } = long.MaxValue;

    public IEnumerable<MeteredPod> PodsOf(LeaseId id) => pods.Where(p => p.Key.Lease == id).Select(p => p.Value);

    /// <summary>The pod runs on at full speed until now; what it holds is billed by its samples.</summary>
    public void Burn(LeaseId id, PodFact pod, long nowMs, long cpuMilli, long memoryBytes, long egressBytesPerSecond)
    {
        if (!pods.TryGetValue((id, pod.Uid), out var metered)) pods[(id, pod.Uid)] = metered = new MeteredPod(pod, nowMs);
        metered.Run(nowMs, cpuMilli, memoryBytes, egressBytesPerSecond);
    }

    public void Scrape(LeaseId id, string podUid) => pods[(id, podUid)].Sample();

    public Task<IReadOnlyList<UsageSeries>> ReadAsync(LeaseId id, IReadOnlyCollection<string> podUids, long fromMs, long throughMs, CancellationToken cancellation)
    {
        try
        {
            gate.Pass("sampling");
            if (IsDown) throw new UsageUnavailableException("Prometheus does not answer.");
            IReadOnlyList<UsageSeries> series = [.. PodsOf(id).SelectMany(p => p.Read(fromMs, Math.Min(throughMs, VisibleUntilMs)))];
            gate.Pass("sampling");
            return Task.FromResult(series);
        }
        catch (Exception error)
        {
            return Task.FromException<IReadOnlyList<UsageSeries>>(error);
        }
    }
}
