namespace Federation.Benchmarks.Quoting;

/// <summary>Many quotes one after the other, granted and refused ones apart.</summary>
internal sealed class QuoteRun
{
    private const int Warmup = 300;

    public Samples Granted { get; } = new();

    public Samples Refused { get; } = new();

    public SortedDictionary<string, int> Reasons { get; } = new(StringComparer.Ordinal);

    /// <param name="between">Done between two quotes.</param>
    public async Task RunAsync(Demand demand, int quotes, Func<Task>? between = null)
    {
        for (var i = 0; i < Warmup + quotes; i++)
        {
            if (between is not null) await between();
            var probe = new Samples();
            var result = await probe.TakeAsync(demand.AskAsync);
            if (i < Warmup) continue;
            Reasons[result.Reason] = Reasons.GetValueOrDefault(result.Reason) + 1;
            (result.Offer is null ? Refused : Granted).Add(probe);
        }
    }

    public override string ToString() => string.Join(", ", Reasons.Select(r => $"{(r.Key.Length == 0 ? "granted" : r.Key)} {r.Value}"));
}
