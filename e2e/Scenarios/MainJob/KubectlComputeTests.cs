using System.Numerics;
using System.Text.Json;
using Federation.Ethereum.Signing;
using Federation.Harness.Images;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>A tenant with nothing but a wallet, kubectl and <c>kubectl compute</c>: from the price to the refund, on a datacenter as members have it.</summary>
[Collection(MainJobCollection.Name)]
public sealed class KubectlComputeTests(MainJobFixture fixture)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task LeaseIsBoughtEnteredPaidForAndGivenUp_ByTheCommandLineAlone()
    {
        var wallet = (LocalSigner)(await fixture.NewAccountAsync(20_000_000)).Signer;
        using var home = new TenantHome(fixture, wallet);
        var workload = home.Write("web.json", Workloads.Service(BusyboxImages.Web, more: """, "volumes":[{"name":"scratch","size":"8Mi","mountPath":"/scratch","medium":"Memory"}], "ports":[{"name":"http","port":8080}], "readiness":{"port":8080,"httpPath":"/","periodSeconds":1}"""));

        // 1. Who sells it, and for how much; then it is rented, delivered, and waited for.
        Assert.Contains($"{fixture.Chain.Providers[fixture.Site.Name].Signer.Address}", await home.SaysAsync("quote", "-f", workload, "--duration", "1h", "--ask-timeout", "60s"), StringComparison.OrdinalIgnoreCase);
        var created = JsonDocument.Parse(await home.SaysAsync("create", "-f", workload, "--duration", "1h", "--approve", "--yes", "--ask-timeout", "60s", "--wait", "--timeout", "300s", "-o", "json")).RootElement;
        var id = created.GetProperty("id").GetString()!;
        Assert.Equal("Active", JsonDocument.Parse(await home.SaysAsync("get", id, "-o", "json")).RootElement.GetProperty("state").GetString());
        Assert.Contains("On chain it is active until", await home.SaysAsync("explain", id), StringComparison.Ordinal);

        // 2. kubectl, by what the wallet signs: inside the pod, and files into it and out of it.
        Assert.Equal("inside\n", await home.SaysAsync("shell", id, "--", "/bin/echo", "inside"));
        await home.SaysAsync("cp", id, home.Write("in.txt", "from outside"), ":/scratch/in.txt");
        Assert.Equal("from outside", await home.SaysAsync("shell", id, "--", "/bin/cat", "/scratch/in.txt"));
        await home.SaysAsync("cp", id, ":/www/index.html", Path.Combine(home.Folder, "out.html"));
        Assert.Contains("It runs.", await File.ReadAllTextAsync(Path.Combine(home.Folder, "out.html"), Cancellation), StringComparison.Ordinal);
        await home.SaysAsync("logs", id);

        // 3. What is settled is what the evidence shows; nothing is said before that.
        await Eventually.HoldsAsync("an invoice", async () =>
        {
            var ran = await home.ComputeAsync("invoice", id, "-o", "json");
            return ran.ExitCode == 0 && JsonDocument.Parse(ran.Output).RootElement.GetProperty("evidenceChecked").GetBoolean() ? null : $"{ran.ExitCode}: {ran.Output}{ran.Error}";
        });

        // 4. Given up: what is left comes back, and out of the Vault.
        var closed = JsonDocument.Parse(await home.SaysAsync("close", id, "--yes", "--wait", "-o", "json")).RootElement;
        Assert.Equal("Closed", closed.GetProperty("state").GetString());
        var refund = BigInteger.Parse(closed.GetProperty("refund").GetString()!, null);
        Assert.True(refund > 0);
        var had = BigInteger.Parse(JsonDocument.Parse(await home.SaysAsync("balance", "-o", "json")).RootElement.GetProperty("vault").GetString()!, null);
        Assert.True(had >= refund);
        Assert.Equal("0", JsonDocument.Parse(await home.SaysAsync("withdraw", "-o", "json")).RootElement.GetProperty("vault").GetString());
        Assert.True(JsonDocument.Parse(await home.SaysAsync("invoice", id, "-o", "json")).RootElement.GetProperty("evidenceChecked").GetBoolean());
        Assert.Equal(BigInteger.Zero, await fixture.Ledger.VaultOfAsync(wallet.Address, Cancellation));
    }
}
