using System.Text.Json.Nodes;
using Federation.Cluster.Requests;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Requesting;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;
using Federation.Testing;
using Federation.Testing.Builders;

namespace Federation.Cluster.Tests.Requests;

/// <summary>Delivery to a datacenter whose API server is real, and to one that is not there.</summary>
[Collection("one adapter")]
public sealed class WorkloadDeliveryTests(AdapterFixture fixture) : IDisposable
{
    private const string Here = "0xabcabcabcabcabcabcabcabcabcabcabcabcabca", Elsewhere = "0xdefdefdefdefdefdefdefdefdefdefdefdefdefd";

    private readonly string folder = Directory.CreateTempSubdirectory("federation-access-").FullName;

    private static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Workload_IsDelivered_OnceTheDatacenterHasTheLease()
    {
        var lease = Cases.Lease();
        var workload = Some.Workload;
        await File.WriteAllTextAsync(Path.Combine(folder, Here), await InlineAsync());
        using var doors = new KubeconfigDoors(folder, TimeProvider.System);
        var delivery = new WorkloadDelivery(doors, new TestHasher(), TimeProvider.System);
        Assert.Null(delivery.FaultOf(Here.ToUpperInvariant().Replace("0X", "0x", StringComparison.Ordinal)));
        Assert.Contains($"no kubeconfig {Elsewhere}", delivery.FaultOf(Elsewhere)!, StringComparison.Ordinal);

        var before = await delivery.ReadAsync(Here, lease.Id, Now, default);
        Assert.Equal((true, false), (before.Answers, before.HasNamespace));
        await fixture.Adapter.Leases.EnsureAsync(lease, default);
        var empty = await delivery.ReadAsync(Here, lease.Id, Now, default);
        Assert.Equal((true, ""), (empty.HasNamespace, empty.SpecHash));

        Assert.Null(await delivery.DeliverAsync(Here, lease.Id, workload, default));
        var after = await delivery.ReadAsync(Here, lease.Id, Now, default);
        Assert.Equal(new TestHasher().Keccak256(Domain.Workloads.CanonicalJson.Encode(workload)), after.SpecHash);
        Assert.False(after.IsReady);
    }

    [Fact]
    public async Task DatacenterThatIsAway_IsSilent_AndTakesNothing()
    {
        var text = (await InlineAsync()).Replace($":{fixture.Server.Port}", ":1", StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(folder, Here), text);
        using var doors = new KubeconfigDoors(folder, TimeProvider.System);
        var delivery = new WorkloadDelivery(doors, new TestHasher(), TimeProvider.System);
        var sight = await delivery.ReadAsync(Here, Cases.NewId(), Now, default);
        Assert.Equal((false, "DatacenterSilent"), (sight.Answers, sight.Reason));
        Assert.NotNull(await delivery.DeliverAsync(Here, Cases.NewId(), System.Text.Json.JsonDocument.Parse("{}").RootElement, default));
    }

    [Theory]
    [InlineData("../")]
    [InlineData("/etc/")]
    public async Task ProviderThatIsNoAddress_NamesNoFile(string before)
    {
        var name = before + Here[before.Length..];
        await File.WriteAllTextAsync(Path.Combine(folder, Here), await InlineAsync());
        Directory.CreateDirectory(Path.Combine(folder, "sub"));
        using var doors = new KubeconfigDoors(Path.Combine(folder, "sub"), TimeProvider.System);
        var delivery = new WorkloadDelivery(doors, new TestHasher(), TimeProvider.System);
        Assert.NotNull(delivery.FaultOf("../" + Here));
        Assert.NotNull(delivery.FaultOf(name));
    }

    [Fact]
    public async Task KubeconfigThatRunsAProgram_IsNotUsed()
    {
        var proof = Path.Combine(folder, "ran");
        var text = (await InlineAsync()).Replace("\"token\":", "\"exec\":{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"command\":\"touch\",\"args\":[\"" + proof + "\"]},\"token\":", StringComparison.Ordinal);
        Assert.Contains("exec", text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(folder, Here), text);
        using var doors = new KubeconfigDoors(folder, TimeProvider.System);
        var delivery = new WorkloadDelivery(doors, new TestHasher(), TimeProvider.System);
        var sight = await delivery.ReadAsync(Here, Cases.NewId(), Now, default);
        Assert.False(sight.Answers);
        Assert.Contains("exec would run a program here", sight.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(proof));
    }

    // A datacenter that wants to keep a lease for which it does nothing, by going back on the access that it gave.
    [Theory]
    [InlineData(true, "DatacenterSilent", "It took the kubeconfig that it handed out before")]
    [InlineData(false, "AccessBroken", "Mend or renew its kubeconfig.")]
    public async Task CredentialThatIsRefused_IsTheDatacenters_WhereItWasTakenAndHasNotEnded(bool wasTaken, string reason, string said)
    {
        using var admin = fixture.Server.Client();
        var accounts = admin.Resource(ResourceKinds.ServiceAccount);
        var account = $"tenant-{Guid.NewGuid():N}";
        await accounts.CreateAsync(new JsonObject { ["metadata"] = new JsonObject { ["name"] = account, ["namespace"] = "default" } });
        var token = await TokenAsync(account);
        var text = (await InlineAsync()).Replace($"\"{ApiServer.AdminToken}\"", $"\"{token}\"", StringComparison.Ordinal);
        Assert.Contains(token, text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(folder, Here), text);
        using var doors = new KubeconfigDoors(folder, TimeProvider.System);
        var delivery = new WorkloadDelivery(doors, new TestHasher(), TimeProvider.System);
        if (wasTaken) Assert.True((await delivery.ReadAsync(Here, Cases.NewId(), Now, default)).Answers);
        await accounts.DeleteAsync(account, "default");
        // For some seconds the API server takes what it took a moment ago.
        RemoteSight sight = null!;
        await Eventually.TrueAsync(async () => !(sight = await delivery.ReadAsync(Here, Cases.NewId(), Now, default)).Answers, 60, "the token is refused");
        Assert.Equal((false, reason), (sight.Answers, sight.Reason));
        Assert.Contains(said, sight.Message, StringComparison.Ordinal);
    }

