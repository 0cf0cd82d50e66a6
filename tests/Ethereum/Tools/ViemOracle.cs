using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using Federation.Ethereum.Tests.Tools;

[assembly: AssemblyFixture(typeof(ViemOracle))]

namespace Federation.Ethereum.Tests.Tools;

/// <summary>viem in a Node process: answers thousands of cases per second. Installed once per lock file, outside the checkout.</summary>
public sealed class ViemOracle : IAsyncLifetime
{
    private static readonly string Source = Path.Combine(Repository.Root, "tests", "Ethereum");
    private readonly SemaphoreSlim turn = new(1);
    private Process? node;

    public async ValueTask InitializeAsync()
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(Source, "package-lock.json"))));
        var folder = Path.Combine(ExternalTool.CacheFolder, "npm", hash);
        if (!Directory.Exists(folder))
            await InstallAsync(folder);
        node = Process.Start(ExternalTool.StartInfo("node", folder, Path.Combine(Source, "Oracle", "oracle.mjs")));
    }

    private static async Task InstallAsync(string folder)
    {
        // Installed beside and moved into place, so that a broken or parallel run leaves no half folder.
        var fresh = $"{folder}.{Environment.ProcessId}";
        Directory.CreateDirectory(fresh);
        foreach (var name in (string[])["package.json", "package-lock.json"])
            File.Copy(Path.Combine(Source, name), Path.Combine(fresh, name), overwrite: true);
        await ExternalTool.RunAsync("npm", fresh, "", "ci", "--ignore-scripts", "--no-audit", "--no-fund");
        try
        {
            Directory.Move(fresh, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            Directory.Delete(fresh, recursive: true);
        }
    }

    public ValueTask DisposeAsync()
    {
        node?.Kill();
        node?.Dispose();
        turn.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>One answer per case, in order. One process serves all tests in turn: viem takes long to load.</summary>
    public async Task<IReadOnlyList<string>> AskAsync(IEnumerable<object> cases)
    {
        var lines = cases.Select(c => JsonSerializer.Serialize(c)).ToArray();
        await turn.WaitAsync();
        try
        {
            var answers = new List<string>(lines.Length);
            var asking = WriteAsync(lines);
            while (answers.Count < lines.Length)
                answers.Add(Read(await node!.StandardOutput.ReadLineAsync() ?? await FaultAsync()));
            await asking;
            return answers;
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task WriteAsync(string[] lines)
    {
        foreach (var line in lines)
            await node!.StandardInput.WriteLineAsync(line);
        await node!.StandardInput.FlushAsync();
    }

    private async Task<string> FaultAsync() =>
        throw new InvalidOperationException("the viem process ended: " + await node!.StandardError.ReadToEndAsync());

    private static string Read(string line) => line.StartsWith('"') ? JsonSerializer.Deserialize<string>(line)! : line;
}
