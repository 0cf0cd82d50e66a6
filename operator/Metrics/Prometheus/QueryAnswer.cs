using Federation.Domain.Usage;

namespace Federation.Metrics.Prometheus;

/// <summary>One series of an answer, samples as they came.</summary>
internal sealed record RawSeries(IReadOnlyDictionary<string, string> Labels, IReadOnlyList<UsageSample> Samples)
{
    public string Label(string name) => Labels.GetValueOrDefault(name, "");
}

/// <param name="Warnings">What the store says of its own answer, e.g. that a part of it was unreachable.</param>
internal sealed record QueryAnswer(IReadOnlyList<RawSeries> Series, IReadOnlyList<string> Warnings);
