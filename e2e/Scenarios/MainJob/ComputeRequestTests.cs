using System.Numerics;
using System.Text.RegularExpressions;
using Federation.Domain.Leases;
using Federation.Ethereum.Signing;
using Federation.Harness;
using Federation.Harness.Images;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>A tenant with a wallet, kubectl and nothing else: what it applies is bought, delivered, changed, kept up and paid back.</summary>
[Collection(ThreeDatacentersCollection.Name)]
public sealed partial class ComputeRequestTests(ThreeDatacenters stage)
{
    private static readonly BigInteger Tokens = 20_000_000;

    // Longer than the operator may be away unnoticed: several epochs and settlements.
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(22);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SampleIsApplied_Changed_LeftAlone_AndDeleted_AndItsMoneyIsBack()
    {
        var wallet = await WalletAsync();
        await WithTenantAsync(wallet, "tenant", async tenant =>
        {
            // 1. Applied: three datacenters, none of which handed anything out.
            await tenant.Kubectl.ApplyAsync(Sample());
            await tenant.WaitUntilReadyAsync("app");
            var leases = await tenant.LeasesAsync("app");
            Assert.Equal(3, leases.DistinctBy(l => l.Site).Count());
            Assert.All((await tenant.ReadAsync("app", "{.status.leases[*].endpoints[0]}")).Split(' '), e => Assert.StartsWith("http", e, StringComparison.Ordinal));
            var first = await PodsAsync(leases);

            // 2. Changed, as GitOps does it: other pods in the same leases.
            await tenant.Kubectl.ApplyAsync(Sample().Replace("      readiness:", "      env: [{name: VERSION, value: \"2\"}]\n      readiness:", StringComparison.Ordinal));
            await Eventually.HoldsAsync("pods of the changed manifest", async () =>
            {
                var now = await PodsAsync(leases);
                return now.All(p => !p.Contains('\n', StringComparison.Ordinal) && p.Contains("Running VERSION=2", StringComparison.Ordinal)) ? null : string.Join("; ", now);
            }, 400);
            Assert.Empty((await PodsAsync(leases)).Select(p => p.Split(' ')[0]).Intersect(first.Select(p => p.Split(' ')[0])));
            await tenant.WaitUntilReadyAsync("app");
            Assert.Equal(leases, await tenant.LeasesAsync("app"));

            // 3. Left alone: the tenant's operator is away, leases live and are settled.
            var (pods, paid) = (await PodsAsync(leases), await ClaimedAsync(leases));
            await tenant.StopAsync();
            await Task.Delay(Away, TimeProvider.System, Cancellation);
            await Eventually.HoldsAsync("settlements while the tenant is away", async () => paid.Zip(await ClaimedAsync(leases)).All(p => p.Second > p.First) ? null : "not all leases were settled");
            Assert.Equal(pods, await PodsAsync(leases));
            await tenant.StartAgainAsync();

            // 4. Deleted: the object goes with its refund.
            await tenant.Kubectl.RunAsync("delete", "creq", "app", "-n", "default", "--timeout=180s");
            await AssertMoneyIsBackAsync(wallet, leases);
        });
    }

    [Fact]
    public async Task WholeDatacenterIsKilled_TheThirdTakesOver_NothingIsPaidTwice()
    {
        var wallet = await WalletAsync();
        await WithTenantAsync(wallet, "failover", async tenant =>
        {
            await tenant.Kubectl.ApplyAsync(Failover);
            await tenant.WaitUntilReadyAsync("web");
            var before = await tenant.LeasesAsync("web");
            // The requests themselves are in the first datacenter's cluster: the tenant's own would not be in any.
            var (lost, kept) = (before.First(l => l.Site != stage.Sites[0]), before[^1]);
            if (kept == lost) kept = before[0];
            string[] parts = [lost.Site.OperatorPart, $"{lost.Site.Name}/kubelet", $"{lost.Site.Name}/kube-apiserver"];
            foreach (var part in parts) await stage.Faults.KillAsync(part, Cancellation);
            RequestedLease replacement;
            try
            {
                await Eventually.HoldsAsync("a replacement", async () => (await tenant.LeasesAsync("web")).Any(l => before.All(b => b.Id != l.Id)) ? null : await tenant.ReadAsync("web", "{.status.leases[*].message}"));
                replacement = (await tenant.LeasesAsync("web")).Single(l => before.All(b => b.Id != l.Id));
                Assert.DoesNotContain(replacement.Site, before.Select(l => l.Site));
                await tenant.WaitUntilReadyAsync("web");
                Assert.All(await PodsAsync([kept, replacement]), p => Assert.Contains("Running", p, StringComparison.Ordinal));

                // Nobody there sends a final receipt: the tenant's operator closes it without one.
                await Eventually.HoldsAsync("the end of the lost lease", async () => (await stage.Chain.Wallet.ReadLeaseAsync(lost.Id, null, Cancellation)) is { State: LeaseState.Closed } ? null : "it is not closed", 180);
            }
            finally
            {
                foreach (var part in parts.Reverse()) await stage.Faults.StartAsync(part, Cancellation);
                await lost.Site.WaitUntilReadyAsync(Cancellation);
                await stage.WaitForRegistrationAsync(lost.Site, registered: true);
            }

            // It is back, finds that the lease is over, and clears up.
            await Eventually.HoldsAsync("the end of the pods that were lost", async () => (await PodsAsync([lost]))[0] is { Length: > 0 } left ? left : null);
            await tenant.Kubectl.RunAsync("delete", "creq", "web", "-n", "default", "--timeout=180s");
            await AssertMoneyIsBackAsync(wallet, [.. before, replacement]);
        });
        await Sums.AssertVaultAddsUpAsync(stage);
    }

