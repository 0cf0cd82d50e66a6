using System.Diagnostics;
using Federation.Cli.Settings;
using Federation.Domain.Leases;

namespace Federation.Cli.Access;

/// <summary>kubectl as it is on this machine: what it does well is not done here a second time.</summary>
internal static class Kubectl
{
    /// <summary>Hands the terminal over until kubectl ends.</summary>
    /// <returns>Its exit code.</returns>
    /// <exception cref="CliException">It is not on PATH.</exception>
    public static async Task<int> RunAsync(Surroundings here, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        var program = Find(here) ?? throw new CliException(ExitCodes.KubectlMissing, "kubectl is not on PATH: install it (kubernetes.io/docs/tasks/tools), 1.22 or later.");
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false };
        // Of a program that this one's output is not the process's own, kubectl's is not either.
        var isPassedOn = ReferenceEquals(here.Out, Console.Out);
        (start.RedirectStandardOutput, start.RedirectStandardError) = (!isPassedOn, !isPassedOn);
        if (!isPassedOn) Surround(start, here);
        using var process = Process.Start(start)!;
        if (!isPassedOn) await Task.WhenAll(CopyAsync(process.StandardOutput, here.Out), CopyAsync(process.StandardError, here.Error));
        try
        {
            await process.WaitForExitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            // It had the same Ctrl-C from the terminal, and ends by it; who was asked to end alone ends it as well.
            if (!process.HasExited) process.Kill();
            throw;
        }

        return process.ExitCode;
    }

    /// <summary>What it writes, unseen by the user.</summary>
    /// <returns>Null when it did not do what it was told, or is not on PATH.</returns>
    public static async Task<string?> AskAsync(Surroundings here, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        if (Find(here) is not { } program) return null;
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        Surround(start, here);
        using var process = Process.Start(start)!;
        try
        {
            var (output, _) = (process.StandardOutput.ReadToEndAsync(cancellation), process.StandardError.ReadToEndAsync(cancellation));
            await process.WaitForExitAsync(cancellation);
            return process.ExitCode == 0 ? await output : null;
        }
        catch (OperationCanceledException)
        {
            if (!process.HasExited) process.Kill();
            throw;
        }
    }

    /// <summary>A program on PATH; null when there is none.</summary>
    public static string? Find(Surroundings here, string name = "kubectl") =>
        (here.Variable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    /// <summary>The flags by which kubectl looks at a lease.</summary>
    public static IReadOnlyList<string> At(KubeconfigFile file, string context, LeaseId lease) => ["--kubeconfig", file.Path, "--context", context, "--namespace", lease.Namespace];

    // kubectl runs this program again for a credential: it shall find the same.
    private static void Surround(ProcessStartInfo start, Surroundings here)
    {
        start.Environment["HOME"] = here.Home;
        foreach (var name in SettingsReader.All.Select(s => s.Variable).Concat([SettingsReader.FileVariable, "PATH", "KUBECONFIG", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"]))
            if (here.Variable(name) is { } value) start.Environment[name] = value;
            else start.Environment.Remove(name);
    }

    private static async Task CopyAsync(StreamReader from, TextWriter to) => await to.WriteAsync(await from.ReadToEndAsync());
}
