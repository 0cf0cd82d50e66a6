using System.CommandLine;

namespace Federation.Cli.Verbs;

/// <summary>The file that evidence is kept in. What is wrong with it is said before a datacenter is asked for anything.</summary>
internal static class EvidenceFile
{
    /// <exception cref="CliException">It cannot be read.</exception>
    public static async Task<string[]> ReadAsync(Option<string> option, string path, CancellationToken cancellation)
    {
        if (Directory.Exists(path)) throw Wrong(option, path, "is a folder: name the file that --export has written");
        if (!File.Exists(path)) throw Wrong(option, path, "is not there: name the file that --export has written");
        try
        {
            return await File.ReadAllLinesAsync(path, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Wrong(option, path, $"cannot be read: {e.Message}", e);
        }
    }

    /// <exception cref="CliException">No file can come there.</exception>
    public static void CheckTarget(Option<string> option, string path)
    {
        if (path.Length == 0) throw Wrong(option, path, "names no file");
        if (Directory.Exists(path)) throw Wrong(option, path, "is a folder: name a file in it");
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder)) throw Wrong(option, path, $"cannot be written: there is no folder {folder}");
    }

    /// <exception cref="CliException">It cannot be written.</exception>
    public static async Task WriteAsync(Option<string> option, string path, IEnumerable<string> lines, CancellationToken cancellation)
    {
        try
        {
            await File.WriteAllLinesAsync(path, lines, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Wrong(option, path, $"cannot be written: {e.Message}", e);
        }
    }

    private static CliException Wrong(Option<string> option, string path, string what, Exception? inner = null) => new(ExitCodes.Usage, $"{option.Name} '{path}' {what.TrimEnd('.')}.", inner);
}
