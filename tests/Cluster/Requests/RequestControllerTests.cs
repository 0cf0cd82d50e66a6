using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Entities;
using Federation.Cluster.Manifests;
using Federation.Cluster.Requests;
using Federation.Cluster.Tests.Support;
using Federation.Domain.Leases;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Requesting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Cluster.Tests.Requests;

/// <summary>ComputeRequests on a real API server; chain and datacenters are in memory.</summary>
[Collection("one adapter")]
public sealed class RequestControllerTests(AdapterFixture fixture)
{
    private readonly TenantWorld world = new() { Options = new(TimeSpan.FromSeconds(3), TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(2)) };

    private ResourceClient<V1Alpha1ComputeRequest> Requests => fixture.Admin.Resource<V1Alpha1ComputeRequest>();

    [Fact]
    public async Task Request_IsServed_SurvivesRestarts_AndGoesWithItsRefund()
    {
        var space = await fixture.Server.NamespaceAsync();
        await fixture.Admin.ApplyAsync(Manifest(space), new ApplyOptions { FieldManager = "tenant" });
        await RunAsync(space, fixture.Server.Configuration(), async () => await ReadyAsync(space));

        var status = (await Requests.GetAsync("web", space))!.Status!;
        Assert.Equal((2, world.Wallet), (status.ReadyReplicas, status.Wallet));
        Assert.Equal(["0xb", "0xc"], status.Leases.Select(l => l.Provider).Order());
        Assert.All(status.Leases, l => Assert.Equal([$"http://{l.Provider}"], l.Endpoints));
        Assert.Equal(("0", $"{2 * Some.Deposit}", "0"), (status.Spent, status.Escrow, status.SpentEarlier));
        Assert.Equal(["0xc", "0xb"], status.Choices.Select(c => Assert.Single(c.Quotes, q => q.Chosen).Provider));
        Assert.Equal(world.Journal.Select(t => (t.Hash, "Match")), status.Transactions.Select(t => (t.Hash, t.Action)));
        var told = (await fixture.Admin.Resource<CoreV1Event>().ListAsync(space)).Items.Where(e => e.Reason == "MatchSent").Select(e => e.Message);
        Assert.Equal(world.Journal.Select(t => $"Lease {t.Lease}: transaction {t.Hash}.").Order(), told.Order());

        // Another process has nothing but the object: it buys nothing.
        var version = (await Requests.GetAsync("web", space))!.Metadata.ResourceVersion;
        await RunAsync(space, fixture.Server.Configuration(), () => Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System));
        Assert.Equal(2, world.Sent.Count(i => i is MatchIntent));
        Assert.Equal(version, (await Requests.GetAsync("web", space))!.Metadata.ResourceVersion);

