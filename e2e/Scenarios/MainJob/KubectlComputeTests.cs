using System.Diagnostics;
using System.Numerics;
using System.Text.Json;
using Federation.Ethereum.Keystore;
using Federation.Harness.Images;
using Federation.Harness.Machine;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>A tenant with nothing but a wallet, kubectl and <c>kubectl compute</c>: from the price to the refund, on a datacenter as members have it.</summary>
[Collection(MainJobCollection.Name)]
public sealed class KubectlComputeTests(MainJobFixture fixture) : IDisposable
{
    private readonly DirectoryInfo home = Directory.CreateTempSubdirectory("federation-tenant-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => home.Delete(recursive: true);

    [Fact]
    public async Task LeaseIsBoughtEnteredPaidForAndGivenUp_ByTheCommandLineAlone()
    {
        var wallet = await SettleInAsync(tokens: 20_000_000);
        var workload = InHome("web.json", Workloads.Service(BusyboxImages.Web, more: """, "ports":[{"name":"http","port":8080}], "readiness":{"port":8080,"httpPath":"/","periodSeconds":1}"""));

        // 1. Who sells it, and for how much; then it is rented, delivered, and waited for.
        Assert.Contains($"{fixture.Chain.Providers[fixture.Site.Name].Signer.Address}", await SaysAsync("quote", "-f", workload, "--duration", "1h", "--ask-timeout", "60s"), StringComparison.OrdinalIgnoreCase);
        var created = JsonDocument.Parse(await SaysAsync("create", "-f", workload, "--duration", "1h", "--approve", "--yes", "--ask-timeout", "60s", "--wait", "--timeout", "300s", "-o", "json")).RootElement;
        var id = created.GetProperty("id").GetString()!;
        Assert.Equal("Active", JsonDocument.Parse(await SaysAsync("get", id, "-o", "json")).RootElement.GetProperty("state").GetString());
        Assert.Contains("On chain it is active until", await SaysAsync("explain", id), StringComparison.Ordinal);

        // 2. kubectl, by what the wallet signs: inside the pod, and files out of it.
        Assert.Equal("inside\n", await SaysAsync("shell", id, "--", "/bin/echo", "inside"));
        await SaysAsync("logs", id);

        // 3. What is settled is what the evidence shows; nothing is said before that.
        await Eventually.HoldsAsync("an invoice", async () =>
        {
            var ran = await RunAsync("invoice", id, "-o", "json");
            return ran.ExitCode == 0 && JsonDocument.Parse(ran.Output).RootElement.GetProperty("evidenceChecked").GetBoolean() ? null : $"{ran.ExitCode}: {ran.Output}{ran.Error}";
        });

        // 4. Given up: what is left comes back, and out of the Vault.
        var closed = JsonDocument.Parse(await SaysAsync("close", id, "--yes", "--wait", "-o", "json")).RootElement;
        Assert.Equal("Closed", closed.GetProperty("state").GetString());
        var refund = BigInteger.Parse(closed.GetProperty("refund").GetString()!, null);
        Assert.True(refund > 0);
        var had = BigInteger.Parse(JsonDocument.Parse(await SaysAsync("balance", "-o", "json")).RootElement.GetProperty("vault").GetString()!, null);
        Assert.True(had >= refund);
        Assert.Equal("0", JsonDocument.Parse(await SaysAsync("withdraw", "-o", "json")).RootElement.GetProperty("vault").GetString());
        Assert.True(JsonDocument.Parse(await SaysAsync("invoice", id, "-o", "json")).RootElement.GetProperty("evidenceChecked").GetBoolean());
        Assert.Equal(BigInteger.Zero, await fixture.Ledger.VaultOfAsync(wallet, Cancellation));
    }

    private async Task<Federation.Ethereum.Address> SettleInAsync(BigInteger tokens)
    {
        var account = await fixture.NewAccountAsync(tokens);
        InHome("keystore.json", KeystoreFile.Encrypt((Federation.Ethereum.Signing.LocalSigner)account.Signer, "of a tenant", 1 << 12));
        InHome("password", "of a tenant");
        InHome(".config/federation/config.yaml", $$"""
            chain: {rpcUrl: "{{fixture.Federation.AnvilUrl}}", chainId: {{fixture.Federation.ChainId}}, deploymentFile: "{{fixture.Chain.DeploymentFile}}"}
            wallet: {keystoreFile: "~/keystore.json", passwordFile: "~/password"}
            gateways: {authorityFile: "{{Path.Combine(fixture.Federation.StateFolder, "tls", fixture.Site.Name, "tls.crt")}}"}
            """);
        return account.Signer.Address;
    }

    private string InHome(string name, string text)
    {
        var file = Path.Combine(home.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return file;
    }

    private async Task<string> SaysAsync(params string[] arguments)
    {
        var ran = await RunAsync(arguments);
        Assert.True(ran.ExitCode == 0, $"kubectl compute {string.Join(' ', arguments)} ended with {ran.ExitCode}: {ran.Output}{ran.Error}");
        return ran.Output;
    }

    // As kubectl runs its plugins.
    private async Task<Command.Result> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "kubectl-compute"), arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["HOME"] = home.FullName;
        start.Environment["PATH"] = $"{AppContext.BaseDirectory}:{fixture.Federation.ToolsFolder}:{start.Environment["PATH"]}";
        foreach (var other in new[] { "KUBECONFIG", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "FEDERATION_CONFIG" }) start.Environment.Remove(other);
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var (output, error) = (process.StandardOutput.ReadToEndAsync(Cancellation), process.StandardError.ReadToEndAsync(Cancellation));
        await process.WaitForExitAsync(Cancellation);
        return new Command.Result(process.ExitCode, await output, await error);
    }
}
