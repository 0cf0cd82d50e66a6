using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Federation.Harness.Machine;

namespace Federation.Harness;

/// <summary>
/// The kernel's own count of CPU time per pod, read from the pods' cgroups many times a second: what metering is
/// compared with. What was seen last stays after a cgroup is gone, also where its node makes the pod another one after it
/// was lost, so a pod's total misses at most what it used after the last look at each.
/// </summary>
public sealed class CgroupTruth : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, TimeSpan> usage = new();
    private readonly Dictionary<string, TimeSpan> last = [];
    private readonly Lock looking = new();
    private readonly IReadOnlyList<string> folders;
    private readonly CancellationTokenSource stop = new();
    private readonly Task loop;

    /// <summary>Starts watching the pods of these datacenters.</summary>
    public CgroupTruth(IEnumerable<Datacenter> datacenters, TimeProvider? clock = null, TimeSpan? interval = null)
    {
        folders = [.. datacenters.SelectMany(datacenter => Cgroups.PodFolders("cpuacct", datacenter))];
        loop = Task.Run(() => WatchAsync(clock ?? TimeProvider.System, interval ?? TimeSpan.FromMilliseconds(50)));
    }

    /// <summary>CPU time that each pod has used so far, by pod UID; pods that are gone included.</summary>
    public IReadOnlyDictionary<string, TimeSpan> Usage => usage;

    /// <summary>CPU time of one pod; zero when its cgroup was never seen.</summary>
    public TimeSpan Of(string podUid) => usage.GetValueOrDefault(podUid);

    /// <summary>Looks once, now.</summary>
    public void Sample()
    {
        // Two looks at once could take the older one's value for that of a new cgroup.
        lock (looking)
        {
            foreach (var folder in folders.Where(Directory.Exists))
            {
                foreach (var pod in Directory.EnumerateDirectories(folder, "pod*"))
                    if (Read(pod) is { } time) Add(Path.GetFileName(pod)[3..], time);
            }
        }
    }

    // A cgroup's count never falls: a lower one is another cgroup's, which counts from zero.
    private void Add(string pod, TimeSpan time)
    {
        var before = last.GetValueOrDefault(pod);
        usage.AddOrUpdate(pod, time, (_, sum) => sum + time - (time < before ? TimeSpan.Zero : before));
        last[pod] = time;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await loop;
        stop.Dispose();
    }

    private async Task WatchAsync(TimeProvider clock, TimeSpan interval)
    {
        using var timer = new PeriodicTimer(interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stop.Token)) SampleUnlessGone();
        }
        catch (OperationCanceledException)
        {
            SampleUnlessGone();
        }
    }

    private void SampleUnlessGone()
    {
        try
        {
            Sample();
        }
        catch (DirectoryNotFoundException)
        {
            // The list of pods went while it was read: the next look is soon.
        }
    }

    private static TimeSpan? Read(string pod)
    {
        try
        {
            return Cgroups.IsVersion2 ? ReadVersion2(pod) : RoundUp(ReadNumber(Path.Combine(pod, "cpuacct.usage")));
        }
        catch (IOException)
        {
            return null; // The pod went between listing and reading.
        }
    }

    // Up: cut to whole ticks of 100 ns, the truth would be below what exact metering read from the same counter.
    private static TimeSpan RoundUp(long nanoseconds) =>
        TimeSpan.FromTicks((nanoseconds + TimeSpan.NanosecondsPerTick - 1) / TimeSpan.NanosecondsPerTick);

    private static TimeSpan ReadVersion2(string pod)
    {
        var line = File.ReadLines(Path.Combine(pod, "cpu.stat")).First(text => text.StartsWith("usage_usec ", StringComparison.Ordinal));
        return TimeSpan.FromMicroseconds(long.Parse(line["usage_usec ".Length..], CultureInfo.InvariantCulture));
    }

    private static long ReadNumber(string path)
    {
        using var file = File.OpenHandle(path);
        Span<byte> buffer = stackalloc byte[32];
        var length = RandomAccess.Read(file, buffer, 0);
        return long.Parse(Encoding.ASCII.GetString(buffer[..length]), CultureInfo.InvariantCulture);
    }
}
