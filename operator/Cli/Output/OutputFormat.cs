namespace Federation.Cli.Output;

/// <summary>How data is written, as kubectl's <c>-o</c> has it.</summary>
internal enum OutputFormat
{
    Table,
    Wide,
    Json,
    Yaml,
    Name,
}

internal static class OutputFormats
{
    /// <summary>The words that <c>-o</c> takes.</summary>
    public static IReadOnlyList<string> Words { get; } = ["wide", "json", "yaml", "name"];

    /// <exception cref="CliException">Another word.</exception>
    public static OutputFormat Parse(string? word) => word switch
    {
        null or "" => OutputFormat.Table,
        "wide" => OutputFormat.Wide,
        "json" => OutputFormat.Json,
        "yaml" => OutputFormat.Yaml,
        "name" => OutputFormat.Name,
        _ => throw new CliException(ExitCodes.Usage, $"-o {word}: there are {string.Join(", ", Words)}."),
    };
}