    private async Task<LocalSigner> WalletAsync() => (LocalSigner)(await stage.NewAccountAsync(Tokens)).Signer;

    private async Task WithTenantAsync(LocalSigner wallet, string name, Func<RequestingTenant, Task> work)
    {
        var tenant = new RequestingTenant(stage, wallet, name);
        await tenant.StartAsync(Cancellation);
        try
        {
            await Eventually.HoldsAsync("the ComputeRequest's kind", async () => await tenant.Kubectl.TryAsync("get", "creq", "-n", "default") is { ExitCode: 0 } ? null : "it is not served");
            await work(tenant);
        }
        finally
        {
            await tenant.StopAsync();
        }
    }

    // One line for each lease: its pods' names, phases and variables.
    private Task<string[]> PodsAsync(IEnumerable<RequestedLease> leases) => Task.WhenAll(leases.Select(async l => (await new Kubectl(stage.Federation, l.Site.Site).RunAsync(
        "get", "pods", "-n", l.Id.Namespace, "-o", "jsonpath={range .items[*]}{.metadata.name} {.status.phase} {range .spec.containers[0].env[*]}{.name}={.value} {end}{\"\\n\"}{end}")).Trim()));

    private Task<BigInteger[]> ClaimedAsync(IEnumerable<RequestedLease> leases) =>
        Task.WhenAll(leases.Select(async l => (await stage.Chain.Wallet.ReadLeaseAsync(l.Id, null, Cancellation)).Claimed));

    // Every token that the wallet had is in it, in its Vault balance, or was paid for one of these leases, once.
    private async Task AssertMoneyIsBackAsync(LocalSigner wallet, IReadOnlyList<RequestedLease> leases)
    {
        foreach (var lease in leases)
        {
            var chain = await stage.Chain.Wallet.ReadLeaseAsync(lease.Id, null, Cancellation);
            Assert.Equal((LeaseState.Closed, BigInteger.Zero), (chain.State, chain.Escrow));
        }

        var used = (await ClaimedAsync(leases)).Aggregate(BigInteger.Zero, (sum, one) => sum + one);
        var left = await stage.Chain.Wallet.ReadBalancesAsync(stage.Chain.Token, wallet.Address, Cancellation);
        Assert.Equal(Tokens, left.Token + left.Vault + used);
        Assert.True(used > 0);
    }

    // As it is shipped, but for the image, which no registry has here, and the prices of these datacenters.
    private static string Sample()
    {
        var text = File.ReadAllText(Checkout.Built("the samples are", "crds", "samples", "request-three-datacenters.yaml"));
        var local = Prices().Replace(Image().Replace(text, $"image: {BusyboxImages.Web}"), Most);
        Assert.Equal(2, text.Split('\n').Zip(local.Split('\n')).Count(lines => lines.First != lines.Second));
        return local;
    }

    private const string Most = """maxPrices: {cpu: "1000000000000", memory: "1000000000000", storage: "1000000000000", egress: "0", gpuA: "0", gpuB: "0"}""";

    private static string Failover => $$"""
        apiVersion: compute.federation/v1alpha1
        kind: ComputeRequest
        metadata: {name: web, namespace: default}
        spec:
          replicas: 2
          durationSeconds: 3600
          {{Most}}
          escrow: {deposit: "5000000"}
          failover: {notReadySeconds: 30, silentSeconds: 30}
          workload: {{Workloads.Web}}
        """;

    [GeneratedRegex("maxPrices: .*")]
    private static partial Regex Prices();

    [GeneratedRegex("image: .*")]
    private static partial Regex Image();
}
