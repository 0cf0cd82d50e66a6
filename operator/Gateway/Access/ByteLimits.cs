using Federation.Application.Settings;
using Federation.Gateway.Limits;

namespace Federation.Gateway.Access;

/// <summary>
/// How fast tenants' bytes go through the gateway, in either direction and of all their requests together. Nobody is refused for them:
/// who has used up a share waits for more.
/// </summary>
internal sealed class ByteLimits(Live<AccessOptions> options, TimeProvider clock)
{
    // Several tenants' first bytes at once: who has just come does not wait for who was here before.
    private const int Together = AccessOptions.BurstsTogether;

    private readonly TokenBuckets each = new(() => One(options.Current), clock);
    private readonly TokenBuckets all = new(() => Shared(options.Current), clock);

    /// <summary>Comes back when so many bytes may go.</summary>
    public async ValueTask PassAsync(string tenant, int bytes, CancellationToken cancellation)
    {
        for (int left = bytes, some; left > 0; left -= some)
        {
            some = Math.Min(left, options.Current.ByteBurst);
            await WaitAsync(each.Take(tenant, some), cancellation);
            await WaitAsync(all.Take("", some), cancellation);
        }
    }

    private static (int Most, double PerSecond) One(AccessOptions options) => (options.ByteBurst, options.BytesPerSecond);

    private static (int Most, double PerSecond) Shared(AccessOptions options) => (Together * options.ByteBurst, options.AllBytesPerSecond);

    private Task WaitAsync(TimeSpan pause, CancellationToken cancellation) => pause > TimeSpan.Zero ? Task.Delay(pause, clock, cancellation) : Task.CompletedTask;
}
