using System.Diagnostics;
using Federation.Benchmarks.Leases;

namespace Federation.Benchmarks.Metering;

/// <summary>What some work took of this machine.</summary>
/// <param name="MiB">Resident at most while it ran, beyond what was resident before.</param>
internal sealed record Effort(double Seconds, double ProcessorSeconds, double MiB)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    public static async Task<Effort> OfAsync(Func<Task> work)
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        var (before, processor, begin) = (Resident, Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        var running = work();
        var most = before;
        while (!running.IsCompleted)
        {
            most = Math.Max(most, Resident);
            await Task.WhenAny(running, Task.Delay(Look, TimeProvider.System));
        }

        await running;
        return new Effort(Stopwatch.GetElapsedTime(begin).TotalSeconds, (Environment.CpuUsage.TotalTime - processor).TotalSeconds, Math.Max(most, Resident) - before);
    }

    private static double Resident => OperatorProcess.ResidentMiB(Environment.ProcessId);
}
