using System.Net.Http.Headers;

namespace Federation.Benchmarks.Metering;

/// <summary>Passes queries on, and notes them in a file, so that the same can be asked again.</summary>
internal sealed class QueryLog : DelegatingHandler
{
    private readonly Lock gate = new();
    private readonly FileStream file;

    public QueryLog(string path)
        : base(new SocketsHttpHandler()) => file = new FileStream(path, FileMode.Create, FileAccess.ReadWrite);

    public int Count { get; private set; }

    public void Clear()
    {
        lock (gate)
        {
            file.SetLength(0);
            Count = 0;
        }
    }

    /// <summary>Asks the same again, and keeps the answers in a file as they come.</summary>
    public async Task ReplayAsync(Uri store, string bodies, int workers)
    {
        using var http = new HttpClient { BaseAddress = store };
        await using var kept = new BinaryWriter(new FileStream(bodies, FileMode.Create, FileAccess.Write));
        var form = new MediaTypeHeaderValue("application/x-www-form-urlencoded");
        await Parallel.ForEachAsync(Queries(), new ParallelOptions { MaxDegreeOfParallelism = workers }, async (query, cancellation) =>
        {
            using var content = new StringContent(query, form);
            using var response = await http.PostAsync(new Uri("/api/v1/query", UriKind.Relative), content, cancellation);
            var body = await response.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync(cancellation);
            lock (gate)
            {
                kept.Write(body.Length);
                kept.Write(body);
            }
        });
    }

    /// <summary>The answers that were kept there, one at a time.</summary>
    public static IEnumerable<byte[]> Bodies(string path)
    {
        using var kept = new BinaryReader(File.OpenRead(path));
        while (kept.BaseStream.Position < kept.BaseStream.Length) yield return kept.ReadBytes(kept.ReadInt32());
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        byte[] line = [.. await request.Content!.ReadAsByteArrayAsync(cancellationToken), (byte)'\n'];
        lock (gate)
        {
            file.Write(line);
            Count++;
        }

        return await base.SendAsync(request, cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) file.Dispose();
        base.Dispose(disposing);
    }

    private string[] Queries()
    {
        file.Flush();
        file.Position = 0;
        return new StreamReader(file, leaveOpen: true).ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
