using Federation.Harness.Machine;

namespace Federation.Scenarios.Harness;

/// <summary>Waits for what must become true; the test fails with what was missing.</summary>
internal static class Eventually
{
    /// <summary>
    /// Longer than the minute from one collection of dead containers to the kubelet's next (its ContainerGCPeriod, a constant): the 1.20
    /// of these nodes now and then loses a container's end, one pod in eight under load, and such a pod goes with the next collection only.
    /// </summary>
    internal const int Seconds = 150;

    internal static Task HoldsAsync(string what, Func<Task<string?>> look, int seconds = Seconds) =>
        new Readiness(TimeProvider.System).UntilAsync(what, TimeSpan.FromSeconds(seconds), _ => look(), TestContext.Current.CancellationToken);

    /// <summary>Waits until there is something, and returns it.</summary>
    internal static async Task<string> GetAsync(string what, Func<Task<string?>> look, int seconds = Seconds)
    {
        string? found = null;
        await HoldsAsync(what, async () => (found = await look()) is null ? "there is none" : null, seconds);
        return found!;
    }
}
