using System.Diagnostics;

namespace Federation.Host.Tests.Support;

/// <summary>The program itself, as a container starts it.</summary>
internal sealed class OperatorProcess : IDisposable
{
    private readonly Process process;
    private readonly List<string> lines = [];

    private OperatorProcess(Process process) => this.process = process;

    public static OperatorProcess Start(IReadOnlyDictionary<string, string> configuration, params string[] verb)
    {
        // OPERATOR=<path> tries a published program instead: what trimming breaks shows there.
        var published = Environment.GetEnvironmentVariable("OPERATOR");
        string[] arguments = published is null ? [Path.Combine(AppContext.BaseDirectory, "federation-operator.dll")] : [];
        return StartProgram(published ?? "dotnet", [.. arguments, .. verb], configuration);
    }

    /// <summary>The same by another program, which starts it.</summary>
    public static OperatorProcess StartProgram(string program, string[] arguments, IReadOnlyDictionary<string, string> configuration)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (key, value) in configuration) start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        var started = new OperatorProcess(new Process { StartInfo = start });
        started.process.OutputDataReceived += started.Take;
        started.process.ErrorDataReceived += started.Take;
        started.process.Start();
        started.process.BeginOutputReadLine();
        started.process.BeginErrorReadLine();
        return started;
    }

    public string Output
    {
        get
        {
            lock (lines) return string.Join('\n', lines);
        }
    }

    /// <summary>What it has in memory, as the kernel lists it.</summary>
    public string Maps => File.ReadAllText($"/proc/{process.Id}/maps");

    /// <summary>Where it said that it listens.</summary>
    public Uri ListensAt => new(Output.Split("Now listening on: ")[1].Split('\n', '"')[0].Trim());

    /// <summary>Waits until the program has said something.</summary>
    public async Task SaysAsync(string text, CancellationToken cancellation, int seconds = 60)
    {
        var started = TimeProvider.System.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (!Output.Contains(text, StringComparison.Ordinal))
        {
            Assert.False(process.HasExited, $"ended before it said '{text}': {Output}");
            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(seconds), $"did not say '{text}' within {seconds} s: {Output}");
            await timer.WaitForNextTickAsync(cancellation);
        }
    }

    /// <summary>SIGTERM, as a kubelet sends it.</summary>
    public void Terminate() => Signal("TERM");

    /// <param name="name">As <c>kill</c> knows it.</param>
    public void Signal(string name) => Process.Start("kill", [$"-{name}", $"{process.Id}"]).WaitForExit();

    public async Task<int> EndAsync(CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        await process.WaitForExitAsync(limit.Token);
        return process.ExitCode;
    }

    public void Dispose()
    {
        if (!process.HasExited) process.Kill();
        process.Dispose();
    }

    private void Take(object sender, DataReceivedEventArgs line)
    {
        lock (lines)
            if (line.Data is { } text) lines.Add(text);
    }
}
