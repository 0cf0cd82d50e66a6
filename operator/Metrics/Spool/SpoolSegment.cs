namespace Federation.Metrics.Spool;

/// <summary>A file of the spool, as far as it is whole, and what is in it.</summary>
internal sealed class SpoolSegment(string path)
{
    private readonly List<SpooledPod> pods = [];
    private readonly List<(long FirstMs, long LastMs)> times = [];
    private readonly List<SpoolLook> looks = [];

    public string Path => path;

    /// <summary>Bytes up to the end of the last whole line.</summary>
    public long Length { get; set; }

    public long FirstMs { get; private set; } = long.MaxValue;

    public long LastMs { get; private set; } = long.MinValue;

    /// <summary>What the program of its time vouched for.</summary>
    public IReadOnlyList<SpoolLook> Looks => looks;

    /// <summary>Since when; never while it has nothing.</summary>
    public long FirstLookMs => looks.Select(l => l.Span.FromMs).DefaultIfEmpty(long.MinValue).Min();

    /// <summary>As a crash has left it: whatever follows the last whole line is none of it.</summary>
    public static SpoolSegment Load(string path)
    {
        var segment = new SpoolSegment(path);
        var bytes = File.ReadAllBytes(path);
        segment.Length = Walk(bytes, segment.Add, segment.Note, segment.Note);
        return segment;
    }

    /// <returns>Number of the pod in this file; its line is to be written when it is new.</returns>
    public int NumberOf(SpooledPod pod, out bool isNew)
    {
        var number = pods.LastIndexOf(pod);
        isNew = number < 0;
        if (!isNew) return number;
        Add(pod);
        return pods.Count - 1;
    }

    public void Note(SpoolLook look)
    {
        looks.Add(look);
        (FirstMs, LastMs) = (Math.Min(FirstMs, look.Span.ThroughMs), Math.Max(LastMs, look.Span.ThroughMs));
    }

    public bool Note(int number, long atMs)
    {
        if (number >= pods.Count) return false;
        times[number] = (Math.Min(times[number].FirstMs, atMs), Math.Max(times[number].LastMs, atMs));
        (FirstMs, LastMs) = (Math.Min(FirstMs, atMs), Math.Max(LastMs, atMs));
        return true;
    }

    /// <returns>Pods with samples in (from, through].</returns>
    public IEnumerable<SpooledPod> PodsIn(long fromMs, long throughMs) => pods.Where((_, i) => times[i].LastMs > fromMs && times[i].FirstMs <= throughMs);

    /// <returns>Samples of these pods in (from, through].</returns>
    /// <param name="length">As it was when the file was known not to be removed.</param>
    public static IEnumerable<SpoolSample> Read(string path, long length, IReadOnlySet<string> paths, long fromMs, long throughMs)
    {
        var bytes = new byte[length];
        using (var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)) file.ReadExactly(bytes);
        var (known, read) = (new List<SpooledPod>(), new List<SpoolSample>());
        Walk(bytes, known.Add, (number, at, cpu, workingSet) =>
        {
            if (number >= known.Count) return false;
            if (at > fromMs && at <= throughMs && paths.Contains(known[number].Path)) read.Add(new SpoolSample(known[number], at, cpu, workingSet));
            return true;
        }, _ => { });
        return read;
    }

    private void Add(SpooledPod pod)
    {
        pods.Add(pod);
        times.Add((long.MaxValue, long.MinValue));
    }

    private bool Note(int number, long atMs, ulong cpu, ulong? workingSet) => Note(number, atMs);

    /// <returns>Bytes that are whole lines, each as it has to be.</returns>
    private static int Walk(ReadOnlySpan<byte> bytes, Action<SpooledPod> onPod, Func<int, long, ulong, ulong?, bool> onSample, Action<SpoolLook> onLook)
    {
        var length = 0;
        for (int end; (end = bytes[length..].IndexOf((byte)'\n')) >= 0; length += end + 1)
        {
            var line = bytes.Slice(length, end);
            if (SpoolLine.ReadPod(line) is { } pod) onPod(pod);
            else if (SpoolLine.ReadLook(line) is { } look) onLook(look);
            else if (!SpoolLine.ReadSample(line, out var number, out var at, out var cpu, out var workingSet) || !onSample(number, at, cpu, workingSet)) break;
        }

        return length;
    }
}
