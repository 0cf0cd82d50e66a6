using System.Numerics;
using Federation.Domain.Leases;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>A tenant with a wallet and kubectl: applies a ComputeRequest, is served by two datacenters, deletes it, and has its money back.</summary>
[Collection(ThreeDatacentersCollection.Name)]
public sealed class ComputeRequestTests(ThreeDatacenters stage)
{
    private static readonly BigInteger Tokens = 20_000_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Applied_IsServedInTwoDatacenters_Deleted_IsRefundedAndGone()
    {
        var wallet = await stage.FundRequestWalletAsync(Tokens);
        var tenant = new RequestingTenant(stage, wallet);
        await tenant.StartAsync(Cancellation);
        try
        {
            await Eventually.HoldsAsync("the ComputeRequest's kind", async () => await tenant.Kubectl.TryAsync("get", "creq", "-n", "default") is { ExitCode: 0 } ? null : "it is not served");
            await tenant.Kubectl.ApplyAsync(Manifest);
            await Eventually.HoldsAsync("Ready", async () =>
            {
                var ready = await tenant.ReadAsync("web", "{range .status.conditions[?(@.type=='Ready')]}{.status}: {.message}{end}") ?? "";
                return ready.StartsWith("True", StringComparison.Ordinal) ? null : ready;
            }, 180);

            var providers = (await tenant.ReadAsync("web", "{.status.leases[*].provider}"))!.Split(' ');
            Assert.Equal(2, providers.Distinct().Count());
            Assert.All((await tenant.ReadAsync("web", "{.status.leases[*].endpoints[0]}"))!.Split(' '), e => Assert.StartsWith("http", e, StringComparison.Ordinal));
            LeaseId[] leases = [.. (await tenant.ReadAsync("web", "{.status.leases[*].leaseId}"))!.Split(' ').Select(LeaseId.Parse)];
            foreach (var (lease, provider) in leases.Zip(providers))
            {
                var site = stage.Sites.Single(s => stage.Chain.Providers[s.Name].Signer.Address.ToString() == provider);
                Assert.Equal("Running", await new Kubectl(stage.Federation, site.Site).RunAsync("get", "pods", "-n", lease.Namespace, "-o", "jsonpath={.items[*].status.phase}"));
            }

            await tenant.Kubectl.RunAsync("delete", "creq", "web", "-n", "default", "--wait=false");
            await Eventually.HoldsAsync("the end of the ComputeRequest", async () => await tenant.ReadAsync("web", "{.status.leases[*].reason}") is { } left ? left : null, 180);

            BigInteger used = 0;
            foreach (var lease in leases)
            {
                var chain = await stage.Chain.Wallet.ReadLeaseAsync(lease, null, Cancellation);
                Assert.Equal((LeaseState.Closed, BigInteger.Zero), (chain.State, chain.Escrow));
                used += chain.Claimed;
            }

            var left = await stage.Chain.Wallet.ReadBalancesAsync(stage.Chain.Token, wallet.Address, Cancellation);
            Assert.Equal(Tokens, left.Token + left.Vault + used);
        }
        finally
        {
            await tenant.StopAsync();
        }
    }

    private static string Manifest => $$"""
        apiVersion: compute.federation/v1alpha1
        kind: ComputeRequest
        metadata: {name: web, namespace: default}
        spec:
          replicas: 2
          durationSeconds: 3600
          maxPrices: {cpu: "1000000000000", memory: "1000000000000", storage: "1000000000000", egress: "0", gpuA: "0", gpuB: "0"}
          escrow: {deposit: "5000000"}
          failover: {notReadySeconds: 120, silentSeconds: 120}
          workload: {{Workloads.Web}}
        """;
}
