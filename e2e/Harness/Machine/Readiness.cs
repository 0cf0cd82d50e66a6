using Federation.Chain;
using Federation.Ethereum.JsonRpc;
using Federation.Gateway;

namespace Federation.Harness.Machine;

/// <summary>Waits for a condition, looking again and again with a limit.</summary>
internal sealed class Readiness(TimeProvider clock)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(150);

    /// <summary>Looks until <paramref name="look"/> says null for "ready"; otherwise it says what is missing.</summary>
    /// <exception cref="HarnessException">Not ready in time; the message holds what was missing last, and the end of the part's log.</exception>
    internal async Task UntilAsync(string what, TimeSpan limit, Func<CancellationToken, Task<string?>> look, CancellationToken ct,
        OwnedProcess? process = null, string? logPath = null)
    {
        var started = clock.GetTimestamp();
        while (true)
        {
            var missing = await TryAsync(look, ct);
            if (missing is null) return;
            var dead = process is not null && !OwnedProcesses.IsAlive(process);
            if (dead || clock.GetElapsedTime(started) > limit)
                throw new HarnessException(
                    $"{what} {(dead ? "ended at once" : $"is not ready after {limit.TotalSeconds:0} s")}: {missing}{Tail(logPath)}");
            await Task.Delay(Interval, clock, ct);
        }
    }

    private static async Task<string?> TryAsync(Func<CancellationToken, Task<string?>> look, CancellationToken ct)
    {
        try
        {
            return await look(ct);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or HarnessException
            or GatewayException or RpcTransportException or ContractCallException { InnerException: RpcTransportException }
            || (error is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return error.Message;
        }
    }

    private static string Tail(string? logPath)
    {
        if (logPath is null || !File.Exists(logPath)) return "";
        return $"\n  the end of {logPath}:\n    {string.Join("\n    ", File.ReadLines(logPath).TakeLast(8))}";
    }
}
