using System.Diagnostics;
using System.Text;
using Federation.Harness.Demo;

namespace Federation.Scenarios.Money;

/// <summary><c>federation-operator countersign</c> as it is shipped, and what it says.</summary>
internal sealed class CountersigningAgent : IDisposable
{
    private readonly Process process;
    private readonly StringBuilder said = new();

    private CountersigningAgent(IReadOnlyList<string> settings, string folder)
    {
        var start = new ProcessStartInfo(DemoDatacenter.OperatorProgram, ["countersign", .. settings]) { WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        process = Process.Start(start)!;
        process.StandardInput.Close();
        process.OutputDataReceived += Hear;
        process.ErrorDataReceived += Hear;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Said
    {
        get
        {
            lock (said) return said.ToString();
        }
    }

    /// <param name="settings">Of section <c>Countersign</c>, as on a command line.</param>
    /// <param name="folder">Where it runs.</param>
    public static CountersigningAgent Start(IReadOnlyList<string> settings, string folder) => new(settings, folder);

    /// <returns>What it ended with.</returns>
    public async Task<int> EndAsync(CancellationToken cancellation)
    {
        await process.WaitForExitAsync(cancellation);
        return process.ExitCode;
    }

    public void Dispose()
    {
        if (!process.HasExited) process.Kill();
        process.WaitForExit();
        process.Dispose();
    }

    private void Hear(object sender, DataReceivedEventArgs heard)
    {
        if (heard.Data is not { } line) return;
        lock (said) said.AppendLine(line);
    }
}
