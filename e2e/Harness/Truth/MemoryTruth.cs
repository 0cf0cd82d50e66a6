using System.Collections.Concurrent;
using System.Globalization;
using Federation.Harness.Machine;

namespace Federation.Harness;

/// <summary>
/// The kernel's own count of the memory of a datacenter's pods, read from their cgroups many times a second: what is in use, without the
/// pages of files that it would give up first. Between two looks it may have been anything: so there is a least and a most.
/// </summary>
public sealed class MemoryTruth : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentDictionary<string, List<(long AtMs, long Bytes)>> looks = new();
    private readonly IReadOnlyList<string> folders;
    private readonly TimeProvider clock;
    private readonly CancellationTokenSource stop = new();
    private readonly Task loop;

    /// <summary>Starts watching the pods that are there and those to come.</summary>
    public MemoryTruth(Datacenter datacenter, TimeProvider? clock = null)
    {
        (folders, this.clock) = (Cgroups.PodFolders("memory", datacenter), clock ?? TimeProvider.System);
        loop = Task.Run(WatchAsync);
    }

    /// <summary>What a pod held from its first look on until a time, by the lower and by the higher of each two looks.</summary>
    /// <param name="throughMs">Unix milliseconds.</param>
    public (double Least, double Most) MiBSeconds(string podUid, long throughMs)
    {
        var (least, most) = (0.0, 0.0);
        if (!looks.TryGetValue(podUid, out var seen)) return (least, most);
        lock (seen)
            foreach (var (one, next) in seen.Zip(seen.Skip(1)))
            {
                // Two looks may be in one millisecond.
                if (one.AtMs >= throughMs) break;
                var ms = Math.Min(next.AtMs, throughMs) - one.AtMs;
                least += Math.Min(one.Bytes, next.Bytes) * (double)ms;
                most += Math.Max(one.Bytes, next.Bytes) * (double)ms;
            }

        return (least / 1000 / (1 << 20), most / 1000 / (1 << 20));
    }

    /// <summary>The most that a look found, MiB.</summary>
    public double PeakMiB(string podUid)
    {
        if (!looks.TryGetValue(podUid, out var seen)) return 0;
        lock (seen) return seen.Max(s => s.Bytes) / (double)(1 << 20);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await loop;
        stop.Dispose();
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stop.Token)) Look();
        }
        catch (OperationCanceledException)
        {
            // Nobody asks any more.
        }
    }

    private void Look()
    {
        foreach (var pod in folders.SelectMany(PodsIn))
        {
            if (Read(pod) is not { } bytes) continue;
            var seen = looks.GetOrAdd(Path.GetFileName(pod)[3..], _ => []);
            lock (seen) seen.Add((clock.GetUtcNow().ToUnixTimeMilliseconds(), bytes));
        }
    }

    private static string[] PodsIn(string folder)
    {
        try
        {
            return Directory.Exists(folder) ? Directory.GetDirectories(folder, "pod*") : [];
        }
        catch (DirectoryNotFoundException)
        {
            return []; // The list went while it was read: the next look is soon.
        }
    }

    private static long? Read(string pod)
    {
        try
        {
            var used = Number(File.ReadAllText(Path.Combine(pod, Cgroups.IsVersion2 ? "memory.current" : "memory.usage_in_bytes")));
            var file = Cgroups.IsVersion2 ? "inactive_file " : "total_inactive_file ";
            var line = File.ReadLines(Path.Combine(pod, "memory.stat")).First(text => text.StartsWith(file, StringComparison.Ordinal));
            return Math.Max(0, used - Number(line[file.Length..]));
        }
        catch (IOException)
        {
            return null; // The pod went between listing and reading.
        }
    }

    private static long Number(string text) => long.Parse(text.AsSpan().Trim(), CultureInfo.InvariantCulture);
}