    // As the kubelet lays a mounted Secret out: of a renewed one only the folder behind the link is another.
    [Fact]
    public async Task RenewedKubeconfig_OfAMountedSecret_IsUsed()
    {
        using var admin = fixture.Server.Client();
        var accounts = admin.Resource(ResourceKinds.ServiceAccount);
        string[] names = [$"tenant-{Guid.NewGuid():N}", $"tenant-{Guid.NewGuid():N}"];
        foreach (var (name, version) in names.Zip(["..1", "..2"]))
        {
            await accounts.CreateAsync(new JsonObject { ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "default" } });
            Directory.CreateDirectory(Path.Combine(folder, version));
            await File.WriteAllTextAsync(Path.Combine(folder, version, Here), (await InlineAsync()).Replace($"\"{ApiServer.AdminToken}\"", $"\"{await TokenAsync(name)}\"", StringComparison.Ordinal));
        }

        var data = Path.Combine(folder, "..data");
        Directory.CreateSymbolicLink(data, "..1");
        File.CreateSymbolicLink(Path.Combine(folder, Here), Path.Combine("..data", Here));
        using var doors = new KubeconfigDoors(folder, TimeProvider.System);
        var delivery = new WorkloadDelivery(doors, new TestHasher(), TimeProvider.System);
        Assert.True((await delivery.ReadAsync(Here, Cases.NewId(), Now, default)).Answers);
        await accounts.DeleteAsync(names[0], "default");
        await Eventually.TrueAsync(async () => !(await delivery.ReadAsync(Here, Cases.NewId(), Now, default)).Answers, 60, "the token is refused");
        Directory.Delete(data);
        Directory.CreateSymbolicLink(data, "..2");
        Assert.True((await delivery.ReadAsync(Here, Cases.NewId(), Now, default)).Answers);
    }

    // A datacenter may write any end into what it hands out.
    [Fact]
    public async Task CredentialThatIsTakenAfterItsEnd_HasNone()
    {
        using var admin = fixture.Server.Client();
        var accounts = admin.Resource(ResourceKinds.ServiceAccount);
        var account = $"tenant-{Guid.NewGuid():N}";
        await accounts.CreateAsync(new JsonObject { ["metadata"] = new JsonObject { ["name"] = account, ["namespace"] = "default" } });
        await File.WriteAllTextAsync(Path.Combine(folder, Here), (await InlineAsync()).Replace($"\"{ApiServer.AdminToken}\"", $"\"{await TokenAsync(account)}\"", StringComparison.Ordinal));
        using var doors = new KubeconfigDoors(folder, new FakeClock(TimeProvider.System.GetUtcNow().AddHours(2).ToUnixTimeMilliseconds()));
        var delivery = new WorkloadDelivery(doors, new TestHasher(), TimeProvider.System);
        Assert.True((await delivery.ReadAsync(Here, Cases.NewId(), Now, default)).Answers);
        await accounts.DeleteAsync(account, "default");
        RemoteSight sight = null!;
        await Eventually.TrueAsync(async () => !(sight = await delivery.ReadAsync(Here, Cases.NewId(), Now, default)).Answers, 60, "the token is refused");
        Assert.Equal("DatacenterSilent", sight.Reason);
        // To whom it is an hour earlier nothing has ended, and nobody is blamed for that.
        Assert.Equal("AccessBroken", (await delivery.ReadAsync(Here, Cases.NewId(), Now + 3600, default)).Reason);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("Basic YTpi", null)]
    [InlineData("Bearer opaque", null)]
    [InlineData("Bearer a.b.c", null)]
    [InlineData("Bearer x.W10.y", null)]
    [InlineData("Bearer x.eyJleHAiOiJub25lIn0.y", null)]
    [InlineData("Bearer x.eyJleHAiOjk5OTk5OTk5OTk5OTk5OTk5fQ.y", null)]
    [InlineData("Bearer x.eyJleHAiOjE4MDAwMDAwMDB9.y", 1_800_000_000L)]
    [InlineData("Bearer x.eyJleHAiOjE4MDAwMDAwMDAuMH0.y", 1_800_000_000L)]
    public void Token_SaysItsEnd_OrNothing(string? header, long? end) =>
        Assert.Equal(end is { } seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : DateTimeOffset.MaxValue, CredentialEnd.Of(new Credential(header, null)));

    private async Task<string> TokenAsync(string account)
    {
        using var client = fixture.Server.Client();
        var asked = new JsonObject
        {
            ["apiVersion"] = "authentication.k8s.io/v1", ["kind"] = "TokenRequest", ["metadata"] = new JsonObject { ["namespace"] = "default" },
            ["spec"] = new JsonObject { ["audiences"] = new JsonArray(), ["expirationSeconds"] = 3600 },
        };
        return (string)(await client.Resource(new ResourceKind("", "v1", $"serviceaccounts/{account}/token", "TokenRequest")).CreateAsync(asked))["status"]!["token"]!;
    }

    // As a datacenter hands it out: whole.
    private async Task<string> InlineAsync() => (await File.ReadAllTextAsync(fixture.Server.KubeConfigPath)).Replace(
        $"certificate-authority: {fixture.Server.AuthorityPath}",
        $"certificate-authority-data: {Convert.ToBase64String(await File.ReadAllBytesAsync(fixture.Server.AuthorityPath))}", StringComparison.Ordinal);
}
