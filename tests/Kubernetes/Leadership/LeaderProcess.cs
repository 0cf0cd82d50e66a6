using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Leadership;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Kubernetes.Tests.Leadership;

/// <summary>
/// A candidate in a process of its own: this very test program, started with an environment variable.
/// While it leads it makes one ConfigMap after another through a fenced client, and says so.
/// </summary>
internal sealed class LeaderProcess : IDisposable
{
    public const string Mode = "FEDERATION_TEST_LEADER";
    private const int Stop = 19;
    private const int Continue = 18;
    private const int Terminate = 15;

    private readonly Process process;
    private readonly Lock guard = new();
    private readonly List<string> lines = [];

    public LeaderProcess(ApiServer server, string @namespace, string identity)
    {
        Identity = identity;
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(LeaderProcess).Assembly.Location);
        }

        start.Environment[Mode] = $"{server.KubeConfigPath}|{@namespace}|{identity}";
        process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Note(line.Data);
        process.ErrorDataReceived += (_, line) => Note(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Identity { get; }

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (guard)
            {
                return [.. lines];
            }
        }
    }

    /// <summary>Effects so far.</summary>
    public int Effects => Lines.Count(line => line.StartsWith("effect", StringComparison.Ordinal));

    /// <summary>Number of the last term that it led; 0 for none.</summary>
    public int Epoch => Lines.Where(line => line.StartsWith("leads ", StringComparison.Ordinal))
        .Select(line => int.Parse(line[6..], CultureInfo.InvariantCulture)).LastOrDefault();

    public void Suspend() => Signal(Stop);

    public void Wake() => Signal(Continue);

    public void AskToStop() => Signal(Terminate);

    public Task WaitForExitAsync() => process.WaitForExitAsync();

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
            process.WaitForExit();
        }

        process.Dispose();
    }

    /// <summary>What the child does until it is asked to stop.</summary>
    public static async Task StandAsync(string[] settings)
    {
        using var client = new KubernetesClient(KubeConfig.Load(settings[0]));
        using var stop = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });
        var elector = new LeaderElector(client, new LeaderElectionOptions
        {
            Namespace = settings[1],
            Name = "election",
            Identity = settings[2],
            LeaseDuration = TimeSpan.FromSeconds(8),
            RenewDeadline = TimeSpan.FromSeconds(6),
            RetryPeriod = TimeSpan.FromSeconds(1),
        });
        Say("standing");
        await elector.RunAsync(term => LeadAsync(client.WithFence(term), settings[1], settings[2], term), stop.Token);
        Say("ended");
    }

    // The loop looks at no flag: only the fence keeps it from writing after its term.
    private static async Task LeadAsync(KubernetesClient fenced, string space, string identity, LeadershipTerm term)
    {
        Say($"leads {term.Epoch}");
        for (var number = 1; ; number++)
        {
            try
            {
                var effect = Manifests.ConfigMap(space, "", ("epoch", term.Epoch.ToString(CultureInfo.InvariantCulture)), ("by", identity));
                await fenced.Resource<V1ConfigMap>().CreateAsync(effect with { Metadata = new() { GenerateName = "effect-", Namespace = space } });
                Say($"effect {term.Epoch} {number}");
                // Long enough that who reads of the effect stops the process before the next one, on a busy machine too.
                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, CancellationToken.None);
                if (term.LeadershipLost.IsCancellationRequested && term.IsLeader)
                {
                    Say("asked to stop");
                    return;
                }
            }
            catch (LeadershipLostException)
            {
                Say($"fenced {term.Epoch}");
                return;
            }
        }
    }

    private static void Say(string line)
    {
        Console.Out.WriteLine(line);
        Console.Out.Flush();
    }

    private void Note(string? line)
    {
        if (line is not null)
        {
            lock (guard)
            {
                lines.Add(line);
            }
        }
    }

    private void Signal(int signal) => Assert.Equal(0, kill(process.Id, signal));

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
#pragma warning disable CA5392, SYSLIB1054, IDE1006 // The C library's own name.
    private static extern int kill(int pid, int signal);
#pragma warning restore CA5392, SYSLIB1054, IDE1006
}
