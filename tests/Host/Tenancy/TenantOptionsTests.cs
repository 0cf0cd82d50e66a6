using Federation.Host.Tenancy;
using Federation.Host.Tests.Support;

namespace Federation.Host.Tests.Tenancy;

public sealed class TenantOptionsTests
{
    [Fact]
    public async Task Tenant_WithoutSettings_EndsWithTwo_AndNamesEveryFault()
    {
        using var program = OperatorProcess.Start(new Dictionary<string, string> { ["Tenant:Listen"] = "https://127.0.0.1:0", ["Tenant:Access:KubeconfigFolder"] = "/nowhere" }, "tenant");

        Assert.Equal(2, await program.EndAsync(TestContext.Current.CancellationToken));
        foreach (var fault in new[] { "Tenant:Listen 'https", "Tenant:Watch is missing", "Tenant:Access:KubeconfigFolder: there is no folder '/nowhere'", "Tenant:Chain:RpcUrl", "Tenant:Chain:Market", "Tenant:Chain: give KeystoreFile or RemoteSignerUrl" })
            Assert.Contains($"error: {fault}", program.Output, StringComparison.Ordinal);
        // It is no provider.
        Assert.DoesNotContain("Provider", program.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Look", "Tenant:Times:Look must be at least 100 ms")]
    [InlineData("OrderLife", "Tenant:Times:OrderLife must be at least 30 s")]
    [InlineData("AskTimeout", "Tenant:Times:AskTimeout must be above 0")]
    public void TimesThatCannotBe_AreFaults(string which, string fault)
    {
        var options = new TenantOptions();
        var times = options.Times;
        _ = which switch
        {
            "Look" => times.Look = TimeSpan.FromMilliseconds(1),
            "OrderLife" => times.OrderLife = TimeSpan.FromSeconds(1),
            _ => times.AskTimeout = TimeSpan.Zero,
        };
        Assert.Contains(options.Faults(), f => f.StartsWith(fault, StringComparison.Ordinal));
        Assert.DoesNotContain(new TenantOptions().Faults(), f => f.StartsWith("Tenant:Times", StringComparison.Ordinal));
    }
}
