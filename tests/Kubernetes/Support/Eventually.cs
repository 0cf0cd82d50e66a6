using System.Runtime.CompilerServices;

namespace Federation.Kubernetes.Tests.Support;

/// <summary>Waits for a condition; fails with the condition's own text.</summary>
internal static class Eventually
{
    public static Task TrueAsync(Func<bool> condition, int seconds = 30, [CallerArgumentExpression(nameof(condition))] string? what = null) =>
        TrueAsync(() => Task.FromResult(condition()), seconds, what);

    public static async Task TrueAsync(Func<Task<bool>> condition, int seconds = 30, [CallerArgumentExpression(nameof(condition))] string? what = null)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(seconds), $"not within {seconds} s: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System, CancellationToken.None);
        }
    }
}
