using System.Numerics;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Domain.Leases;
using Federation.Harness;
using Federation.Harness.Demo;
using Federation.Harness.Images;
using Federation.Scenarios.Docs;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>A tenant with a wallet, kubectl and nothing else: what it applies is bought, delivered, changed, kept up and paid back.</summary>
[Collection(ThreeDatacentersCollection.Name)]
public sealed class ComputeRequestTests(ThreeDatacenters stage)
{
    private static readonly BigInteger Tokens = 60_000_000;

    // Longer than the operator may be away unnoticed: several epochs and settlements.
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(22);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Follows("operator/docs/how-to/three-datacenters.md")]
    [Follows("README.md", "Buying with kubectl")]
    [Trait("Target", "stories")]
    public async Task PageIsFollowed_TheSampleChangesIt_LeftAlone_AndDeleted_AndItsMoneyIsBack()
    {
        await RequestingTenant.WithAsync(stage, "tenant", Tokens, async tenant =>
        {
            using var home = new TenantHome(stage, tenant.Wallet);
            home.Write(".kube/config", await File.ReadAllTextAsync(stage.Sites[0].Site.KubeconfigPath, Cancellation));
            home.Write("crds/samples/request-three-datacenters.yaml", Changed());
            var reader = home.Reader();

            // 1. Applied: three datacenters, none of which handed anything out. What it exposes is reached from outside.
            foreach (var site in stage.Sites) await ExposeAsync(site, """{"type":"NodePort"}""");
            await reader.FollowAsync(Pages.Read("how-to", "three-datacenters.md"));
            var leases = await tenant.LeasesAsync("app");
            Assert.Equal(3, leases.DistinctBy(l => l.Site).Count());
            Assert.Equal(3, (await tenant.ReadAsync("app", "{range .status.leases[*]}{.endpoints[*]} {end}")).Split(' ', StringSplitOptions.RemoveEmptyEntries).Count(url => stage.Sites.Any(s => url.StartsWith($"http://{s.Site.Parts.Address}:3", StringComparison.Ordinal))));
            var first = await PodsAsync(leases);

            // 2. Changed, as GitOps does it: other pods in the same leases.
            await reader.FollowAsync(Pages.At("README.md"), "Buying with kubectl");
            await Eventually.HoldsAsync("pods of the changed manifest", async () =>
            {
                var now = await PodsAsync(leases);
                return now.All(p => !p.Contains('\n', StringComparison.Ordinal) && p.Contains("Running VERSION=2", StringComparison.Ordinal)) ? null : string.Join("; ", now);
            }, 400);
            Assert.Empty((await PodsAsync(leases)).Select(p => p.Split(' ')[0]).Intersect(first.Select(p => p.Split(' ')[0])));
            await tenant.WaitUntilReadyAsync("app");
            Assert.Equal(leases, await tenant.LeasesAsync("app"));
            foreach (var site in stage.Sites) await ExposeAsync(site, "null");

            // 3. Left alone: the tenant's operator is away, leases live and are settled.
            var (pods, paid) = (await PodsAsync(leases), await ClaimedAsync(leases));
            await tenant.StopAsync();
            await Task.Delay(Away, TimeProvider.System, Cancellation);
            await Eventually.HoldsAsync("settlements while the tenant is away", async () => paid.Zip(await ClaimedAsync(leases)).All(p => p.Second > p.First) ? null : "not all leases were settled");
            Assert.Equal(pods, await PodsAsync(leases));
            await tenant.StartAgainAsync();
            // What it paid meanwhile is the chain's word, and what it sent was kept over the restart.
            var claimed = (await ClaimedAsync(leases)).Aggregate(BigInteger.Zero, (sum, c) => sum + c);
            await Eventually.HoldsAsync("what the request says that it spent", async () =>
                await tenant.ReadAsync("app", "{.status.spent}") is var spent && BigInteger.TryParse(spent, out var units) && units >= claimed ? null : $"{spent} of {claimed}");
            var matches = await tenant.ReadAsync("app", "{range .status.transactions[?(@.action==\"Match\")]}{.hash} {end}");
            Assert.Equal(leases.Count, matches.Split(' ', StringSplitOptions.RemoveEmptyEntries).Distinct().Count());

            // Its whole cluster is away, with its operator running: it buys nothing for what it cannot see.
            await stage.Faults.KillAsync($"{stage.Sites[0].Name}/kube-apiserver", Cancellation);
            try
            {
                var others = leases.Where(l => l.Site != stage.Sites[0]).ToArray();
                paid = await ClaimedAsync(others);
                await Task.Delay(Away, TimeProvider.System, Cancellation);
                await Eventually.HoldsAsync("settlements while the tenant's cluster is away", async () => paid.Zip(await ClaimedAsync(others)).All(p => p.Second > p.First) ? null : "not all leases were settled");
            }
            finally
            {
                await stage.Faults.StartAsync($"{stage.Sites[0].Name}/kube-apiserver", CancellationToken.None);
                await AnswersAsync(stage.Sites[0]);
            }

            await tenant.WaitUntilReadyAsync("app");
            Assert.Equal(leases, await tenant.LeasesAsync("app"));
            Assert.Equal(pods, await PodsAsync(leases));

            // 4. Deleted: the object goes with its refund.
            await tenant.DeleteAsync("app", [.. leases.Select(l => l.Id)]);
        });
    }

    [Fact]
    [Trait("Target", "stories")]
    public Task EscrowAndTerm_AreKeptUpByPolicy_AndTheWorkloadKnowsNothingOfIt() => RequestingTenant.WithAsync(stage, "kept", Tokens, async tenant =>
    {
        // Both are due at once: the deposit lasts for five minutes, and the term for ten.
        await tenant.Kubectl.ApplyAsync(KeptUp);
        await tenant.WaitUntilReadyAsync("kept");
        var lease = Assert.Single(await tenant.LeasesAsync("kept"));
        var pods = await PodsAsync([lease]);
        await Eventually.HoldsAsync("more in escrow", async () => (await stage.Chain.Wallet.ReadLeaseAsync(lease.Id, null, Cancellation)).Given is var given && given >= 1_000_000 ? null : $"{given} were put in");
        await Eventually.HoldsAsync("a longer term", async () => (await stage.Ledger.EventsAsync<LeaseAmendedEventDTO>(lease.Id, Cancellation)).Count > 0 ? null : await tenant.ReadAsync("kept", "{.status.leases[*].message}"));
        await Eventually.HoldsAsync("the lease's longer term", async () =>
            await new Kubectl(stage.Federation, lease.Site.Site).RunAsync("get", "clease", "-n", lease.Id.Namespace, "-o", "jsonpath={.items[*].spec.chain.durationSeconds}") is var seconds && uint.TryParse(seconds, out var term) && term >= 1200 ? null : seconds);
        await tenant.WaitUntilReadyAsync("kept");
        Assert.Equal(pods, await PodsAsync([lease]));
        await tenant.DeleteAsync("kept", lease.Id);
    });

    [Fact]
    public async Task WholeDatacenterIsKilled_TheThirdTakesOver_NothingIsPaidTwice()
    {
        await RequestingTenant.WithAsync(stage, "failover", Tokens, async tenant =>
        {
            await tenant.Kubectl.ApplyAsync(Failover);
            await tenant.WaitUntilReadyAsync("web");
            var before = await tenant.LeasesAsync("web");
            // The requests themselves are in the first datacenter's cluster: the tenant's own would not be in any.
            var (lost, kept) = (before.First(l => l.Site != stage.Sites[0]), before[^1]);
            if (kept == lost) kept = before[0];
            // Its power is gone: nothing of it is left, and none of its tenants' pods.
            string[] parts = [lost.Site.OperatorPart, .. new[] { "prometheus", "kube-controller-manager", "kube-scheduler", "kube-apiserver", "etcd" }.Select(p => $"{lost.Site.Name}/{p}")];
            foreach (var part in parts) await stage.Faults.KillAsync(part, Cancellation);
            await stage.Faults.LoseNodeAsync(lost.Site.Site, Cancellation);
            RequestedLease replacement = null!;
            try
            {
                await Eventually.HoldsAsync("a replacement", async () =>
                {
                    if ((await tenant.LeasesAsync("web")).SingleOrDefault(l => before.All(b => b.Id != l.Id)) is not { } found) return await tenant.ReadAsync("web", "{.status.leases[*].message}");
                    replacement = found;
                    return null;
                });
                Assert.DoesNotContain(replacement.Site, before.Select(l => l.Site));
                await tenant.WaitUntilReadyAsync("web");
                Assert.All(await PodsAsync([kept, replacement]), p => Assert.Contains("Running", p, StringComparison.Ordinal));

                // Nobody there sends a final receipt: the tenant's operator closes it without one.
                await Eventually.HoldsAsync("the end of the lost lease", async () => (await stage.Chain.Wallet.ReadLeaseAsync(lost.Id, null, Cancellation)) is { State: LeaseState.Closed } ? null : "it is not closed", 180);
            }
            finally
            {
                foreach (var part in parts.Reverse())
                {
                    await stage.Faults.StartAsync(part, Cancellation);
                    if (part.EndsWith("/kube-apiserver", StringComparison.Ordinal)) await AnswersAsync(lost.Site);
                }

                await stage.Faults.ReturnNodeAsync(lost.Site.Site, Cancellation);
                await lost.Site.WaitUntilReadyAsync(Cancellation);
                await stage.WaitForRegistrationAsync(lost.Site, registered: true);
            }

            // It is back, finds that the lease is over, and clears up.
            await Eventually.HoldsAsync("the end of the pods that were lost", async () => (await PodsAsync([lost]))[0] is { Length: > 0 } left ? left : null);
            await tenant.DeleteAsync("web", [.. before.Select(l => l.Id), replacement.Id]);
        });
        await Sums.AssertVaultAddsUpAsync(stage);
    }

    private Task AnswersAsync(DemoDatacenter site) => Eventually.HoldsAsync("the API server", async () =>
        await new Kubectl(stage.Federation, site.Site).TryAsync("get", "--raw", "/readyz") is { ExitCode: 0 } ? null : "it does not answer");

    // One line for each lease: its pods' names, phases and variables.
    private Task<string[]> PodsAsync(IEnumerable<RequestedLease> leases) => Task.WhenAll(leases.Select(async l => (await new Kubectl(stage.Federation, l.Site.Site).RunAsync(
        "get", "pods", "-n", l.Id.Namespace, "-o", "jsonpath={range .items[*]}{.metadata.name} {.status.phase} {range .spec.containers[0].env[*]}{.name}={.value} {end}{\"\\n\"}{end}")).Trim()));

    private Task<BigInteger[]> ClaimedAsync(IEnumerable<RequestedLease> leases) =>
        Task.WhenAll(leases.Select(async l => (await stage.Chain.Wallet.ReadLeaseAsync(l.Id, null, Cancellation)).Claimed));

    private Task<string> ExposeAsync(DemoDatacenter site, string ports) =>
        new Kubectl(stage.Federation, site.Site).RunAsync("patch", "datacenter", site.Name, "--type=merge", "-p", $$"""{"spec":{"ports":{{ports}}} }""");

    // With a variable, so that its pods are others than the page's.
    private static string Changed() => Samples.Read("request-three-datacenters", Samples.Image("docker.io/nginxinc/nginx-unprivileged:1.27-alpine", BusyboxImages.Web), Samples.Prices)
        .Replace("      readiness:", "      env: [{name: VERSION, value: \"2\"}]\n      readiness:", StringComparison.Ordinal);

    private static string KeptUp => $$"""
        apiVersion: compute.federation/v1alpha1
        kind: ComputeRequest
        metadata: {name: kept, namespace: default}
        spec:
          durationSeconds: 600
          maxPrices: {{Samples.LocalPrices}}
          escrow: {deposit: "300000", topUp: {belowSeconds: 600, amount: "700000", max: "10000000"} }
          renew: {beforeSeconds: 590}
          workload: {{Workloads.Burner}}
        """;

    private static string Failover => $$"""
        apiVersion: compute.federation/v1alpha1
        kind: ComputeRequest
        metadata: {name: web, namespace: default}
        spec:
          replicas: 2
          durationSeconds: 3600
          maxPrices: {{Samples.LocalPrices}}
          escrow: {deposit: "5000000"}
          failover: {notReadySeconds: 150, silentSeconds: 30}
          workload: {{Workloads.Web}}
        """;
}
