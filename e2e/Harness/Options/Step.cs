namespace Federation.Harness;

/// <summary>One step of starting: begun when <paramref name="Took"/> is null, else done.</summary>
public sealed record Step(string Where, string What, TimeSpan? Took);
