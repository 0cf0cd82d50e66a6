using Federation.Domain.Leases;
using Federation.Ethereum.Signing;
using Federation.Harness;
using Federation.Harness.Images;
using Federation.Scenarios.Docs;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>Samples are applied as they are shipped, and are what they say: a web app is reached by its name, as the page about names has it too; a database keeps what was written. Each ends with its refund.</summary>
[Collection(MainJobCollection.Name)]
[Trait("Target", "stories")]
public sealed class SampleTests(MainJobFixture fixture)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Follows("operator/docs/how-to/hostnames.md")]
    public Task WebAppWithAHostname_IsServedByItsName_UntilItIsDeleted() => RequestingTenant.WithAsync(fixture, "hostname-sample", 60_000_000, async tenant =>
    {
        const string Url = "http://shop.example.org/";
        await using var ingress = new PublicIngress(fixture, "ingress-sample");
        await ingress.StartAsync();
        await ingress.FollowAsync($$"""{"className":"{{PublicIngress.ClassName}}","domain":"apps.example.net","from":{{PublicIngress.From}} }""");

        // By the page, with another wallet: the record is written when the page says so.
        var wallet = (LocalSigner)(await fixture.NewAccountAsync(20_000_000)).Signer;
        using var home = new TenantHome(fixture, wallet);
        var (reader, page) = (home.Reader(), Pages.Read("how-to", "hostnames.md"));
        await reader.FollowAsync(page, "Rent it");
        await ingress.UntilAsync(Url, a => a.IsNobodys);
        await ingress.TellAsync(ProofOf(wallet), ProofOf(tenant.Wallet));
        await reader.FollowAsync(page, "Prove it");
        await ingress.UntilAsync(Url, a => a.IsOfTheLease);
        await home.SaysAsync("close", await reader.ValueAsync("LEASE"), "--yes", "--wait");
        await ingress.UntilAsync(Url, a => a.IsNobodys);

        await tenant.Kubectl.ApplyAsync(Samples.Read("request-web-hostname", Samples.Image("docker.io/nginxinc/nginx-unprivileged:1.27-alpine", BusyboxImages.Web), Samples.Prices));
        await tenant.WaitUntilReadyAsync("shop");
        await ingress.UntilAsync(Url, a => a.IsOfTheLease);
        var lease = Assert.Single(await tenant.LeasesAsync("shop")).Id;
        Assert.Equal("Running Running", await fixture.Admin.RunAsync("get", "pods", "-n", lease.Namespace, "-o", "jsonpath={.items[*].status.phase}"));
        Assert.Equal("Proven", await fixture.Admin.RunAsync("get", "clease", "-n", lease.Namespace, "-o", "jsonpath={.items[*].status.hostnames[?(@.hostname==\"shop.example.org\")].reason}"));

        await tenant.DeleteAsync("shop", lease);
        await ingress.UntilAsync(Url, a => a.IsNobodys);
    });

    [Fact]
    public Task Database_KeepsWhatWasWritten_WhenItsPodIsAnother() => RequestingTenant.WithAsync(fixture, "database-sample", 250_000_000, async tenant =>
    {
        await Parts.ImportImageAsync(fixture.Datacenter, await DatabaseImage.WriteAsync(fixture.Federation.StateFolder, Cancellation), Cancellation);
        await tenant.Kubectl.ApplyAsync(Samples.Read("request-database", Samples.Image("quay.io/sclorg/postgresql-16-c9s:latest", DatabaseImage.Reference), Samples.Prices));
        var lease = LeaseId.Parse(await Eventually.GetAsync("a lease", async () => await tenant.ReadAsync("db", "{.status.leases[0].leaseId}") is { Length: > 0 } id ? id : null));
        using var database = new SampleDatabase(new TenantHome(fixture, tenant.Wallet), lease);
        await database.KeepPasswordAsync();
        var claim = await Eventually.GetAsync("a claim of a volume", async () => await fixture.Admin.TryAsync("get", "pvc", "-n", lease.Namespace, "-o", "jsonpath={.items[*].metadata.name}") is { Output: { Length: > 0 } name } ? name : null);
        await fixture.ProvideVolumeAsync(lease.Namespace, claim, 10 << 10);
        await tenant.WaitUntilReadyAsync("db");

        // What is written twice is there once.
        await Eventually.HoldsAsync("a table", async () => (await database.AskAsync("create table if not exists kept (word text primary key); insert into kept values ('sesame') on conflict do nothing")) is { ExitCode: not 0 } no ? no.Error : null);
        var first = await PodAsync(lease);
        await fixture.Admin.RunAsync("delete", "pod", "db-0", "-n", lease.Namespace, "--wait=false");
        await Eventually.HoldsAsync("another pod with what was written", async () =>
        {
            if (await PodAsync(lease) is var now && (now.Length == 0 || now == first)) return $"the pod is '{now}'";
            return await database.AskAsync("select word from kept") is var answer && answer is { ExitCode: 0, Output: "sesame\n" } ? null : $"it answers {answer}";
        });
        await tenant.WaitUntilReadyAsync("db");
        Assert.Equal(lease, Assert.Single(await tenant.LeasesAsync("db")).Id);
        await tenant.DeleteAsync("db", lease);
    });

    private static string ProofOf(LocalSigner wallet) => $"_federation.shop.example.org,federation-tenant={wallet.Address}";

    private Task<string> PodAsync(LeaseId lease) => fixture.Admin.RunAsync("get", "pods", "-n", lease.Namespace, "-o", "jsonpath={.items[*].metadata.uid}");
}
