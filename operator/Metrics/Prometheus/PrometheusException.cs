namespace Federation.Metrics.Prometheus;

/// <summary>A query that gave no usable answer.</summary>
/// <param name="isTooLarge">The same query over a shorter window may succeed.</param>
internal sealed class PrometheusException(string message, bool isTooLarge = false, Exception? inner = null) : Exception(message, inner)
{
    public bool IsTooLarge { get; } = isTooLarge;
}
