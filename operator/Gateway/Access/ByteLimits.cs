using Federation.Gateway.Limits;

namespace Federation.Gateway.Access;

/// <summary>
/// How fast tenants' bytes go through the gateway, in either direction and of all their requests together. Nobody is refused for them:
/// who has used up a share waits for more.
/// </summary>
internal sealed class ByteLimits(AccessOptions options, TimeProvider clock)
{
    // Several tenants' first bytes at once: who has just come does not wait for who was here before.
    private const int Together = AccessOptions.BurstsTogether;

    private readonly TokenBuckets each = new(options.ByteBurst, options.BytesPerSecond, clock);
    private readonly TokenBuckets all = new(Together * options.ByteBurst, options.AllBytesPerSecond, clock);

    /// <summary>Comes back when so many bytes may go.</summary>
    public async ValueTask PassAsync(string tenant, int bytes, CancellationToken cancellation)
    {
        for (var left = bytes; left > 0; left -= Math.Min(left, options.ByteBurst))
        {
            var some = Math.Min(left, options.ByteBurst);
            await WaitAsync(each.Take(tenant, some), cancellation);
            await WaitAsync(all.Take("", some), cancellation);
        }
    }

    private Task WaitAsync(TimeSpan pause, CancellationToken cancellation) => pause > TimeSpan.Zero ? Task.Delay(pause, clock, cancellation) : Task.CompletedTask;
}
