using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Federation.Kubernetes.Admission;

/// <summary>
/// Cuts off what is nested too deep, before it is parsed: a parsed tree takes time with the square of its depth, and the
/// API server lets 10,000 levels through. What is cut reads as a text with its hash, so that equal stays equal and
/// different stays different; a webhook that allows fewer levels than the limit still sees that it is too much.
/// </summary>
internal static class DepthLimit
{
    // The server's own limit, and the levels of the review around two objects.
    private const int MostLevels = 10_016;

    /// <exception cref="JsonException">No JSON.</exception>
    public static ReadOnlyMemory<byte> Apply(ReadOnlyMemory<byte> json, int levels)
    {
        ArrayBufferWriter<byte>? kept = null;
        var from = 0;
        var span = json.Span;
        var reader = new Utf8JsonReader(span, new JsonReaderOptions { MaxDepth = MostLevels });
        while (reader.Read())
        {
            if (reader.CurrentDepth < levels || reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
            {
                continue;
            }

            kept ??= new ArrayBufferWriter<byte>(json.Length);
            var start = (int)reader.TokenStartIndex;
            kept.Write(span[from..start]);
            reader.Skip();
            from = (int)reader.BytesConsumed;
            kept.Write(Encoding.ASCII.GetBytes($"\"sha256:{Convert.ToHexStringLower(SHA256.HashData(span[start..from]))}\""));
        }

        if (kept is null)
        {
            return json;
        }

        kept.Write(span[from..]);
        return kept.WrittenMemory;
    }
}
