using System.Text.Json;
using Federation.Chain.Tests.Support;

namespace Federation.Cli.Tests;

/// <summary>A wallet whose key this machine has not: another program signs orders, sign-ins and transactions, and none of it is a key's on this disk.</summary>
[Collection(TenantWorldCollection.Name)]
public sealed class RemoteWalletTests(TenantWorld world) : IDisposable
{
    private readonly Shell shell = world.NewShell();

    public void Dispose()
    {
        world.Calm();
        shell.Dispose();
    }

    // A node of the chain, which signs for the accounts that it holds.
    [Fact]
    public async Task Lease_IsRented_Entered_Extended_AndEnded()
    {
        var config = shell.PathOf(".config/federation/config.yaml");
        var wallet = $"wallet: {{remoteSignerUrl: \"{world.Market.Anvil.Url}\", remoteSignerAddress: \"{world.Market.Tenant.Address}\"}}";
        await File.WriteAllLinesAsync(config, (await File.ReadAllLinesAsync(config)).Select(l => l.TrimStart().StartsWith("wallet:", StringComparison.Ordinal) ? wallet : l));
        File.Delete(shell.PathOf("keystore.json"));
        File.Delete(shell.PathOf("password"));

        var rented = await shell.RunAsync("create", "-f", shell.Write("web.yaml", """
            services:
            - name: web
              image: registry.example/acme/web@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
              resources: {cpu: 500m, memory: 256Mi}

            """), "--yes", "--wait", "--timeout", "120s", "-o", "json");
        Assert.True(rented.Code == 0, rented + world.Fault);
        var id = JsonDocument.Parse(rented.Out).RootElement.GetProperty("id").GetString()!;
        foreach (string[] command in new[] { ["login", id], ["extend", id, "--duration", "1h", "--yes"], new[] { "close", id, "--yes" } })
        {
            var ran = await shell.RunAsync(command);
            Assert.True(ran.Code == 0, $"{command[0]}: {ran}");
        }
    }
}
