using System.Net;
using Federation.Host.Tests.Support;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Host.Tests.Tenancy;

/// <summary>What a kubelet and Prometheus see of a tenant's operator before chain and cluster are there.</summary>
public sealed class TenantScrapeTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Operator_WithoutAChain_IsAlive_NotReady_AndScraped()
    {
        var port = Ports.Free(1)[0];
        var settings = ValidOptions.Pairs.Where(p => p.Key.StartsWith("Federation:Chain:", StringComparison.Ordinal) && !p.Key.EndsWith(":Provider", StringComparison.Ordinal))
            .ToDictionary(p => p.Key.Replace("Federation:", "Tenant:", StringComparison.Ordinal), p => p.Value);
        (settings["Tenant:Watch"], settings["Tenant:Token"], settings["Tenant:Listen"]) = ("shop", "0x0000000000000000000000000000000000000008", $"http://0.0.0.0:{port}");
        using var program = OperatorProcess.Start(settings, "tenant");
        await program.SaysAsync("Waiting for the chain", Cancellation);

        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        Assert.Equal("ok", await http.GetStringAsync("healthz", Cancellation));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await http.GetAsync(new Uri("readyz", UriKind.Relative), Cancellation)).StatusCode);
        var metrics = await http.GetStringAsync("metrics", Cancellation);
        Assert.Contains("\nfederation_tenant_leading 0\n", metrics, StringComparison.Ordinal);
        Assert.Contains("\nfederation_chain_errors_total{", metrics, StringComparison.Ordinal);
        // That name is a datacenter's, whose absence is an alert.
        Assert.DoesNotContain("federation_leading", metrics, StringComparison.Ordinal);

        program.Terminate();
        Assert.Equal(0, await program.EndAsync(Cancellation));
    }
}
