using Federation.Harness.Machine;

namespace Federation.Scenarios.Harness;

/// <summary>What nobody may do who asks for it.</summary>
internal static class Forbidden
{
    /// <summary>A server that says "later" is asked again; one that does it is at fault at once.</summary>
    internal static Task AssertAsync(Func<string[], Task<Command.Result>> kubectl, params string[] command) => Eventually.HoldsAsync($"kubectl {string.Join(' ', command)} is forbidden", async () =>
    {
        var answer = await kubectl(command);
        Assert.True(answer.ExitCode != 0, $"kubectl {string.Join(' ', command)} says {answer.Output}");
        return answer.Error.Contains("forbidden", StringComparison.OrdinalIgnoreCase) ? null : answer.Error;
    });
}
