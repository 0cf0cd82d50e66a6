namespace Federation.Ethereum.Tests.Tools;

/// <summary>Foundry's command-line implementation. Slow to start: for small samples.</summary>
internal static class Cast
{
    public static async Task<string> RunAsync(params string[] arguments) =>
        (await ExternalTool.RunAsync(ExternalTool.Find("cast"), null, "", arguments)).Trim();
}
