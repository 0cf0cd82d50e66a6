using Federation.Harness.Machine;

namespace Federation.Scenarios.Harness;

/// <summary>Waits for what must become true; the test fails with what was missing.</summary>
internal static class Eventually
{
    internal static Task HoldsAsync(string what, Func<Task<string?>> look, int seconds = 60) =>
        new Readiness(TimeProvider.System).UntilAsync(what, TimeSpan.FromSeconds(seconds), _ => look(), TestContext.Current.CancellationToken);

    /// <summary>Waits until there is something, and returns it.</summary>
    internal static async Task<string> GetAsync(string what, Func<Task<string?>> look, int seconds = 60)
    {
        string? found = null;
        await HoldsAsync(what, async () => (found = await look()) is null ? "there is none" : null, seconds);
        return found!;
    }
}
