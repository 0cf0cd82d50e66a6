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

    // Longer than a start takes: pods may have come and gone in between.
    private const long HoleMs = 10_000;

    private readonly string folder;
    private readonly long keepMs;
    private readonly long mostBytes;
    private readonly List<SpoolSegment> segments;
    private readonly Lock gate = new();
    private FileStream? file;
    private long beginMs;

    /// <param name="nowMs">What there is of before goes on from here only if it is not longer ago than a start takes.</param>
    /// <exception cref="IOException">The folder cannot be used.</exception>
    public SpoolLog(string folder, TimeSpan keep, long mostBytes, long nowMs)
    {
        (this.folder, keepMs, this.mostBytes) = (folder, (long)keep.TotalMilliseconds, mostBytes);
        Directory.CreateDirectory(folder);
        segments = [.. Directory.EnumerateFiles(folder, $"*{Suffix}").Order(StringComparer.Ordinal).Select(SpoolSegment.Load)];
        beginMs = nowMs;
        foreach (var segment in segments.AsEnumerable().Reverse().Where(s => s.Length > 0).TakeWhile(s => s.LastMs >= beginMs - HoleMs)) beginMs = Math.Min(beginMs, segment.FirstMs);
    }

    /// <summary>Since when no pod of the node was missed, unix milliseconds.</summary>
    public long BeginMs
    {
        get
        {
            lock (gate) return beginMs;
        }
    }

    /// <summary>Writes them and has them on the disk when it returns.</summary>
    /// <exception cref="IOException">They are not kept; what was before is.</exception>
    public void Append(IReadOnlyList<SpoolSample> samples, long nowMs)
    {
        lock (gate)
        {
            Tidy(nowMs);
            if (samples.Count == 0) return;
            if (file is not null && nowMs - segments[^1].FirstMs >= SegmentMs) Close();
            file ??= Create(nowMs);
            var segment = segments[^1];
            try
            {
                var bytes = Encoding.UTF8.GetBytes(Lines(segment, samples));
                file.Write(bytes);
                file.Flush(flushToDisk: true);
                segment.Length += bytes.Length;
            }
            catch
            {
                // What of it got onto the disk is torn: as after a crash, nothing may follow it.
                Close();
                throw;
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
            beginMs = Math.Max(beginMs, segments[0].LastMs);
            segments.RemoveAt(0);
        }
    }
}
