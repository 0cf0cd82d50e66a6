using System.Globalization;
using System.Text;

namespace Federation.Metrics.Spool;

/// <summary>
/// The samples of a node on its disk: files that are only ever appended to, each some minutes long, the oldest removed when they are
/// older or together larger than is kept. A start begins a new file, so that nothing follows what a crash has torn. Thread-safe.
/// </summary>
internal sealed class SpoolLog : IDisposable
{
    private const long SegmentMs = 300_000;
    private const string Suffix = ".spool";

    private readonly string folder;
    private readonly long keepMs;
    private readonly long mostBytes;
    private readonly List<SpoolSegment> segments;
    private readonly Lock gate = new();
    private readonly List<SpoolSpan> seen = [];
    private FileStream? file;
    private SpoolMoment? last;
    private long forgottenMs = long.MinValue;

    /// <exception cref="IOException">The folder cannot be used.</exception>
    public SpoolLog(string folder, TimeSpan keep, long mostBytes)
    {
        (this.folder, keepMs, this.mostBytes) = (folder, (long)keep.TotalMilliseconds, mostBytes);
        Directory.CreateDirectory(folder);
        segments = [.. Directory.EnumerateFiles(folder, $"*{Suffix}").Order(StringComparer.Ordinal).Select(SpoolSegment.Load)];
        foreach (var look in segments.SelectMany(s => s.Looks)) Note(look);
        if (segments.Count > 0) forgottenMs = segments[0].FirstLookMs;
    }

    /// <summary>The last look that is on the disk, also of a run before; null when there is none.</summary>
    public SpoolMoment? Last
    {
        get
        {
            lock (gate) return last;
        }
    }

    /// <summary>What it cannot vouch for of (from, through], for people; null when no pod of the node was missed in it.</summary>
    public string? Lack(long fromMs, long throughMs)
    {
        lock (gate)
        {
            if (seen.FindLast(s => s.FromMs <= throughMs && s.ThroughMs >= throughMs) is { } span)
                return Math.Max(span.FromMs, forgottenMs) is var begin && begin <= fromMs ? null : $"this spool has seen every pod of its node since {Text(begin)}, and not before";
            return seen.FindLast(s => s.ThroughMs < throughMs) is { } before
                ? $"this spool has seen every pod of its node through {Text(before.ThroughMs)}, and not after"
                : "this spool has seen nothing of its node by then";
        }
    }

    /// <summary>Writes them and has them on the disk when it returns.</summary>
    /// <param name="look">What is vouched for with them, and by which look; null: nothing.</param>
    /// <exception cref="IOException">They are not kept; what was before is.</exception>
    public void Append(IReadOnlyList<SpoolSample> samples, long nowMs, (IReadOnlyList<SpoolSpan> Spans, SpoolMoment Last)? look = null)
    {
        lock (gate)
        {
            Tidy(nowMs);
            SpoolLook[] looks = [.. (look?.Spans ?? []).Select(s => new SpoolLook(s, look!.Value.Last))];
            if (samples.Count == 0 && looks.Length == 0) return;
            if (file is not null && nowMs - segments[^1].FirstMs >= SegmentMs) Close();
            file ??= Create(nowMs);
            var segment = segments[^1];
            try
            {
                var bytes = Encoding.UTF8.GetBytes($"{Lines(segment, samples)}{string.Concat(looks.Select(SpoolLine.Look))}");
                file.Write(bytes);
                file.Flush(flushToDisk: true);
                segment.Length += bytes.Length;
            }
            catch
            {
                // What of it got onto the disk is torn: as after a crash, nothing may follow it.
                Close();
                Drop(segment);
                throw;
            }

            foreach (var one in looks)
            {
                segment.Note(one);
                Note(one);
            }
        }
    }

    /// <returns>Pods with samples in (from, through].</returns>
    public IReadOnlyList<SpooledPod> PodsIn(long fromMs, long throughMs)
    {
        lock (gate) return [.. segments.SelectMany(s => s.PodsIn(fromMs, throughMs)).GroupBy(p => p.Path).Select(Newest)];
    }

    /// <returns>Samples of these pods in (from, through], in the order in which they were taken.</returns>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public IEnumerable<SpoolSample> Read(IReadOnlySet<string> paths, long fromMs, long throughMs)
    {
        (string Path, long Length)[] files;
        lock (gate) files = [.. segments.Where(s => s.PodsIn(fromMs, throughMs).Any(p => paths.Contains(p.Path))).Select(s => (s.Path, s.Length))];
        foreach (var (path, length) in files)
        {
            IEnumerable<SpoolSample> read;
            try
            {
                read = SpoolSegment.Read(path, length, paths, fromMs, throughMs);
            }
            catch (FileNotFoundException)
            {
                continue; // Its time has come in between.
            }

            foreach (var sample in read) yield return sample;
        }
    }

    public void Dispose()
    {
        lock (gate) Close();
    }

    // A pod's namespace may be known later than the pod.
    private static SpooledPod Newest(IEnumerable<SpooledPod> same) => same.Last();

    private static string Lines(SpoolSegment segment, IReadOnlyList<SpoolSample> samples)
    {
        var text = new StringBuilder();
        foreach (var sample in samples)
        {
            var number = segment.NumberOf(sample.Pod, out var isNew);
            if (isNew) text.Append(SpoolLine.Pod(sample.Pod));
            text.Append(SpoolLine.Sample(number, sample));
            segment.Note(number, sample.AtMs);
        }

        return text.ToString();
    }

    private FileStream Create(long nowMs)
    {
        for (var number = nowMs; ; number++)
        {
            var path = Path.Combine(folder, number.ToString("D15", CultureInfo.InvariantCulture) + Suffix);
            if (File.Exists(path)) continue;
            var created = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete, bufferSize: 0);
            segments.Add(new SpoolSegment(path));
            return created;
        }
    }

    // A disk that is full for long would else get a file for every time that it was tried.
    private void Drop(SpoolSegment empty)
    {
        if (empty.Length > 0) return;
        File.Delete(empty.Path);
        segments.Remove(empty);
    }

    private void Note(SpoolLook look)
    {
        if (seen.Count > 0 && look.Span.FromMs <= seen[^1].ThroughMs && look.Span.ThroughMs >= seen[^1].ThroughMs) seen[^1] = seen[^1] with { ThroughMs = look.Span.ThroughMs };
        else seen.Add(look.Span);
        if (last is null || look.By.AtMs > last.AtMs) last = look.By;
    }

    private static string Text(long ms) => $"{DateTimeOffset.FromUnixTimeMilliseconds(ms):O}";

    private void Close()
    {
        file?.Dispose();
        file = null;
    }

    private void Tidy(long nowMs)
    {
        while (segments.Count > (file is null ? 0 : 1) && (segments[0].LastMs < nowMs - keepMs || segments.Sum(s => s.Length) > mostBytes))
        {
            File.Delete(segments[0].Path);
            forgottenMs = Math.Max(forgottenMs, segments[0].LastMs);
            segments.RemoveAt(0);
            seen.RemoveAll(s => s.ThroughMs < forgottenMs);
        }
    }
}
