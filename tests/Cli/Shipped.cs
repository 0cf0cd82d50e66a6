using System.Diagnostics;
using Federation.Chain.Tests.Support;

namespace Federation.Cli.Tests;

/// <summary>The one file that people get: trimmed and compiled ahead, so that what works here may be missing there.</summary>
internal static class Shipped
{
    public static string Folder { get; } = Path.Combine(Repository.Root, "artifacts", "cli");

    public static string Program => File.Exists(Path.Combine(Folder, "kubectl-compute"))
        ? Path.Combine(Folder, "kubectl-compute")
        : throw new FileNotFoundException($"There is no kubectl-compute in {Folder}: make build publishes it.");

    public static async Task<Ran> RunAsync(Shell shell, params string[] args)
    {
        var start = Of(shell, Program, args);
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(120), TimeProvider.System);
        return new Ran(process.ExitCode, await output, await error);
    }

    /// <summary>A program in a shell's folder and with its variables, which finds the shipped file on PATH.</summary>
    public static ProcessStartInfo Of(Shell shell, string program, params string[] args)
    {
        var start = new ProcessStartInfo(program, args) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("FEDERATION_", StringComparison.Ordinal) || k.StartsWith("XDG_", StringComparison.Ordinal) || k is "KUBECONFIG" or "NO_COLOR").ToArray()) start.Environment.Remove(name);
        foreach (var (name, value) in shell.Variables) start.Environment[name] = value;
        start.Environment["HOME"] = shell.Home;
        start.Environment["PATH"] = $"{Path.GetDirectoryName(Program)}:{shell.Variables.GetValueOrDefault("PATH") ?? Environment.GetEnvironmentVariable("PATH")}";
        return start;
    }
}
