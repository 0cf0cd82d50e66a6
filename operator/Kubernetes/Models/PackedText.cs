using System.Buffers;
using System.IO.Compression;

namespace Federation.Kubernetes.Models;

/// <summary>Text that is kept for long and read rarely. Not safe for concurrent use.</summary>
internal sealed class PackedText
{
    // Fast, and for a few KiB of JSON nearly as small as the best.
    private const int Quality = 4;

    // The smallest window that holds the usual object: the encoder's own memory grows with it.
    private const int WindowBits = 14;

    private readonly int length;
    private byte[] bytes;

    public PackedText(ReadOnlySpan<byte> text) => (length, bytes) = (text.Length, text.ToArray());

    public void Compress()
    {
        if (bytes.Length < length)
        {
            return;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(BrotliEncoder.GetMaxCompressedLength(length));
        if (BrotliEncoder.TryCompress(bytes, buffer, out var written, Quality, WindowBits) && written < length)
        {
            bytes = buffer.AsSpan(0, written).ToArray();
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>Bytes that it takes.</summary>
    public int Size => bytes.Length;

    /// <param name="read">Keeps nothing of what it is given.</param>
    public T Read<T>(TextReader<T> read)
    {
        if (bytes.Length == length) return read(bytes);
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            return BrotliDecoder.TryDecompress(bytes, buffer, out var written) && written == length
                ? read(buffer.AsSpan(0, length))
                : throw new InvalidDataException("What was packed could not be unpacked.");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    internal delegate T TextReader<out T>(ReadOnlySpan<byte> text);
}
