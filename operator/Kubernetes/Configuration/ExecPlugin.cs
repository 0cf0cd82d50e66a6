using System.ComponentModel;
using System.Diagnostics;

namespace Federation.Kubernetes.Configuration;

/// <summary>Runs a credential plugin: bounded in time and in output, and never left behind.</summary>
internal static class ExecPlugin
{
    private const int MaxOutput = 1 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <returns>What the plugin printed.</returns>
    /// <exception cref="KubeConfigException">It is not installed, failed, or took too long.</exception>
    public static async Task<string> RunAsync(ExecConfig config, string info, string folder, TimeProvider time, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var process = Start(config, info, folder);
        try
        {
            var output = ReadAsync(process.StandardOutput, either.Token);
            var errors = ReadAsync(process.StandardError, either.Token);
            await process.WaitForExitAsync(either.Token);
            var text = await output;
            return process.ExitCode == 0
                ? text
                : throw new KubeConfigException($"The credential plugin {config.Command} ended with {process.ExitCode}: {await errors}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new KubeConfigException($"The credential plugin {config.Command} did not end within {Patience.TotalSeconds:F0} s.");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static Process Start(ExecConfig config, string info, string folder)
    {
        var command = config.Command ?? throw new KubeConfigException("The user's exec section names no command.");
        // A path is relative to the kubeconfig; a bare name is searched in PATH.
        var file = command.Contains('/', StringComparison.Ordinal) ? Path.Combine(folder, command) : command;
        var start = new ProcessStartInfo(file, config.Args ?? [])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment["KUBERNETES_EXEC_INFO"] = info;
        foreach (var variable in config.Env ?? [])
        {
            start.Environment[variable.Name] = variable.Value;
        }

        try
        {
            var process = Process.Start(start)!;
            process.StandardInput.Close();
            return process;
        }
        catch (Win32Exception failure)
        {
            throw new KubeConfigException($"Cannot run the credential plugin {command}: {failure.Message}. {config.InstallHint}".Trim(), failure);
        }
    }

    private static async Task<string> ReadAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        var buffer = new char[MaxOutput];
        var length = await reader.ReadBlockAsync(buffer, cancellationToken);
        return new string(buffer, 0, length);
    }
}
