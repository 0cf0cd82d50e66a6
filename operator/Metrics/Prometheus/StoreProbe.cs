using Federation.Application.Ports;

namespace Federation.Metrics.Prometheus;

/// <summary>Whether the store answers, and has the kubelets' series now.</summary>
internal sealed class StoreProbe(HttpClient http, PrometheusOptions options, TimeProvider clock) : IMeterProbe
{
    private readonly PrometheusClient client = new(http, options, clock);

    /// <inheritdoc/>
    public async Task<string?> FaultAsync(CancellationToken cancellation)
    {
        try
        {
            var answer = await client.QueryAsync(PromQl.Both(PromQl.Cpu, PromQl.Memory, options.Matchers), clock.GetUtcNow().ToUnixTimeMilliseconds(), cancellation);
            if (answer.Warnings.Count > 0 && !options.AcceptWarnings) return $"Prometheus at {options.Url!.Authority} calls its answer incomplete: {string.Join("; ", answer.Warnings)}";
            return answer.Series.Count > 0 ? null : $"Prometheus at {options.Url!.Authority} has no {PromQl.Cpu} or no {PromQl.Memory} of the last minutes with the labels of Prometheus:Matchers: see that it scrapes the kubelets' /metrics/cadvisor.";
        }
        catch (PrometheusException e)
        {
            return e.Message;
        }
    }
}
