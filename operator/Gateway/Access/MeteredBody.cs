using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Federation.Gateway.Access;

/// <summary>Bytes of one request, of its answer, and of the connection that it may become.</summary>
internal sealed class ByteCount(ByteLimits limits, string tenant, CancellationToken end)
{
    private long sent;
    private long received;

    /// <summary>From the tenant.</summary>
    public long Sent => Volatile.Read(ref sent);

    /// <summary>To the tenant.</summary>
    public long Received => Volatile.Read(ref received);

    /// <summary>Counts what goes through it from now on.</summary>
    public void Watch(HttpContext http)
    {
        if (http.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } upgrade) http.Features.Set<IHttpUpgradeFeature>(new MeteredUpgrade(upgrade, this));
        http.Request.Body = new MeteredBody(http.Request.Body, this);
        http.Response.Body = new MeteredBody(http.Response.Body, this);
    }

    public ValueTask SendAsync(int bytes)
    {
        Interlocked.Add(ref sent, bytes);
        return limits.PassAsync(tenant, bytes, end);
    }

    public ValueTask ReceiveAsync(int bytes)
    {
        Interlocked.Add(ref received, bytes);
        return limits.PassAsync(tenant, bytes, end);
    }
}

/// <summary>What an exec or a port-forward becomes is no body of the request any more.</summary>
internal sealed class MeteredUpgrade(IHttpUpgradeFeature inner, ByteCount count) : IHttpUpgradeFeature
{
    public bool IsUpgradableRequest => inner.IsUpgradableRequest;

    public async Task<Stream> UpgradeAsync() => new MeteredBody(await inner.UpgradeAsync(), count);
}

/// <summary>A stream to or from a tenant that goes as fast as is allowed: what is read comes from the tenant, what is written goes there.</summary>
internal sealed class MeteredBody(Stream inner, ByteCount count) : Stream
{
    public override bool CanRead => inner.CanRead;

    public override bool CanSeek => false;

    public override bool CanWrite => inner.CanWrite;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken);
        await count.SendAsync(read);
        return read;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await count.ReceiveAsync(buffer.Length);
        await inner.WriteAsync(buffer, cancellationToken);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}
