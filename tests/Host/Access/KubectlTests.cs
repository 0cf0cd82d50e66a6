using System.Diagnostics;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Host.Tests.Access;

/// <summary>kubectl, as it is, with a tenant's credential.</summary>
[Collection(AccessCollection.Name)]
public sealed class KubectlTests(AccessWorld world)
{
    [Fact]
    public async Task Tenant_ReadsAndWritesItsLease()
    {
        var (code, output) = await RunAsync("", "get", "computeleases", "-o", "name");
        Assert.True(code == 0, output);
        Assert.Contains(world.Own.Id.Namespace, output, StringComparison.Ordinal);

        (code, output) = await RunAsync("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: b}\n", "apply", "-f", "-");
        Assert.True(code == 0, output);
        (code, output) = await RunAsync("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: c}\n", "apply", "-f", "-");
        Assert.Contains("configured", output, StringComparison.Ordinal);
        Assert.Contains("c", (await RunAsync("", "get", "configmap", "settings", "-o", "jsonpath={.data.a}")).Output, StringComparison.Ordinal);
        Assert.Contains("settings", (await RunAsync("", "describe", "configmap", "settings")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("", "create", "secret", "generic", "keys", "--from-literal=a=b")).Code);
        Assert.Equal(0, (await RunAsync("", "delete", "secret", "keys")).Code);
        Assert.Contains("deleted", (await RunAsync("", "delete", "configmap", "settings")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("yes", "get", "pods")]
    [InlineData("no", "create", "pods --subresource=attach")]
    [InlineData("yes", "patch", "computeleases.compute.federation")]
    [InlineData("no", "create", "pods")]
    [InlineData("no", "delete", "computeleases.compute.federation")]
    [InlineData("no", "list", "secrets")]
    [InlineData("no", "create", "rolebindings.rbac.authorization.k8s.io")]
    [InlineData("no", "patch", "resourcequotas")]
    [InlineData("no", "create", "serviceaccounts/token")]
    public async Task WhatATenantMayDo_TheClusterSays(string answer, string verb, string resource) =>
        Assert.StartsWith(answer, (await RunAsync("", ["auth", "can-i", verb, .. resource.Split(' ')])).Output, StringComparison.Ordinal);

    [Fact]
    public async Task WhatATenantMayDoElsewhere_IsNothing()
    {
        Assert.Contains("no", (await RunAsync("", "auth", "can-i", "get", "pods", "-n", world.Foreign.Id.Namespace)).Output, StringComparison.Ordinal);
        Assert.Contains("no", (await RunAsync("", "auth", "can-i", "get", "pods", "-n", "kube-system")).Output, StringComparison.Ordinal);
        string[][] attempts =
        [
            ["get", "pods", "-n", world.Foreign.Id.Namespace], ["get", "pods", "-n", "kube-system"], ["get", "pods", "-A"], ["get", "nodes"], ["get", "namespaces"],
            ["get", "pods", "--as", "admin"], ["create", "deployment", "own", "--image=x"], ["get", "secrets"],
        ];
        foreach (var attempt in attempts)
        {
            var (code, output) = await RunAsync("", attempt);
            Assert.NotEqual(0, code);
            Assert.Contains("forbidden", output, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task WithoutACredential_KubectlSaysSo()
    {
        var (code, output) = await RunAsync("", ["get", "pods"], "stale");
        Assert.NotEqual(0, code);
        Assert.Contains("You must be logged in to the server", output, StringComparison.Ordinal);
    }

    private Task<(int Code, string Output)> RunAsync(string input, params string[] arguments) => RunAsync(input, arguments, world.Token);

    private async Task<(int Code, string Output)> RunAsync(string input, string[] arguments, string token)
    {
        var file = world.WriteKubeconfig(token);
        // A cache of its own keeps what was discovered of another server away.
        var start = new ProcessStartInfo(Programs.Kubectl, ["--kubeconfig", file, "--cache-dir", Path.Combine(Path.GetTempPath(), Path.GetFileNameWithoutExtension(file)), .. arguments])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        File.Delete(file);
        var cache = Path.Combine(Path.GetTempPath(), Path.GetFileNameWithoutExtension(file));
        if (Directory.Exists(cache)) Directory.Delete(cache, recursive: true);
        return (process.ExitCode, await output + errors);
    }
}
