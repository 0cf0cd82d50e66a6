using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Federation.Metrics.Spool;

/// <summary>
/// The lines of a segment: <c>pod PATH NAMESPACE NAME</c> gives the next number, from 0, to a pod; <c>NUMBER MILLISECONDS NANOSECONDS
/// BYTES</c> is a sample of it; <c>look FROM THROUGH AT UPTIME BOOT</c> says that no pod was missed in between, by the look at the third. A dash stands for what is not known. A line without its end is none.
/// </summary>
internal static class SpoolLine
{
    public static string Pod(SpooledPod pod) => $"pod {pod.Path} {Text(pod.Namespace)} {Text(pod.Name)}\n";

    public static string Sample(int pod, SpoolSample sample) =>
        string.Create(CultureInfo.InvariantCulture, $"{pod} {sample.AtMs} {sample.CpuNanoSeconds} {(sample.WorkingSet is { } bytes ? $"{bytes}" : "-")}\n");

    public static string Look(SpoolLook look) =>
        string.Create(CultureInfo.InvariantCulture, $"look {look.Span.FromMs} {look.Span.ThroughMs} {look.By.AtMs} {look.By.UptimeMs} {Text(look.By.Boot)}\n");

    /// <returns>Null when it is none.</returns>
    public static SpoolLook? ReadLook(ReadOnlySpan<byte> line)
    {
        if (!line.StartsWith("look "u8)) return null;
        var parts = Encoding.UTF8.GetString(line[5..]).Split(' ');
        if (parts.Length != 5) return null;
        var times = new long[4];
        for (var i = 0; i < times.Length; i++)
            if (!long.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out times[i])) return null;
        return times[0] <= times[1] ? new SpoolLook(new SpoolSpan(times[0], times[1]), new SpoolMoment(times[2], times[3], Known(parts[4]))) : null;
    }

    /// <returns>Null when it is none.</returns>
    public static SpooledPod? ReadPod(ReadOnlySpan<byte> line)
    {
        if (!line.StartsWith("pod "u8)) return null;
        var parts = Encoding.UTF8.GetString(line[4..]).Split(' ');
        return parts.Length == 3 ? new SpooledPod(parts[0], Known(parts[1]), Known(parts[2])) : null;
    }

    /// <returns>False when it is none.</returns>
    public static bool ReadSample(ReadOnlySpan<byte> line, out int pod, out long atMs, out ulong cpu, out ulong? workingSet)
    {
        (pod, atMs, cpu, workingSet) = (0, 0, 0, null);
        if (!Next(ref line, out ulong number) || !Next(ref line, out var at) || !Next(ref line, out cpu) || number > int.MaxValue || at > long.MaxValue) return false;
        (pod, atMs) = ((int)number, (long)at);
        if (line is [(byte)'-']) return true;
        if (!Utf8Parser.TryParse(line, out ulong bytes, out var used) || used != line.Length) return false;
        workingSet = bytes;
        return true;
    }

    private static bool Next(ref ReadOnlySpan<byte> line, out ulong number)
    {
        if (!Utf8Parser.TryParse(line, out number, out var used) || used >= line.Length || line[used] != ' ') return false;
        line = line[(used + 1)..];
        return true;
    }

    private static string Text(string text) => text.Length == 0 ? "-" : text;

    private static string Known(string text) => text == "-" ? "" : text;
}
