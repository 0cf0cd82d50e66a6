using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Federation.Cluster.Tests.Hostnames;

/// <summary>A name server on loopback that speaks the DNS protocol over UDP (RFC 1035) and knows TXT and CNAME records.</summary>
internal sealed class NameServer : IDisposable
{
    private const int Header = 12;
    private const ushort Txt = 16;
    private const ushort Cname = 5;

    private readonly UdpClient socket = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly Task serving;

    public NameServer() => serving = ServeAsync();

    public IPEndPoint Address => (IPEndPoint)socket.Client.LocalEndPoint!;

    /// <summary>Texts by name; each is a list of strings of at most 255 bytes.</summary>
    public ConcurrentDictionary<string, string[][]> Texts { get; } = new();

    public ConcurrentDictionary<string, string> Aliases { get; } = new();

    /// <summary>Response code by name, as 2 for a failing server.</summary>
    public ConcurrentDictionary<string, byte> Codes { get; } = new();

    public ConcurrentDictionary<string, bool> Silent { get; } = new();

    /// <summary>Names and types that were asked for.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public void Dispose()
    {
        socket.Dispose();
        serving.Wait();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var query = await socket.ReceiveAsync();
                if (Answer(query.Buffer) is { } answer) await socket.SendAsync(answer, query.RemoteEndPoint);
            }
        }
        catch (Exception error) when (error is ObjectDisposedException or SocketException)
        {
            // It was disposed.
        }
    }

    private byte[]? Answer(byte[] query)
    {
        var (name, end) = ReadName(query);
        var type = BinaryPrimitives.ReadUInt16BigEndian(query.AsSpan(end));
        Asked.Enqueue($"{name} {type}");
        if (Silent.ContainsKey(name)) return null;
        var records = new List<byte[]>();
        var owner = name;
        for (; Aliases.TryGetValue(owner, out var target); owner = target) records.Add(Record(owner, Cname, WriteName(target)));
        if (type == Txt && Texts.TryGetValue(owner, out var texts)) records.AddRange(texts.Select(t => Record(owner, Txt, [.. t.SelectMany(Characters)])));
        var exists = records.Count > 0 || Texts.ContainsKey(owner);
        var code = Codes.TryGetValue(name, out var told) ? told : exists ? (byte)0 : (byte)3;
        byte[] head = [query[0], query[1], 0x84, (byte)(0x80 | code), 0, 1, 0, (byte)records.Count, 0, 0, 0, 0];
        return [.. head, .. query[Header..(end + 4)], .. records.SelectMany(r => r)];
    }

    private static byte[] Record(string owner, ushort type, byte[] data) =>
        [.. WriteName(owner), 0, (byte)type, 0, 1, 0, 0, 0, 60, (byte)(data.Length >> 8), (byte)data.Length, .. data];

    private static byte[] Characters(string text) => [(byte)text.Length, .. Encoding.ASCII.GetBytes(text)];

    private static byte[] WriteName(string name) => [.. name.Split('.').SelectMany(Characters), 0];

    private static (string Name, int End) ReadName(byte[] query)
    {
        var labels = new List<string>();
        var at = Header;
        for (; query[at] > 0; at += query[at] + 1) labels.Add(Encoding.ASCII.GetString(query, at + 1, query[at]));
        return (string.Join('.', labels).ToLowerInvariant(), at + 1);
    }
}
