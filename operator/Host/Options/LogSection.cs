using Federation.Application.Settings;

namespace Federation.Host.Options;

/// <summary>What a line of the log looks like.</summary>
public sealed class LogSection
{
    public const string Text = "text";
    public const string Json = "json";

    private static readonly LogLevel[] Levels = [LogLevel.Debug, LogLevel.Information, LogLevel.Warning, LogLevel.Error];

    /// <summary><c>text</c>: a sentence a line, for people. <c>json</c>: an object a line, for who collects logs; each that is about a lease has its id in <c>Scopes</c> or <c>State</c> as <c>Lease</c>.</summary>
    public string Format { get; set; } = Text;

    /// <summary>The least that a line of the program's own is about: <c>Debug</c>, <c>Information</c>, <c>Warning</c> or <c>Error</c>.</summary>
    [Reloadable]
    public string Level { get; set; } = nameof(LogLevel.Information);

    /// <summary>The same, as it is logged by.</summary>
    internal LogLevel Least => Enum.TryParse<LogLevel>(Level, ignoreCase: true, out var level) && Levels.Contains(level) ? level : LogLevel.Information;

    public IEnumerable<string> Faults()
    {
        if (Format is not (Text or Json)) yield return $"Log:Format '{Format}' must be {Text} or {Json}.";
        if (!Levels.Any(l => $"{l}".Equals(Level, StringComparison.OrdinalIgnoreCase))) yield return $"Log:Level '{Level}' must be {string.Join(", ", Levels[..^1])} or {Levels[^1]}.";
    }
}
