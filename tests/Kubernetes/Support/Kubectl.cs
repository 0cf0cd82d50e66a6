using System.Diagnostics;

namespace Federation.Kubernetes.Tests.Support;

/// <summary>The other implementation that ours is compared with.</summary>
internal static class Kubectl
{
    public static async Task<string> RunAsync(ApiServer server, params string[] arguments)
    {
        var (code, output, errors) = await EndAsync(server, arguments);
        Assert.True(code == 0, $"kubectl {string.Join(' ', arguments)}: {errors}");
        return output;
    }

    /// <summary>What it printed, also when it failed.</summary>
    public static async Task<string> TryAsync(ApiServer server, params string[] arguments)
    {
        var (_, output, errors) = await EndAsync(server, arguments);
        return output + errors;
    }

    private static async Task<(int Code, string Output, string Errors)> EndAsync(ApiServer server, string[] arguments)
    {
        var start = new ProcessStartInfo(Programs.Kubectl, ["--kubeconfig", server.KubeConfigPath, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // What it remembers of a server it keeps by the server's port, which may have been another server's.
        start.Environment["KUBECACHEDIR"] = Path.Combine(Path.GetDirectoryName(server.KubeConfigPath)!, "kubectl-cache");
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, errors);
    }
}
