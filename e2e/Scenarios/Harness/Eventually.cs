using Federation.Harness.Machine;

namespace Federation.Scenarios.Harness;

/// <summary>Waits for what must become true; the test fails with what was missing.</summary>
internal static class Eventually
{
    internal static Task HoldsAsync(string what, Func<Task<string?>> look, int seconds = 60) =>
        new Readiness(TimeProvider.System).UntilAsync(what, TimeSpan.FromSeconds(seconds), _ => look(), TestContext.Current.CancellationToken);
}
