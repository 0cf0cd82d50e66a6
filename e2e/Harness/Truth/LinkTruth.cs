using System.Globalization;
using System.Text.Json;
using Federation.Harness.Machine;

namespace Federation.Harness;

/// <summary>
/// What a pod sent, by the kernel's count at the other end of its cable: what the node received there. The largest value seen stays after the
/// cable is gone, so it misses at most what was sent after the last look.
/// </summary>
public sealed class LinkTruth : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly string devices;
    private readonly string link;
    private readonly CancellationTokenSource stop = new();
    private readonly Task loop;
    private long bytes;

    private LinkTruth(string devices, string link)
    {
        (this.devices, this.link) = (devices, link);
        loop = Task.Run(WatchAsync);
    }

    /// <summary>Bytes that the pod has sent so far.</summary>
    public long Bytes => Interlocked.Read(ref bytes);

    /// <summary>Starts watching a pod that runs.</summary>
    public static async Task<LinkTruth> OfAsync(LocalFederation federation, Datacenter datacenter, string podUid, CancellationToken ct)
    {
        var kubelet = Parts.ProcessId(federation, $"{datacenter.Name}/kubelet") ?? throw new HarnessException($"the kubelet of {datacenter.Name} does not run");
        var process = new[] { "kubepods", "kubepods/burstable", "kubepods/besteffort" }.SelectMany(quality => Cgroups.ProcessIds($"{datacenter.CgroupRoot}/{quality}/pod{podUid}")).First();
        var inside = await Command.RunAsync("nsenter", [$"--net=/proc/{process}/ns/net", "ip", "-j", "link", "show", "eth0"], ct);
        var other = JsonSerializer.Deserialize<JsonElement>(inside)[0].GetProperty("link_index").GetInt32();
        var all = await Command.RunAsync("ip", ["-n", datacenter.Parts.NetworkNamespace, "-j", "link"], ct);
        var link = JsonSerializer.Deserialize<JsonElement>(all).EnumerateArray().Single(l => l.GetProperty("ifindex").GetInt32() == other).GetProperty("ifname").GetString()!;
        return new LinkTruth($"/proc/{kubelet}/net/dev", link);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await loop;
        stop.Dispose();
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(Interval, TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(stop.Token)) Look();
        }
        catch (OperationCanceledException)
        {
            // Nobody asks any more.
        }
    }

    // "  veth1234: RECEIVED packets ...": what the node received there is what the pod sent.
    private void Look()
    {
        if (File.ReadLines(devices).FirstOrDefault(line => line.TrimStart().StartsWith($"{link}:", StringComparison.Ordinal)) is not { } found) return;
        var received = found.Split(':')[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        Interlocked.Exchange(ref bytes, Math.Max(Bytes, long.Parse(received, CultureInfo.InvariantCulture)));
    }
}
