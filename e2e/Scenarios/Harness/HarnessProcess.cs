using System.Diagnostics;

namespace Federation.Scenarios.Harness;

/// <summary>The harness as a user runs it: a process of its own.</summary>
internal sealed class HarnessProcess : IDisposable
{
    private readonly Process process;
    private readonly Task<string> output;
    private readonly Task<string> error;

    private HarnessProcess(ProcessStartInfo start)
    {
        process = Process.Start(start)!;
        process.StandardInput.Close();
        output = process.StandardOutput.ReadToEndAsync();
        error = process.StandardError.ReadToEndAsync();
    }

    internal sealed record Ended(int ExitCode, string Output, string Error);

    internal int Id => process.Id;

    internal bool HasExited => process.HasExited;

    /// <summary>Starts it; <paramref name="environment"/> adds to this process' own.</summary>
    internal static HarnessProcess Start(string[] arguments, IReadOnlyDictionary<string, string>? environment = null, string[]? through = null)
    {
        string[] words = [.. through ?? [], "dotnet", Path.Combine(AppContext.BaseDirectory, "Federation.Harness.dll"), .. arguments];
        var start = new ProcessStartInfo(words[0], words[1..])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        return new HarnessProcess(start);
    }

    internal static async Task<Ended> RunAsync(string[] arguments, IReadOnlyDictionary<string, string>? environment = null, string[]? through = null)
    {
        using var run = Start(arguments, environment, through);
        return await run.EndAsync();
    }

    internal async Task<Ended> EndAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        await process.WaitForExitAsync(limit.Token);
        return new Ended(process.ExitCode, await output, await error);
    }

    /// <summary>kill -9 of this process alone: what it started lives on.</summary>
    internal void Kill() => process.Kill(entireProcessTree: false);

    public void Dispose() => process.Dispose();
}
