namespace Federation.Application;

/// <summary>A loop that lives by the clock alone.</summary>
internal static class Periodic
{
    /// <summary>One pass after the other; one that fails is told of, and the next one follows.</summary>
    public static async Task RunAsync(TimeSpan every, TimeProvider clock, Func<CancellationToken, Task> pass, Action<Exception> failed, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(every, clock);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            try
            {
                await pass(cancellation);
            }
            catch (Exception error) when (!cancellation.IsCancellationRequested)
            {
                failed(error);
            }
        }
    }
}
