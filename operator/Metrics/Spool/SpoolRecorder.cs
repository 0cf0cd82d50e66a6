using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Federation.Metrics.Spool;

/// <summary>Looks at the node's pods many times a second, and keeps of each the first look, one every so often, and the last.</summary>
internal sealed class SpoolRecorder(SpoolOptions options, NodeCgroups node, SpoolLog spool, TimeProvider clock, ILogger<SpoolRecorder> log) : BackgroundService
{
    private const long FlushMs = 1000;

    // A disk that is full for long must not fill the memory as well: what counters show then, later samples have too.
    private const int MostUnwritten = 10_000;

    private readonly Dictionary<string, Watched> watched = new(StringComparer.Ordinal);
    private readonly List<SpoolSample> unwritten = [];
    private readonly SpoolWatch watch = new(spool.Last);
    private long flushedMs;
    private string? blind;

    /// <summary>Why pods are not seen, or samples not kept, at the moment; null while they are.</summary>
    public string? Problem { get; private set; }

    /// <summary>Looks once, and once a second has what it saw on the disk.</summary>
    public void Look()
    {
        var now = SpoolMoment.Now(clock);
        try
        {
            var seen = node.Pods(options.CgroupRoot).ToHashSet(StringComparer.Ordinal);
            // What is there and does not show itself was not seen: then this was no look.
            var isWhole = seen.Count(path => Look(path) || !node.IsThere(path)) == seen.Count;
            foreach (var gone in watched.Keys.Except(seen).ToArray()) End(gone);
            if (isWhole) watch.Look(now);
            blind = isWhole ? null : "A pod's cgroup is there and cannot be read.";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            blind = e.Message;
        }

        if (Now - flushedMs >= FlushMs) Flush();
    }

    public override void Dispose()
    {
        foreach (var path in watched.Keys.ToArray()) End(path);
        Flush();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Every, clock);
        try
        {
            do Look();
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What was seen last is written when this is disposed of.
        }
    }

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    private bool Look(string path)
    {
        if (node.CpuNanoSeconds(path) is not { } cpu) return false;
        var at = Now;
        if (!watched.TryGetValue(path, out var pod)) watched[path] = pod = new Watched(new SpooledPod(path, "", ""));
        if (pod.Pod.Namespace.Length == 0) pod.Pod = Named(pod.Pod);
        // A clock that was set back: nothing is kept until it is past what it said before.
        if (at <= pod.Last?.AtMs) return true;
        pod.Last = new SpoolSample(pod.Pod, at, cpu, null);
        if (pod.KeptMs > 0 && at - pod.KeptMs < (long)options.Step.TotalMilliseconds) return true;
        Keep(pod, pod.Last with { WorkingSet = node.WorkingSet(path) });
        return true;
    }

    private void End(string path)
    {
        if (!watched.Remove(path, out var pod)) return;
        if (pod.Last is { } last && last.AtMs > pod.KeptMs) Keep(pod, last);
    }

    private void Keep(Watched pod, SpoolSample sample)
    {
        pod.KeptMs = sample.AtMs;
        if (unwritten.Count < MostUnwritten) unwritten.Add(sample);
        else watch.Lose();
    }

    // NAMESPACE_NAME_UID, made before anything of the pod runs; neither of the first two has a low line.
    private SpooledPod Named(SpooledPod pod)
    {
        if (PodCgroup.Parse(pod.Path, options.CgroupRoot) is not { } cgroup || !Directory.Exists(options.PodLogs)) return pod;
        var folder = Directory.EnumerateDirectories(options.PodLogs, $"*_{cgroup.PodUid}").Select(Path.GetFileName).FirstOrDefault();
        return folder?.Split('_') is [var space, var name, _] ? pod with { Namespace = space, Name = name } : pod;
    }

    private void Flush()
    {
        flushedMs = Now;
        try
        {
            spool.Append(unwritten, flushedMs, watch.Pending);
            unwritten.Clear();
            watch.Clear();
            if (blind is null && Problem is not null) log.LogInformation("Samples are kept again.");
            if (blind is not null && Problem is null) log.LogError("Pods are not seen: {Error} See that {Cgroups} has the node's cgroups, and that the spool runs as root.", blind, options.Cgroups);
            Problem = blind;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (Problem is null) log.LogError("Samples are not kept: {Error} Make room in {Folder}, or mend its rights.", e.Message, options.Folder);
            Problem = e.Message;
        }
    }

    private sealed class Watched(SpooledPod pod)
    {
        public SpooledPod Pod { get; set; } = pod;

        public SpoolSample? Last { get; set; }

        public long KeptMs { get; set; }
    }
}
