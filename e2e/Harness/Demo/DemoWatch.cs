using System.Text.Json;
using Federation.Domain.Leases;
using Federation.Domain.Settlement;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Models;

namespace Federation.Harness.Demo;

/// <summary>Looks at the leases as they run: phases for the live table, pods for the comparison with the kernel.</summary>
internal sealed class DemoWatch(DemoTenant tenant, DemoChain chain, CgroupTruth truth, TimeProvider clock) : IDisposable
{
    private readonly Dictionary<string, KubernetesClient> clients = [];

    public async Task LookAsync(IReadOnlyList<DemoLease> leases, CancellationToken cancellation)
    {
        foreach (var lease in leases)
        {
            await LookAtPodsAsync(lease, cancellation);
            var state = await chain.Wallet.ReadLeaseAsync(lease.Id, lease.Terms, cancellation);
            lease.Note = "";
            if (await tenant.ReadAsync(lease, cancellation) is { } seen) Take(lease, seen);
            if (state.State == LeaseState.Closed) lease.Phase = $"Closed ({state.Reason})";
            else if (state.State == LeaseState.Closing) lease.Phase = $"Closing ({state.Reason})";
            if (state.State == LeaseState.Closing) lease.TruthAtEnd ??= TruthAtAsync(lease, DateTimeOffset.FromUnixTimeSeconds(state.EndsAt), cancellation);
        }
    }

    /// <summary>Which ended leases still owe their provider, or lock its stake; null when none does.</summary>
    public async Task<string?> FindUnpaidAsync(IReadOnlyList<DemoLease> leases, CancellationToken cancellation)
    {
        foreach (var lease in leases)
            if (Collection.IsOpen(await chain.Wallet.ReadLeaseAsync(lease.Id, lease.Terms, cancellation), lease.Terms)) return $"{lease.Story.Name} is not paid out";
        return null;
    }

    /// <summary>CPU-seconds of the lease's pods up to its last paid second, by the kernel.</summary>
    public Task<double> TruthOfAsync(DemoLease lease) => lease.TruthAtEnd ?? Task.FromResult(Sum(lease));

    // What runs after the last paid second is the datacenter's own time: the comparison ends there too.
    private async Task<double> TruthAtAsync(DemoLease lease, DateTimeOffset end, CancellationToken cancellation)
    {
        var left = end - clock.GetUtcNow();
        if (left > TimeSpan.Zero) await Task.Delay(left, clock, cancellation);
        return Sum(lease);
    }

    private double Sum(DemoLease lease) => lease.PodUids.Sum(uid => truth.Of(uid).TotalSeconds);

    /// <summary>Waits, without the pace of the table, until the first pod of the lease runs; that time is one of the figures.</summary>
    public async Task WaitForPodAsync(DemoLease lease, CancellationToken cancellation)
    {
        var begin = clock.GetTimestamp();
        while (lease.RunningSince is null)
        {
            if (clock.GetElapsedTime(begin) > DemoDatacenter.Patience)
                throw new HarnessException($"{lease.Story.Name}: no pod of its lease at {lease.Datacenter.Name} runs: {(await tenant.ReadAsync(lease, cancellation))?.ToString() ?? "there is no ComputeLease"}");
            await LookAtPodsAsync(lease, cancellation);
            await Task.Delay(TimeSpan.FromMilliseconds(50), clock, cancellation);
        }
    }

    public void Dispose()
    {
        foreach (var client in clients.Values) client.Dispose();
    }

    private async Task LookAtPodsAsync(DemoLease lease, CancellationToken cancellation)
    {
        var pods = await Client(lease.Datacenter.Site).Resource<V1Pod>().ListAsync(lease.Id.Namespace, cancellationToken: cancellation);
        foreach (var pod in pods.Items)
        {
            lease.PodUids.Add(pod.Metadata.Uid!);
            if (pod.Status?.Phase == "Running") lease.RunningSince ??= clock.GetUtcNow();
        }
    }

    private static void Take(DemoLease lease, JsonElement seen)
    {
        if (!seen.TryGetProperty("status", out var status)) return;
        if (status.TryGetProperty("phase", out var phase)) lease.Phase = phase.GetString()!;
        if (!status.TryGetProperty("conditions", out var conditions)) return;
        var ready = conditions.EnumerateArray().FirstOrDefault(c => c.GetProperty("type").GetString() == "Ready");
        if (ready.ValueKind == JsonValueKind.Object && ready.GetProperty("status").GetString() != "True") lease.Note = ready.GetProperty("reason").GetString()!;
    }

    private KubernetesClient Client(Datacenter datacenter)
    {
        lock (clients)
        {
            if (!clients.TryGetValue(datacenter.Name, out var client))
                clients[datacenter.Name] = client = new KubernetesClient(KubernetesClientConfiguration.Load(datacenter.KubeconfigPath));
            return client;
        }
    }
}
