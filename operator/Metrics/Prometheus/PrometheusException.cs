namespace Federation.Metrics.Prometheus;

/// <summary>A query that gave no usable answer.</summary>
/// <param name="isTooLarge">The same query over a shorter window may succeed.</param>
/// <param name="isTooSlow">There was no answer in time: a shorter window may be answered, or the store is away.</param>
internal sealed class PrometheusException(string message, bool isTooLarge = false, bool isTooSlow = false, Exception? inner = null) : Exception(message, inner)
{
    public bool IsTooLarge { get; } = isTooLarge;

    public bool IsTooSlow { get; } = isTooSlow;
}
