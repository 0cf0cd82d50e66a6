using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Federation.Kubernetes.Admission;

/// <summary>A body read to its end, in a borrowed buffer; or the start of one that is too large.</summary>
internal sealed class AdmissionBody : IDisposable
{
    private const int FirstBuffer = 16 << 10;

    private byte[] buffer;
    private int length;

    private AdmissionBody(int size) => buffer = ArrayPool<byte>.Shared.Rent(size);

    public bool IsTooLarge { get; private set; }

    public ReadOnlyMemory<byte> Bytes => buffer.AsMemory(0, length);

    public static async Task<AdmissionBody> ReadAsync(HttpRequest request, int limit, CancellationToken cancellationToken)
    {
        var announced = request.ContentLength ?? FirstBuffer;
        var body = new AdmissionBody((int)Math.Clamp(announced + 1, FirstBuffer, limit + 1));
        try
        {
            await body.FillAsync(request.Body, limit, cancellationToken);
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>The uid of a review whose rest need not be read: the API server writes it first.</summary>
    public string? FindUid()
    {
        try
        {
            var reader = new Utf8JsonReader(Bytes.Span, isFinalBlock: false, default);
            while (reader.Read())
            {
                if (reader is { CurrentDepth: 2, TokenType: JsonTokenType.PropertyName } && reader.ValueTextEquals("uid"u8))
                {
                    return reader.Read() && reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                }
            }
        }
        catch (JsonException)
        {
            // No review at all.
        }

        return null;
    }

    // Cleared: it may have held somebody's Secret.
    public void Dispose() => ArrayPool<byte>.Shared.Return(Interlocked.Exchange(ref buffer, []), clearArray: true);

    private async Task FillAsync(Stream stream, int limit, CancellationToken cancellationToken)
    {
        int read;
        while ((read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken)) > 0)
        {
            length += read;
            if (length > limit)
            {
                IsTooLarge = true;
                return;
            }

            if (length == buffer.Length)
            {
                Grow();
            }
        }
    }

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        buffer = larger;
    }
}
