using System.Collections;
using System.IO.Compression;
using System.Text;
using Federation.Domain.Leases;

namespace Federation.Application.Countersigning;

/// <summary>Windows of evidence that datacenters handed over, packed: looked at again, only what is new is asked for. Leases that were looked at longest ago make room.</summary>
public sealed class PackedWindows(long mostBytes)
{
    private readonly Lock gate = new();
    private readonly Dictionary<LeaseId, Dictionary<string, PackedLines>> leases = [];
    // The one that was looked at longest ago first.
    private readonly LinkedList<LeaseId> order = new();
    private long held;

    internal PackedLines? Find(LeaseId lease, string root)
    {
        lock (gate)
        {
            if (!leases.TryGetValue(lease, out var windows)) return null;
            order.Remove(lease);
            order.AddLast(lease);
            return windows.GetValueOrDefault(root);
        }
    }

    internal void Keep(LeaseId lease, string root, PackedLines lines)
    {
        lock (gate)
        {
            while (held + lines.Bytes > mostBytes && order.First is { } oldest && oldest.Value != lease) Drop(oldest.Value);
            if (held + lines.Bytes > mostBytes) return;
            if (!leases.TryGetValue(lease, out var windows))
            {
                leases[lease] = windows = new(StringComparer.Ordinal);
                order.AddLast(lease);
            }

            if (windows.TryAdd(root, lines)) held += lines.Bytes;
        }
    }

    private void Drop(LeaseId lease)
    {
        held -= leases[lease].Values.Sum(w => (long)w.Bytes);
        leases.Remove(lease);
        order.RemoveFirst();
    }
}

/// <summary>Lines without line breaks, a fraction of their size; unpacked anew by whoever goes through them.</summary>
internal sealed class PackedLines : IReadOnlyList<string>
{
    // As they are: a mark of the byte order would be a part of the first line.
    private static readonly UTF8Encoding Plain = new(encoderShouldEmitUTF8Identifier: false);

    private readonly byte[] packed;

    public PackedLines(IReadOnlyList<string> lines)
    {
        (Count, Chars) = (lines.Count, lines.Sum(l => (long)l.Length));
        using var to = new MemoryStream();
        using (var writer = new StreamWriter(new GZipStream(to, CompressionLevel.Fastest), Plain))
        {
            foreach (var line in lines)
            {
                writer.Write(line);
                writer.Write('\n');
            }
        }

        packed = to.ToArray();
    }

    public int Count { get; }

    /// <summary>Of all lines.</summary>
    public long Chars { get; }

    /// <summary>That they take packed.</summary>
    public int Bytes => packed.Length;

    public string this[int index] => this.ElementAt(index);

    public IEnumerator<string> GetEnumerator()
    {
        using var reader = new StreamReader(new GZipStream(new MemoryStream(packed), CompressionMode.Decompress), Plain);
        while (reader.ReadLine() is { } line) yield return line;
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
