using System.Diagnostics;

namespace Federation.Kubernetes.Tests.Support;

/// <summary>A program in the background with its output in a file; ended by its own process id.</summary>
internal sealed class Daemon : IDisposable
{
    private readonly Process process;
    private readonly Task output;

    public Daemon(string program, string log, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        process = Process.Start(start)!;
        Log = log;
        output = Task.WhenAll(CopyAsync(process.StandardError.BaseStream, log), CopyAsync(process.StandardOutput.BaseStream, log + ".out"));
        AppDomain.CurrentDomain.ProcessExit += OnExit;
    }

    public string Log { get; }

    public bool HasExited => process.HasExited;

    public void Kill()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        process.WaitForExit();
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        Kill();
        output.Wait(TimeSpan.FromSeconds(5));
        process.Dispose();
    }

    private void OnExit(object? sender, EventArgs e) => Kill();

    private static async Task CopyAsync(Stream from, string path)
    {
        await using var file = File.Create(path);
        await from.CopyToAsync(file);
    }
}
