using System.Diagnostics;

namespace Federation.Harness.Machine;

/// <summary>A program run to its end.</summary>
internal static class Command
{
    internal sealed record Result(int ExitCode, string Output, string Error);

    /// <summary>Runs it and returns what it printed.</summary>
    /// <exception cref="HarnessException">It cannot be started, or ends with another code than 0; holds what it wrote to standard error.</exception>
    internal static async Task<string> RunAsync(string file, IEnumerable<string> arguments, CancellationToken ct = default)
    {
        var list = arguments.ToList();
        var result = await TryAsync(file, list, ct);
        return result.ExitCode == 0
            ? result.Output
            : throw new HarnessException($"{Path.GetFileName(file)} {string.Join(' ', list)} failed ({result.ExitCode}): {result.Error.Trim()}");
    }

    internal static async Task<Result> TryAsync(string file, IEnumerable<string> arguments, CancellationToken ct = default)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var process = Start(start);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(ct);
        var error = process.StandardError.ReadToEndAsync(ct);
        try
        {
            await process.WaitForExitAsync(ct);
            return new Result(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            if (!process.HasExited) process.Kill();
            throw;
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            throw new HarnessException($"cannot start {start.FileName}: {error.Message}", error);
        }
    }
}
