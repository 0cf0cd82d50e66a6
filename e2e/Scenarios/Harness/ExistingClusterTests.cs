using Federation.Harness;

namespace Federation.Scenarios.Harness;

/// <summary>Clusters that run already are used instead of started ones.</summary>
[Collection(HarnessCollection.Name)]
public sealed class ExistingClusterTests(HarnessFixture fixture)
{
    [Fact]
    public async Task Up_WithAKubeconfig_StartsTheChainAlone()
    {
        var state = LeftoverFixture.NewStateFolder("existing");
        var federation = await LocalFederation.UpAsync(new FederationOptions
        {
            StateFolder = state, Kubeconfigs = [fixture.Alpha.KubeconfigPath], PrometheusUrls = [fixture.Alpha.PrometheusUrl!],
        });
        try
        {
            var datacenter = Assert.Single(federation.Datacenters);
            Assert.Equal(fixture.Alpha.KubeconfigPath, datacenter.KubeconfigPath);
            Assert.Null(datacenter.Local);
            var health = await FederationHealth.LookAsync(federation);
            Assert.All(health, part => Assert.True(part.IsWell, $"{part.Part}: {part.Detail}"));
            Assert.Equal(["anvil", "chain", "alpha: nodes", "alpha: Prometheus"], health.Select(part => part.Part));
        }
        finally
        {
            await LocalFederation.DownAsync(state);
        }
        Assert.Equal(0, (await fixture.Kubectl.TryAsync("get", "nodes")).ExitCode);
    }
}
