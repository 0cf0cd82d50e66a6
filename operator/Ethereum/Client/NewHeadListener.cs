using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Federation.Ethereum.Client;

/// <summary>
/// Listens for new heads over WebSocket and reconnects forever. A hint only, never a source of truth: messages are
/// lost in reconnections, and a slow reader gets the newest head, not each.
/// </summary>
/// <param name="endpoint">A ws or wss URL.</param>
/// <param name="options">Limits.</param>
/// <param name="time">The clock.</param>
/// <param name="onFault">Told of each lost connection; must not throw.</param>
public sealed class NewHeadListener(Uri endpoint, NewHeadOptions? options = null, TimeProvider? time = null, Action<Exception>? onFault = null)
{
    private readonly NewHeadOptions options = options ?? new NewHeadOptions();
    private readonly TimeProvider time = time ?? TimeProvider.System;

    /// <summary>Yields hints until cancelled. Each enumeration has its own connection.</summary>
    public async IAsyncEnumerable<NewHead> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var hints = Channel.CreateBounded<NewHead>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        var pump = PumpAsync(hints.Writer, stop.Token);
        try
        {
            await foreach (var hint in hints.Reader.ReadAllAsync(cancellationToken))
                yield return hint;
        }
        finally
        {
            await stop.CancelAsync();
            await pump;
        }
    }

    private async Task PumpAsync(ChannelWriter<NewHead> hints, CancellationToken ct)
    {
        var failures = 0;
        while (!ct.IsCancellationRequested)
        {
            try
            {
                using var connection = await NewHeadConnection.OpenAsync(endpoint, options, time, ct);
                hints.TryWrite(new NewHead(null, null));
                while (true)
                {
                    hints.TryWrite(await connection.NextAsync(ct));
                    failures = 0;
                }
            }
            catch (Exception e)
            {
                if (ct.IsCancellationRequested)
                    return;
                onFault?.Invoke(e);
            }
            await WaitAsync(failures++, ct);
        }
    }

    private async Task WaitAsync(int failures, CancellationToken ct)
    {
        var full = Math.Min(options.MaxDelay.Ticks, options.BaseDelay.Ticks * Math.Pow(2, Math.Min(failures, 30)));
        // Half fixed, half random: listeners of a restarted node must not return all at once.
        var delay = TimeSpan.FromTicks((long)(full * (0.5 + (0.5 * Random.Shared.NextDouble()))));
        await Task.Delay(delay, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
