using System.Diagnostics;

namespace Federation.Kubernetes.Tests.Support;

/// <summary>The other implementation that ours is compared with.</summary>
internal static class Kubectl
{
    public static async Task<string> RunAsync(ApiServer server, params string[] arguments)
    {
        var start = new ProcessStartInfo(Programs.Kubectl, ["--kubeconfig", server.KubeConfigPath, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"kubectl {string.Join(' ', arguments)}: {errors}");
        return await output;
    }
}
