using Federation.Host.Tests.Support;
using Federation.Testing;

namespace Federation.Host.Tests.Alerts;

/// <summary>A node's spool, the program itself, that is stopped and started. Its node has no pods.</summary>
internal sealed class StoppedSpool : IAsyncDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("federation-spool-");
    private readonly string url = $"http://127.0.0.1:{FreePorts.Take()}";
    private OperatorProcess? program;

    public StoppedSpool() => File.WriteAllText(TokenFile, "a-word-of-the-spool");

    /// <summary>Of an operator that asks it.</summary>
    public (string Name, string Value)[] Settings => [("Spool:Urls:0", url), ("Spool:BearerTokenFile", TokenFile)];

    private string TokenFile => Path.Combine(folder.FullName, "token");

    public async Task StartAsync()
    {
        program = OperatorProcess.Start(
            new Dictionary<string, string> { ["Spool:Folder"] = Path.Combine(folder.FullName, "disk"), ["Spool:BearerTokenFile"] = TokenFile, ["Spool:Listen"] = url, ["Spool:CgroupRoot"] = "/nothing-runs-here" }, "spool");
        await program.SaysAsync("Application started", TestContext.Current.CancellationToken, 240);
    }

    public async Task StopAsync()
    {
        if (program is null) return;
        program.Terminate();
        await program.EndAsync(CancellationToken.None);
        program.Dispose();
        program = null;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        folder.Delete(recursive: true);
    }
}
