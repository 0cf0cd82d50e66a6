using System.Diagnostics;
using System.Net;
using Federation.Host.Tests.Support;
using Federation.Testing;

namespace Federation.Host.Tests;

/// <summary>The spool as its own program, on a disk that is full and when it is stopped: it vouches for nothing that it did not see or could not keep.</summary>
public sealed class SpoolProcessTests : IAsyncDisposable
{
    private const string Token = "a-word-of-the-spool";

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("federation-spool-");
    private readonly HttpClient http;
    private readonly Dictionary<string, string> settings;
    private OperatorProcess? program;
    private bool isMounted;

    public SpoolProcessTests()
    {
        var url = $"http://127.0.0.1:{FreePorts.Take()}";
        http = new HttpClient { BaseAddress = new Uri(url), DefaultRequestHeaders = { { "Authorization", "Bearer " + Token } } };
        var token = Path.Combine(folder.FullName, "token");
        File.WriteAllText(token, Token);
        settings = new Dictionary<string, string> { ["Spool:Folder"] = Disk, ["Spool:BearerTokenFile"] = token, ["Spool:Listen"] = url, ["Spool:CgroupRoot"] = "/nothing-runs-here" };
        Directory.CreateDirectory(Disk);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    private string Disk => Path.Combine(folder.FullName, "disk");

    public async ValueTask DisposeAsync()
    {
        program?.Terminate();
        if (program is not null) await program.EndAsync(CancellationToken.None);
        program?.Dispose();
        http.Dispose();
        if (isMounted) Run("umount", Disk);
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task FullDisk_IsSaid_AndNotVouchedFor_UntilWhatWasSeenIsWritten()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Mounting a small file system needs root.");
        Run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", Disk);
        isMounted = true;
        await FillAsync();
        await StartAsync();
        await UntilAsync(async () => (await http.GetAsync("/healthz", Cancellation)).StatusCode == HttpStatusCode.ServiceUnavailable);
        await program!.SaysAsync("Make room in", Cancellation);
        var seen = Now;
        await WaitAsync(TimeSpan.FromSeconds(3));
        var full = Now;
        Assert.Contains("has seen nothing of its node by then", await LackAsync(seen, full), StringComparison.Ordinal);
        // What could not be written leaves nothing behind that would fill it further.
        Assert.Equal(["filler"], Directory.EnumerateFiles(Disk).Select(Path.GetFileName));

        File.Delete(Path.Combine(Disk, "filler"));
        await UntilAsync(async () => await LackAsync(seen, full) is null);
        await UntilAsync(async () => (await http.GetAsync("/healthz", Cancellation)).StatusCode == HttpStatusCode.OK);
        Assert.Equal("ok", await http.GetStringAsync("/healthz", Cancellation));
    }

    [Fact]
    public async Task Stopped_AndContinued_SaysTheHole()
    {
        await StartAsync();
        var seen = Now;
        await UntilAsync(async () => await LackAsync(seen, seen + 500) is null);
        var stopped = Now;
        program!.Signal("STOP");
        await WaitAsync(TimeSpan.FromSeconds(11));
        program.Signal("CONT");
        var continued = Now;

        await UntilAsync(async () => await LackAsync(continued + 500, continued + 1000) is null);
        Assert.Contains("not after", await LackAsync(seen, stopped + 5000), StringComparison.Ordinal);
        Assert.Contains("not before", await LackAsync(seen, continued + 1000), StringComparison.Ordinal);
        Assert.Null(await LackAsync(seen, seen + 500));
    }

    [Fact]
    public async Task JsonLog_IsAnObjectALine_WithWhatIsWrongAndTheNextStep_AndWithoutTheToken()
    {
        // A pod's cgroup that cannot be read.
        var cgroups = Path.Combine(folder.FullName, "cgroups");
        var pod = Directory.CreateDirectory(Path.Combine(cgroups, "kubepods", "burstable", $"pod{Guid.NewGuid()}"));
        await File.WriteAllTextAsync(Path.Combine(cgroups, "cgroup.controllers"), "", Cancellation);
        (settings["Spool:Log:Format"], settings["Spool:Cgroups"], settings["Spool:CgroupRoot"]) = ("json", cgroups, "");
        await StartAsync();
        await program!.SaysAsync("Pods are not seen", Cancellation);
        await LackAsync(Now, Now);
        pod.Delete();
        await program.SaysAsync("Samples are kept again", Cancellation);

        var lines = JsonLines.Read(program.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries), Token);
        var wrong = lines.Single(l => l.GetProperty("Message").GetString()!.StartsWith("Pods are not seen: A pod's cgroup is there and cannot be read. See that", StringComparison.Ordinal));
        Assert.Equal("Error", wrong.GetProperty("LogLevel").GetString());
        Assert.Equal(cgroups, wrong.GetProperty("State").GetProperty("Cgroups").GetString());
        Assert.Equal("Information", lines.Single(l => l.GetProperty("Message").GetString() == "Samples are kept again.").GetProperty("LogLevel").GetString());
    }

    private async Task StartAsync()
    {
        program = OperatorProcess.Start(settings, "spool");
        await program.SaysAsync("Application started", Cancellation);
    }

    /// <returns>What it says it cannot vouch for; null when nothing.</returns>
    private async Task<string?> LackAsync(long fromMs, long throughMs)
    {
        using var query = new FormUrlEncodedContent([
            new("query", $"container_cpu_usage_seconds_total{{id=~\".+\"}}[{throughMs - fromMs}ms]"), new("time", FormattableString.Invariant($"{throughMs / 1000m}")),
        ]);
        using var answer = await http.PostAsync("/api/v1/query", query, Cancellation);
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return text.Contains("warnings", StringComparison.Ordinal) ? text : null;
    }

    private async Task FillAsync()
    {
        await using var file = File.Create(Path.Combine(Disk, "filler"), 1);
        try
        {
            while (true) await file.WriteAsync(new byte[64], Cancellation);
        }
        catch (IOException)
        {
            // That is all there was.
        }
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while (!await isSo()) await timer.WaitForNextTickAsync(limit.Token);
    }

    private static async Task WaitAsync(TimeSpan time)
    {
        using var timer = new PeriodicTimer(time);
        await timer.WaitForNextTickAsync(Cancellation);
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
