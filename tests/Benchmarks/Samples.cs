using System.Diagnostics;

namespace Federation.Benchmarks;

/// <summary>Durations of many runs of one thing.</summary>
internal sealed class Samples
{
    private readonly List<double> milliseconds = [];

    public int Count => milliseconds.Count;

    public async Task<T> TakeAsync<T>(Func<Task<T>> run)
    {
        var start = Stopwatch.GetTimestamp();
        var result = await run();
        milliseconds.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        return result;
    }

    /// <summary>Half a millisecond of arithmetic: what a busy machine makes of that, it makes of any quick answer.</summary>
    public Task SpinAsync() => TakeAsync(() =>
    {
        var sum = 1ul;
        for (var i = 0; i < 400_000; i++) sum = (sum * 6364136223846793005) + 1442695040888963407;
        return Task.FromResult(sum);
    });

    public void Add(Samples others) => milliseconds.AddRange(others.milliseconds);

    /// <param name="duration">Milliseconds.</param>
    public void Add(double duration) => milliseconds.Add(duration);

    /// <param name="share">0.99 for the value that one in a hundred exceeds.</param>
    public double Percentile(double share)
    {
        var sorted = milliseconds.Order().ToArray();
        return sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
    }
}
