using Microsoft.Extensions.Logging;

namespace Federation.Kubernetes.Client;

/// <summary>
/// What is asked at the start of a program, when the API server may be away, or starting as well: it is waited for, and that is said.
/// A server that has just started answers before it has read roles and bindings, and refuses everybody: who ended at that would be
/// gone when it is there.
/// </summary>
public sealed class ServerPatience(TimeProvider time, ILogger log)
{
    /// <summary>For so long a refusal may be a fresh server's.</summary>
    public static readonly TimeSpan Freshness = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);

    private long? refusedSince;

    /// <exception cref="KubernetesException">It is refused for longer than a server takes to start, or is wrong.</exception>
    public async Task<T> AskAsync<T>(Func<Task<T>> ask, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return await ask().ConfigureAwait(false);
            }
            catch (Exception e) when (e is HttpRequestException or TimeoutException or KubernetesException { IsTransient: true })
            {
                refusedSince = null;
                log.LogWarning("Waiting for the API server: {Error}", e.Message);
            }
            catch (KubernetesException e) when ((e.IsForbidden || e.IsUnauthorized) && MayBeFresh())
            {
                log.LogWarning("Waiting for the API server, which may know no rights yet: {Error}", e.Message);
            }

            await Task.Delay(Retry, time, cancellation).ConfigureAwait(false);
        }
    }

    private bool MayBeFresh() => time.GetElapsedTime(refusedSince ??= time.GetTimestamp()) < Freshness;
}
