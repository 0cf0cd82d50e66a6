namespace Federation.Application.Ports;

/// <summary>The cluster refused, or holds what cannot be. An API server that is away is an <see cref="HttpRequestException"/> or a <see cref="TimeoutException"/>.</summary>
/// <param name="reason">CamelCase, stable, for a condition.</param>
/// <param name="message">For people, with the next step.</param>
/// <param name="isTransient">False when waiting will not mend it.</param>
public sealed class ClusterException(string reason, string message, bool isTransient, Exception? inner = null) : Exception(message, inner)
{
    public string Reason { get; } = reason;

    public bool IsTransient { get; } = isTransient;
}
