using System.Text.Json;

namespace Federation.Host.Options;

/// <summary>
/// The options of a program: what it was started with, and before that what its settings file says now. At the start all of the file
/// counts; afterwards it may change reloadable options alone.
/// </summary>
/// <param name="start">Environment, command line and appsettings.json.</param>
/// <param name="section">Of it, the program's.</param>
/// <param name="check">All that is wrong with options, for people.</param>
internal sealed class SettingsFile<T>(IConfiguration start, string section, Func<T, IEnumerable<string>> check)
    where T : class, new()
{
    private const string Own = "SettingsFile";

    // As it was at the start: nothing of it changes.
    private readonly KeyValuePair<string, string?>[] given = [.. start.AsEnumerable()];

    /// <summary>Where it is; empty: there is none.</summary>
    public string Path { get; } = start[$"{section}:{Own}"] ?? "";

    /// <summary>What it says as text; and in its place what is in the way of reading it.</summary>
    public (string Text, string? Fault) Text()
    {
        if (Path.Length == 0) return ("", null);
        try
        {
            return (File.ReadAllText(Path), null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ("", $"{section}:{Own}: '{Path}' cannot be read: {e.Message}");
        }
    }

    /// <returns>The options as they are now, and all that is wrong with them.</returns>
    public (T Options, IReadOnlyList<string> Faults) Read() => Read(Text());

    /// <inheritdoc cref="Read()"/>
    /// <param name="said">By <see cref="Text"/>.</param>
    public (T Options, IReadOnlyList<string> Faults) Read((string Text, string? Fault) said)
    {
        var (file, faults) = Parse(said);
        var settings = new ConfigurationBuilder().AddInMemoryCollection(given);
        if (file is not null) settings.AddConfiguration(file);
        var (options, unread) = SettingsReader.Read<T>(settings.Build().GetSection(section));
        return (options, [.. faults, .. SettingsReader.All(unread, check(options))]);
    }

    /// <summary>What is wrong with options whatever the file says, such as a certificate that is being renewed.</summary>
    public IEnumerable<string> Check(T options) => check(options);

    private (IConfiguration? File, IReadOnlyList<string> Faults) Parse((string Text, string? Fault) said)
    {
        if (said.Fault is { } fault) return (null, [fault]);
        if (Path.Length == 0) return (null, []);
        try
        {
            using var stream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(said.Text));
            var file = new ConfigurationBuilder().AddJsonStream(stream).Build();
            var foreign = file.GetChildren().Where(c => !c.Key.Equals(section, StringComparison.OrdinalIgnoreCase)).Select(c => $"{c.Key} in '{Path}' is no section of this program: it has {section} alone.");
            string[] itself = file[$"{section}:{Own}"] is null ? [] : [$"{section}:{Own} cannot stand in '{Path}' itself."];
            return (file, [.. foreign, .. itself]);
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidDataException)
        {
            return (null, [$"{section}:{Own}: '{Path}' is no object in JSON: {e.InnerException?.Message ?? e.Message}"]);
        }
    }
}
