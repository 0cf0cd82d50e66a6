using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using Federation.Application.Ports;
using Federation.Chain.Tests.Support;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Kubernetes.Configuration;

namespace Federation.Cli.Tests;

/// <summary>A tenant's whole way with the file that is shipped: what trimming took away would be missed here.</summary>
[Collection(TenantWorldCollection.Name)]
public sealed class ShippedTests(TenantWorld world) : IDisposable
{
    private const string Workload = """
        services:
        - name: web
          image: registry.example/acme/web@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
          resources: {cpu: 500m, memory: 256Mi}

        """;

    private readonly Shell shell = world.NewShell();

    public void Dispose()
    {
        world.Calm();
        shell.Dispose();
    }

    [Fact]
    public async Task Lease_IsRentedEnteredExtendedAndClosed()
    {
        var file = shell.Write("web.yaml", Workload);
        var quote = Assert.Single(JsonDocument.Parse(await SaysAsync("quote", "-f", file, "--ask-timeout", "60s", "-o", "json")).RootElement.GetProperty("items").EnumerateArray());
        Assert.Equal("2260", quote.GetProperty("perHour").GetString());
        Assert.Contains("north", await SaysAsync("offers"), StringComparison.Ordinal);
        var id = JsonDocument.Parse(await SaysAsync("create", "-f", file, "--yes", "--wait", "--ask-timeout", "60s", "--timeout", "120s", "-o", "json")).RootElement.GetProperty("id").GetString()!;
        Assert.Equal("Active", JsonDocument.Parse(await SaysAsync("get", id, "-o", "json")).RootElement.GetProperty("state").GetString());
        Assert.Contains("state: Active", await SaysAsync("get", id, "-o", "yaml"), StringComparison.Ordinal);
        Assert.Contains("InsufficientCpu", await SaysAsync("explain", id), StringComparison.Ordinal);

        // kubectl asks the same file for its credential.
        Assert.StartsWith("federation-", await SaysAsync("login", id), StringComparison.Ordinal);
        Assert.StartsWith(world.Endpoint.AbsoluteUri, KubeConfig.Load(shell.PathOf(".kube/config")).Server.AbsoluteUri, StringComparison.Ordinal);
        await SaysAsync("logs", id);

        Assert.Equal(7_200, JsonDocument.Parse(await SaysAsync("extend", id, "--amount", "1", "--duration", "1h", "--yes", "-o", "json")).RootElement.GetProperty("durationSeconds").GetInt32());
        world.Desk.Next = new Receipt(LeaseId.Parse(id), 1, 1_800_000_000, UsageVector.Zero, 0, Receipt.NoEvidence, false);
        Assert.Contains("cpuMilliSeconds", await SaysAsync("usage", id, "--unsettled"), StringComparison.Ordinal);
        Assert.Contains("countersigned", await SaysAsync("invoice", id, "--unverified", "-o", "json"), StringComparison.Ordinal);
        Assert.Equal("Closing", JsonDocument.Parse(await SaysAsync("close", id, "--yes", "-o", "json")).RootElement.GetProperty("state").GetString());
        Assert.Contains("\"vault\"", await SaysAsync("balance", "-o", "json"), StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Usage, (await Shipped.RunAsync(shell, "get", "--nonsense")).Code);
    }

    // As make build packs it.
    [Fact]
    public async Task Archive_HasTheFileAndTheLicence_AndItsManifestTheDigest()
    {
        var archive = Path.Combine(Path.GetDirectoryName(Shipped.Program)!, "kubectl-compute-linux-amd64.tar.gz");
        var packed = await File.ReadAllBytesAsync(archive);
        var found = new Dictionary<string, (byte[] Digest, UnixFileMode Mode)>();
        await using (var reader = new TarReader(new GZipStream(new MemoryStream(packed), CompressionMode.Decompress)))
            while (await reader.GetNextEntryAsync() is { } entry) found.Add(entry.Name, (await SHA256.HashDataAsync(entry.DataStream!), entry.Mode));
        Assert.Equal(["LICENSE", "kubectl-compute"], found.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(Repository.Root, "LICENSE"))), found["LICENSE"].Digest);
        Assert.Equal(SHA256.HashData(await File.ReadAllBytesAsync(Shipped.Program)), found["kubectl-compute"].Digest);
        Assert.True(found["kubectl-compute"].Mode.HasFlag(UnixFileMode.OtherExecute));

        var manifest = Assert.Single(YamlToJson.Read(await File.ReadAllTextAsync(Path.Combine(Path.GetDirectoryName(Shipped.Program)!, "compute.yaml"))))!;
        var platform = Assert.Single(manifest["spec"]!["platforms"]!.AsArray())!;
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(packed)), (string?)platform["sha256"]);
        Assert.Equal("kubectl-compute", (string?)platform["bin"]);
        Assert.Equal(["kubectl-compute", "LICENSE"], platform["files"]!.AsArray().Select(f => (string?)f!["from"]));
        Assert.DoesNotContain("${", manifest.ToJsonString(), StringComparison.Ordinal);
    }

    private async Task<string> SaysAsync(params string[] args)
    {
        var ran = await Shipped.RunAsync(shell, args);
        Assert.True(ran.Code == 0, $"{string.Join(' ', args)}: {ran} {world.Fault}");
        return ran.Out;
    }
}
