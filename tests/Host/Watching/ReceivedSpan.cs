using System.Buffers.Binary;
using System.Text;

namespace Federation.Host.Tests.Watching;

/// <summary>A span as it arrives, of an ExportTraceServiceRequest.</summary>
/// <param name="Trace">Hex.</param>
/// <param name="Parent">Hex of the span that it is part of; empty: of none.</param>
/// <param name="Tags">Of lists, what is in them by blanks.</param>
internal sealed record ReceivedSpan(string Service, string Trace, string Id, string Parent, string Name, IReadOnlyDictionary<string, string> Tags, bool IsError)
{
    // Numbers of the fields: opentelemetry/proto/trace/v1/trace.proto and common/v1/common.proto.
    public static IEnumerable<ReceivedSpan> ReadAll(byte[] request) =>
        from resourceSpans in Fields(request, 1)
        let service = Fields(resourceSpans, 1).SelectMany(r => TagsOf(r, 1)).ToDictionary().GetValueOrDefault("service.name", "")
        from scopeSpans in Fields(resourceSpans, 2)
        from span in Fields(scopeSpans, 2)
        select new ReceivedSpan(
            service, Hex(span, 1), Hex(span, 2), Hex(span, 4), Text(span, 5), TagsOf(span, 9).ToDictionary(),
            Fields(span, 15).Any(status => Numbers(status, 3).Contains(2UL)));

    private static IEnumerable<KeyValuePair<string, string>> TagsOf(byte[] message, int field) =>
        Fields(message, field).Select(pair => KeyValuePair.Create(Text(pair, 1), Value(Fields(pair, 2).Single())));

    private static string Value(byte[] any) =>
        Fields(any, 1).Select(b => Encoding.UTF8.GetString(b))
            .Concat(Numbers(any, 3).Select(n => $"{(long)n}"))
            .Concat(Fields(any, 5).Select(list => string.Join(' ', Fields(list, 1).Select(Value))))
            .FirstOrDefault("");

    private static string Text(byte[] message, int field) => Encoding.UTF8.GetString(Fields(message, field).FirstOrDefault([]));

    private static string Hex(byte[] message, int field) => Convert.ToHexStringLower(Fields(message, field).FirstOrDefault([]));

    private static IEnumerable<byte[]> Fields(byte[] message, int field) => All(message).Where(f => f.Number == field && f.Bytes is not null).Select(f => f.Bytes!);

    private static IEnumerable<ulong> Numbers(byte[] message, int field) => All(message).Where(f => f.Number == field && f.Bytes is null).Select(f => f.Value);

    private static List<(int Number, byte[]? Bytes, ulong Value)> All(byte[] message)
    {
        var all = new List<(int, byte[]?, ulong)>();
        for (var at = 0; at < message.Length;)
        {
            var key = Varint(message, ref at);
            var number = (int)(key >> 3);
            switch (key & 7)
            {
                case 0:
                    all.Add((number, null, Varint(message, ref at)));
                    break;
                case 1:
                    all.Add((number, null, BinaryPrimitives.ReadUInt64LittleEndian(message.AsSpan(at))));
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint(message, ref at);
                    all.Add((number, message[at..(at + length)], 0));
                    at += length;
                    break;
                case 5:
                    all.Add((number, null, BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(at))));
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException($"Field {number} has wire type {key & 7}.");
            }
        }

        return all;
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var one = message[at++];
            value |= (ulong)(one & 0x7f) << shift;
            if (one < 0x80) return value;
        }
    }
}
