using System.Numerics;

namespace Federation.Domain.Pricing;

/// <param name="UtilisationBps">Part of a class that may not be promised any more, basis points.</param>
/// <param name="FactorBps">What its price in the price book is multiplied by there, basis points: 10000 leaves it as it is.</param>
public sealed record CurvePoint(int UtilisationBps, int FactorBps);

/// <summary>
/// Prices that rise with utilisation: straight lines between points, level before the first and after the last one. They
/// never fall with utilisation and are never below the price book, so that no point can sell for less than was meant.
/// </summary>
public sealed class UtilisationCurve
{
    /// <summary>One: the price book is the floor.</summary>
    public const int LeastFactorBps = Whole;

    public const int MostFactorBps = 100 * Whole;
    public const int MostPoints = 16;

    private const int Whole = 10_000;

    private readonly CurvePoint[] points;

    /// <exception cref="ArgumentException">The points have a fault.</exception>
    public UtilisationCurve(IEnumerable<CurvePoint> points)
    {
        this.points = [.. points.OrderBy(p => p.UtilisationBps)];
        if (Fault(this.points) is { } fault) throw new ArgumentException(fault, nameof(points));
    }

    /// <summary>The points in ascending order.</summary>
    public IReadOnlyList<CurvePoint> Points => points;

    /// <summary>What is wrong with the points, in whatever order; null when nothing is.</summary>
    public static string? Fault(IReadOnlyList<CurvePoint> points)
    {
        if (points.Count is 0 or > MostPoints) return $"has {points.Count} points; 1 to {MostPoints} make a curve.";
        if (points.FirstOrDefault(p => p.UtilisationBps is < 0 or > Whole) is { } outside) return $"has a point at utilisation {outside.UtilisationBps}; 0 to {Whole} basis points are possible.";
        if (points.FirstOrDefault(p => p.FactorBps is < LeastFactorBps or > MostFactorBps) is { } wild)
            return $"has a factor of {wild.FactorBps} basis points; {LeastFactorBps}, the price book's price, to {MostFactorBps} are allowed.";
        var sorted = points.OrderBy(p => p.UtilisationBps).ToArray();
        foreach (var (low, high) in sorted.Zip(sorted.Skip(1)))
        {
            if (low.UtilisationBps == high.UtilisationBps) return $"has two points at utilisation {low.UtilisationBps}.";
            if (low.FactorBps > high.FactorBps) return $"falls from {low.FactorBps} to {high.FactorBps} between utilisation {low.UtilisationBps} and {high.UtilisationBps}: prices may only rise with utilisation.";
        }

        return null;
    }

    /// <param name="utilisationBps">What is beyond 0 to 10000 counts as the nearer end.</param>
    /// <returns>Basis points, rounded up.</returns>
    public int FactorAt(int utilisationBps)
    {
        var at = Math.Clamp(utilisationBps, 0, Whole);
        var next = Array.FindIndex(points, p => p.UtilisationBps >= at);
        if (next < 0) return points[^1].FactorBps;
        if (next == 0) return points[0].FactorBps;
        var (low, high) = (points[next - 1], points[next]);
        var rise = (long)(high.FactorBps - low.FactorBps) * (at - low.UtilisationBps);
        var run = high.UtilisationBps - low.UtilisationBps;
        return low.FactorBps + (int)((rise + run - 1) / run);
    }

    /// <summary>The price book at this moment: each class by its own utilisation, rounded up. Storage, egress and fees have no class and stay.</summary>
    /// <param name="cpuBps">Utilisation of the CPU.</param>
    /// <param name="memoryBps">Utilisation of the memory.</param>
    /// <param name="gpuBps">Utilisation by text of the GPU class; one that is missing has nothing left.</param>
    /// <exception cref="OverflowException">A price is more than the contract can hold.</exception>
    public PriceBook Raise(PriceBook book, int cpuBps, int memoryBps, IReadOnlyDictionary<string, int> gpuBps) => book with
    {
        Cpu = Raise(book.Cpu, FactorAt(cpuBps)),
        Memory = Raise(book.Memory, FactorAt(memoryBps)),
        Gpu = book.Gpu.ToDictionary(p => p.Key, p => Raise(p.Value, FactorAt(gpuBps.GetValueOrDefault(p.Key, Whole)))),
    };

    /// <summary>What the price comes to, rounded up.</summary>
    public static BigInteger Times(BigInteger price, BigInteger factorBps) => (price * factorBps + Whole - 1) / Whole;

    private static BigInteger Raise(BigInteger price, int factorBps)
    {
        var raised = Times(price, factorBps);
        return raised <= PriceBook.Most ? raised : throw new OverflowException($"{price} times {factorBps} basis points is more than the contract can hold: at most {PriceBook.Most}.");
    }
}
