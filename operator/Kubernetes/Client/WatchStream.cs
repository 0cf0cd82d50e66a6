using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Client;

/// <summary>Reads a watch line by line, and gives up on a connection that has gone silent.</summary>
internal static class WatchStream
{
    // etcd holds objects of 1.5 MiB; JSON of one can be some times larger.
    private const int MaxLine = 32 << 20;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    public static async IAsyncEnumerable<WatchEvent<T>> ReadAsync<T>(
        ApiConnection connection, ObjectReader<T> reader, string? @namespace, WatchOptions options,
        [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class
    {
        using var response = await connection.OpenAsync(Request(reader, @namespace, options), cancellationToken);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var pipe = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 16384));
        var patience = options.IdleTimeout ?? options.Timeout + Grace;
        using var idle = new CancellationTokenSource(patience, connection.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, cancellationToken);
        while (true)
        {
            idle.CancelAfter(patience);
            var read = await NextAsync(pipe, patience, either.Token, cancellationToken);
            var buffer = read.Buffer;
            while (buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = buffer.Slice(0, end);
                yield return WatchParser.Parse<T>(line);
                buffer = buffer.Slice(buffer.GetPosition(1, end));
            }

            if (buffer.Length > MaxLine)
            {
                throw new InvalidDataException($"A watch event of {reader.Kind} is larger than {MaxLine} bytes.");
            }

            pipe.AdvanceTo(buffer.Start, buffer.End);
            if (read.IsCompleted)
            {
                yield break;
            }
        }
    }

    private static async Task<ReadResult> NextAsync(PipeReader pipe, TimeSpan patience, CancellationToken either, CancellationToken cancellationToken)
    {
        try
        {
            return await pipe.ReadAsync(either);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SilentWatchException(patience);
        }
    }

    private static ApiRequest Request<T>(ObjectReader<T> reader, string? @namespace, WatchOptions options)
        where T : class
    {
        var query = new Query()
            .With("watch", "true")
            .With("allowWatchBookmarks", "true")
            .With("timeoutSeconds", Math.Ceiling(options.Timeout.TotalSeconds).ToString(CultureInfo.InvariantCulture))
            .With("labelSelector", options.LabelSelector)
            .With("fieldSelector", options.FieldSelector)
            .With("resourceVersion", options.ResourceVersion);
        return new ApiRequest(HttpMethod.Get, query.On(reader.Kind.Path(@namespace))) { Accept = reader.AcceptOne, IsStream = true };
    }
}