        await Requests.DeleteAsync("web", space);
        await RunAsync(space, fixture.Server.Configuration(), async () =>
        {
            await Eventually.TrueAsync(() => Task.FromResult(world.Leases.All(l => l.Lease.State != LeaseState.Active)));
            Assert.NotNull(await Requests.GetAsync("web", space));
            await Eventually.TrueAsync(async () =>
            {
                world.Live(10);
                return await Requests.GetAsync("web", space) is null;
            });
        });
        Assert.All(world.Leases, l => Assert.Equal((LeaseState.Closed, 0), (l.Lease.State, l.Lease.Escrow)));
    }

    [Fact]
    public async Task Rights_OfATenantsOperator_AreEnough_AndNoMore()
    {
        var space = await fixture.Server.NamespaceAsync();
        foreach (var manifest in YamlToJson.Read(await File.ReadAllTextAsync(Path.Combine(Golden.Root(), "crds", "install", "tenant-operator.yaml"))))
            await fixture.Admin.ApplyAsync((JsonObject)manifest!, new ApplyOptions { FieldManager = "admin", Force = true });
        await fixture.Admin.ApplyAsync(Manifest(space), new ApplyOptions { FieldManager = "tenant" });
        var rights = fixture.Server.Configuration() with { Impersonate = "system:serviceaccount:federation-tenant:federation-buyer" };
        await RunAsync(space, rights, async () => await ReadyAsync(space));
        await Eventually.TrueAsync(async () => (await fixture.Admin.Resource<CoreV1Event>().ListAsync(space)).Items.Any(e => e.Reason == "Serving"));

        using var client = new KubernetesClient(rights);
        foreach (var kind in new[] { ResourceKinds.Secret, ResourceKinds.Namespace })
            Assert.Equal(System.Net.HttpStatusCode.Forbidden, (await Assert.ThrowsAsync<KubernetesException>(() => client.Resource(kind).ListAsync(kind == ResourceKinds.Namespace ? null : space))).Code);
        Assert.Empty(await new SendJournalProbe(client).ReadAsync());
    }

    [Fact]
    public async Task OlderBook_IsNotWritten()
    {
        var space = await fixture.Server.NamespaceAsync();
        await fixture.Admin.ApplyAsync(Manifest(space), new ApplyOptions { FieldManager = "tenant" });
        var seen = (await Requests.GetAsync("web", space))!;
        await fixture.Admin.ApplyAsync(Manifest(space, replicas: 3), new ApplyOptions { FieldManager = "tenant" });
        var store = new RequestStore(Requests, seen, new(fixture.Admin, new() { Component = "test" }), TimeProvider.System);
        await Assert.ThrowsAsync<ClusterException>(() => world.Operator().PassAsync(RequestMapper.ToDemand(seen), RequestMapper.ToRecord(seen.Status), store, default));
        Assert.Empty(world.Sent);
    }

    [Theory]
    [InlineData("replicas", "17")]
    [InlineData("durationSeconds", "5")]
    [InlineData("maxPrices", "null")]
    [InlineData("escrow", """{"deposit":"0"}""")]
    [InlineData("placement", """{"spread":"Everywhere"}""")]
    [InlineData("placement", """{"allow":["alpha"]}""")]
    [InlineData("failover", """{"notReadySeconds":1,"silentSeconds":60}""")]
    [InlineData("durationSeconds", "31622401")]
    [InlineData("minDowntimeBps", "10001")]
    [InlineData("minDowntimeBps", "-1")]
    public async Task AbsurdSpec_IsRefusedByTheServer_WithItsPath(string field, string value)
    {
        var space = await fixture.Server.NamespaceAsync();
        var manifest = Manifest(space);
        manifest["spec"]![field] = JsonNode.Parse(value);
        var refusal = await Assert.ThrowsAsync<KubernetesException>(() => fixture.Admin.ApplyAsync(manifest, new ApplyOptions { DryRun = true, Force = true }));
        Assert.Contains(field, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Book_ComesBackAsItWasWritten()
    {
        var purchase = new Domain.Requesting.Purchase(1, Some.LeaseId(7), new("0xa", "north"), 100, 90, 12) { Terms = Some.Terms, Leaving = "TermOver", TroubleSince = 3, SilentSince = 4, IsExcused = true, Spent = 5, Held = 7 };
        var order = new OrderRecord(Some.Request with { Salt = System.Numerics.BigInteger.Pow(2, 127), ExpiresAt = 100 }, new SignedOffer("0xa", "0xt", "0xh", Some.Offer, 3, "0xs"), 8);
        var book = new Domain.Requesting.RequestBook(5, [purchase]) { Ended = [new(0, "TermOver")], Avoided = [new("0xb", 9)], Replacements = 2, SpentEarlier = System.Numerics.BigInteger.Pow(10, 30) };
        var record = new RequestRecord(book, new Dictionary<LeaseId, OrderRecord> { [purchase.Id] = order })
        {
            Transactions = [new(purchase.Id, Domain.Requesting.PurchaseAction.AmendSpec, "0x1", null), new(purchase.Id, Domain.Requesting.PurchaseAction.Close, "0x2", "it was refused")],
            Comparisons = [new(1, [new("0xa", 12, "", "") { IsChosen = true }, new("0xb", null, "Denied", "") { IsAsked = false }, new("0xc", 13, "NoAnswer", "no answer")], 5)],
        };
        var report = new RequestReport(record, "0xw", [new(purchase, new(Domain.Requesting.PurchaseAction.Wait, "R", "M"), ["http://e"])], [], TimeSpan.Zero);
        var json = RequestMapper.ToJson(RequestMapper.ToStatus(report, [], DateTimeOffset.UnixEpoch));
        var read = RequestMapper.ToRecord(System.Text.Json.JsonSerializer.Deserialize<ComputeRequestStatus>(json, KubernetesJson.Options));
        Assert.Equal(purchase, Assert.Single(read.Book.Purchases));
        Assert.Equal(order, read.Orders[purchase.Id]);
        Assert.Equal((5, 2, "TermOver", 9), (read.Book.Generation, read.Book.Replacements, read.Book.Ended[0].Reason, read.Book.Avoided[0].Until));
        Assert.Equal((System.Numerics.BigInteger.Pow(10, 30) + 5, 7), (read.Book.Spent, read.Book.Held));
        Assert.Equal(($"{read.Book.Spent}", "7"), ((string?)json["spent"], (string?)json["escrow"]));
        Assert.Equal(record.Transactions, read.Transactions);
        Assert.Equal(record.Comparisons[0].Quotes, Assert.Single(read.Comparisons).Quotes);
        Assert.Equal((1, 5), (read.Comparisons[0].Slot, read.Comparisons[0].Others));
        json["leases"]![0]!["record"]!["request"]!["salt"] = "many";
        Assert.Throws<FormatException>(() => RequestMapper.ToRecord(System.Text.Json.JsonSerializer.Deserialize<ComputeRequestStatus>(json, KubernetesJson.Options)));
    }

    // Datacenters say what they like, and ask what they like: the schema has bounds, and a status that it refuses would stop everything.
    [Fact]
    public void WhatStrangersSay_FitsTheSchema_AndWhatSomebodyWroteThere_StopsNothing()
    {
        var wild = new Domain.Requesting.ComparedQuote("0xa", System.Numerics.BigInteger.Pow(10, 90), new string('x', 200), new string('y', 5000));
        var record = RequestRecord.New with { Comparisons = [new(0, [wild], 0)] };
        var status = RequestMapper.ToStatus(new RequestReport(record, "0xw", [], [], TimeSpan.Zero), [], DateTimeOffset.UnixEpoch);
        var quote = Assert.Single(Assert.Single(status.Choices).Quotes);
        Assert.Equal((null, "Unnamed", 256), (quote.Price, quote.Reason, quote.Message!.Length));

        var edited = status with
        {
            Choices = [new() { Quotes = [quote with { Price = "much" }] }],
            Transactions = [new() { LeaseId = "0x1", Action = "Match" }, new() { LeaseId = Some.LeaseId(1).Hex, Action = "Steal" }, new() { LeaseId = Some.LeaseId(1).Hex, Action = "Close", Hash = "0x2" }],
        };
        var read = RequestMapper.ToRecord(edited);
        Assert.Null(read.Comparisons[0].Quotes[0].Price);
        Assert.Equal("0x2", Assert.Single(read.Transactions).Hash);
    }

    private async Task ReadyAsync(string space) => await Eventually.TrueAsync(async () =>
    {
        world.Live(1);
        return (await Requests.GetAsync("web", space))?.Status?.Conditions.Any(c => c is { Type: "Ready", Status: "True" }) == true;
    });

    // The world's clock is the test's: passes come as fast as it asks for them.
    private async Task RunAsync(string space, KubernetesClientConfiguration configuration, Func<Task> until)
    {
        using var stop = new CancellationTokenSource();
        using var cluster = new TenantCluster(new TenantClusterOptions { Configuration = configuration, Watch = space }, TimeProvider.System, NullLoggerFactory.Instance);
        var running = cluster.RunAsync(world.Operator(), stop.Token);
        await until();
        await stop.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static JsonObject Manifest(string space, int replicas = 2) => new()
    {
        ["apiVersion"] = "compute.federation/v1alpha1",
        ["kind"] = "ComputeRequest",
        ["metadata"] = new JsonObject { ["name"] = "web", ["namespace"] = space },
        ["spec"] = new JsonObject
        {
            ["replicas"] = replicas,
            ["durationSeconds"] = 3600,
            ["maxPrices"] = Json.Map(("cpu", "1000003"), ("memory", "200017"), ("storage", "10007"), ("egress", "5003"), ("gpuA", "7000013"), ("gpuB", "0")),
            ["escrow"] = Json.Map(("deposit", $"{Some.Deposit}")),
            ["workload"] = JsonNode.Parse(Some.Workload.GetRawText()),
        },
    };

    private sealed class SendJournalProbe(KubernetesClient client)
    {
        public Task<IReadOnlyList<JournalEntry>> ReadAsync() => new SendJournal(client, "federation-tenant", 1).ReadAsync(default);
    }
}
