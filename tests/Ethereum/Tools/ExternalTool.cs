using System.Diagnostics;

namespace Federation.Ethereum.Tests.Tools;

/// <summary>Finds and runs the programs that the tests compare with.</summary>
internal static class ExternalTool
{
    private static string CacheHome => Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } set
        ? set
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");

    public static string CacheFolder => Path.Combine(CacheHome, "federation");

    /// <summary>The path of a provisioned program.</summary>
    public static string Find(string name)
    {
        var folder = Environment.GetEnvironmentVariable("FEDERATION_TOOLS") is { Length: > 0 } set
            ? set
            : Path.Combine(CacheFolder, "tools", "bin");
        var path = Path.Combine(folder, name);
        return File.Exists(path) ? path : throw new InvalidOperationException($"{path} is missing: run `make tools`");
    }

    public static ProcessStartInfo StartInfo(string file, string? folder, params IEnumerable<string> arguments)
    {
        var info = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? Path.GetTempPath(),
        };
        return info;
    }

    /// <summary>Runs to the end and returns standard output; anything but exit code 0 fails the test with the error text.</summary>
    public static async Task<string> RunAsync(string file, string? folder, string input, params IEnumerable<string> arguments)
    {
        using var process = Process.Start(StartInfo(file, folder, arguments))!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        try
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program ended early; its exit code and error text tell why.
        }
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{Path.GetFileName(file)} ended with {process.ExitCode}: {await error}");
        return await output;
    }
}
