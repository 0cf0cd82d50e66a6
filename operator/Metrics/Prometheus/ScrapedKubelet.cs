namespace Federation.Metrics.Prometheus;

/// <summary>A kubelet that the store has series of, by the labels that tell it.</summary>
/// <param name="Node">Empty where the job gives no such label.</param>
/// <param name="Instance">Host and port, or a node's name.</param>
public sealed record ScrapedKubelet(string Node, string Instance)
{
    /// <summary>The instance without its port.</summary>
    public string Host => Instance.Split(']') is [var bracketed, _] ? bracketed.TrimStart('[') : Instance.Split(':') is [var host, _] ? host : Instance;
}
