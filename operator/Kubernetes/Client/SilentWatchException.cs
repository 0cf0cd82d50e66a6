namespace Federation.Kubernetes.Client;

/// <summary>A watch that neither spoke nor ended in its time: its connection counts as dead.</summary>
/// <param name="patience">How long was waited for a word.</param>
public sealed class SilentWatchException(TimeSpan patience)
    : TimeoutException($"The watch was silent for {patience.TotalSeconds:F0} s: taken for dead.");
