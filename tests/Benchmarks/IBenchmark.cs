using System.Globalization;

namespace Federation.Benchmarks;

/// <summary>A measurement that prints its figures; later ones come beside it.</summary>
internal interface IBenchmark
{
    string Name { get; }

    /// <summary>What is driven and what is measured, for who reads the figures.</summary>
    string What { get; }

    IAsyncEnumerable<Figure> RunAsync();
}

/// <param name="Target">What it should be at most; null for a figure that only explains others.</param>
/// <param name="Ceiling">The best that this machine could give, measured in the same run; null when there is no such thing.</param>
internal sealed record Figure(string What, double Value, string Unit, double? Target = null, double? Ceiling = null)
{
    public bool IsMissed => Value > Target;

    public override string ToString()
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{What,-52} {Value,9:0.00} {Unit}");
        if (Target is { } target) text += string.Create(CultureInfo.InvariantCulture, $"   target {target:0.##} {Unit}: {(IsMissed ? "MISSED" : "reached")}");
        if (Ceiling is { } ceiling) text += string.Create(CultureInfo.InvariantCulture, $"   ceiling {ceiling:0.00} {Unit}, {Value / ceiling:0.0} times that");
        return text;
    }
}
