using Federation.Application.Ports;

namespace Federation.Testing.Cluster;

/// <summary>A name service with TXT records, that may fail or never answer.</summary>
public sealed class InMemoryNames : INameRecords
{
    /// <summary>Names that were asked for, one entry for each time.</summary>
    public List<string> Asked { get; } = [];

    /// <summary>Texts by name.</summary>
    public Dictionary<string, string[]> Texts { get; } = [];

    /// <summary>It does not tell.</summary>
    public bool IsFailing { get; set; }

    /// <summary>Names whose servers never answer.</summary>
    public HashSet<string> Silent { get; } = [];

    public async Task<IReadOnlyList<string>> ReadTextsAsync(string name, CancellationToken cancellation)
    {
        lock (Asked) Asked.Add(name);
        if (Silent.Contains(name)) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
        return IsFailing ? throw new NameServiceException("the answer is ServerFailure") : Texts.GetValueOrDefault(name) ?? [];
    }
}
