using Federation.Application.Ports;
using Federation.Metrics.Prometheus;

namespace Federation.Metrics.Tenant;

/// <summary>What a tenant's own Prometheus says of its usage: for each meter a query that comes to one number at a moment.</summary>
/// <param name="queries">PromQL by the meter's name in a receipt; each gives the sum from the lease's activation until the time that it is asked for.</param>
public sealed class TenantPrometheus(HttpClient http, StoreOptions options, IReadOnlyDictionary<string, string> queries, TimeProvider clock) : ITenantMeter
{
    private readonly PrometheusClient client = new(http, options, clock);

    /// <summary>How the store is known, and how it knows us.</summary>
    public static HttpMessageHandler Handler(StoreOptions options) => StoreTls.Handler(options);

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, double>> ReadAsync(long throughMs, CancellationToken cancellation)
    {
        var meters = new Dictionary<string, double>();
        foreach (var (meter, query) in queries)
        {
            try
            {
                var answer = await client.QueryAsync(query, throughMs, cancellation);
                if (answer.Series is not [{ Samples: [var sample] }]) throw new UsageUnavailableException($"The query of {meter} gives {answer.Series.Count} series at {throughMs}, and has to give one number: sum() it.");
                if (answer.Warnings.Count > 0 && !options.AcceptWarnings) throw new UsageUnavailableException($"The answer to the query of {meter} is incomplete: {string.Join(' ', answer.Warnings)}");
                meters[meter] = sample.Value;
            }
            catch (PrometheusException e)
            {
                throw new UsageUnavailableException($"{meter}: {e.Message}");
            }
        }

        return meters;
    }
}
