using System.Text.Json;
using Federation.Domain.Leases;
using Federation.Harness;
using Federation.Harness.Demo;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>An administrator takes a datacenter out of service, and puts it back, with kubectl alone.</summary>
[Collection(ThreeDatacentersCollection.Name)]
[Trait("Target", "stories")]
public sealed class DrainTests(ThreeDatacenters stage)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Drained_ItsLeaseIsServedThroughTheNotice_NewOnesGoElsewhere_ThenItTakesThemAgain()
    {
        var lease = await stage.OpenAsync("moving", Workloads.Burner);
        var site = lease.Demo.Datacenter;
        var pods = await lease.ReadPodsAsync();
        try
        {
            await DrainAsync(lease, pods);
        }
        finally
        {
            await SetIntakeAsync(site, "Open");
        }

        await WaitForReadyAsync(site, "Serving");
        await Eventually.HoldsAsync("an Offer again", async () => (await stage.AskAsync(site, FederationStage.Story("again", Workloads.Burner))).Quote is { Offer: null } no ? no.Message : null);
        await Sums.AssertVaultAddsUpAsync(stage);
    }

    [Fact]
    public async Task MisspeltIntake_IsRefusedByTheApiServer()
    {
        var answer = await AdminOf(stage.Sites[0]).TryAsync("patch", "datacenter", stage.Sites[0].Name, "--type=merge", "-p", """{"spec":{"intake":"Drain"}}""");
        Assert.NotEqual(0, answer.ExitCode);
        Assert.Contains("spec.intake", answer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Registered_IsACondition_WithTheStakeBesideIt()
    {
        await WaitForReadyAsync(stage.Sites[0], "Serving");
        var seen = await ReadAsync(stage.Sites[0]);
        Assert.Equal("Registered", ReasonOf(seen, "Registered"));
        var registration = seen.GetProperty("status").GetProperty("registration");
        Assert.Equal(stage.Chain.Operators[stage.Sites[0].Name].ToString(), registration.GetProperty("operator").GetString());
        Assert.NotEqual("0", registration.GetProperty("stake").GetString());
    }

    private async Task DrainAsync(TenantLease lease, string[] pods)
    {
        var site = lease.Demo.Datacenter;
        await SetIntakeAsync(site, "Draining");
        await Eventually.HoldsAsync("the notice", async () => (await lease.ReadChainAsync()) is { State: LeaseState.Closing } ? null : "active");
        var worked = lease.TruthSeconds;
        var closing = await lease.ReadChainAsync();
        Assert.Equal(CloseReason.Provider, closing.Reason);
        Assert.Equal(pods, await lease.ReadPodsAsync());
        await WaitForReadyAsync(site, "Draining");
        await Eventually.HoldsAsync("an offer of another datacenter", async () =>
        {
            var (_, quotes) = await stage.Tenant.AskAsync(FederationStage.Story("elsewhere", Workloads.Burner), Cancellation);
            Assert.Equal("Draining", quotes.Single(q => q.Datacenter == site).Reason);
            return quotes[0].Offer is not null ? null : string.Join("; ", quotes.Select(q => q.Reason));
        });

        await lease.WaitForCloseAsync();
        var (row, closed) = (await lease.ReadRowAsync(), await lease.ReadChainAsync());
        Sums.AssertPaidExactly(row, worked);
        Assert.Equal(nameof(CloseReason.Provider), row.Outcome);
        // The notice was served: it is measured to its end, and leaving costs nothing.
        Assert.True(closed.Through >= closing.EndsAt, $"measured until {closed.Through}, and the notice is over at {closing.EndsAt}");
        Assert.Equal(0, closed.Slashed);

        await SetIntakeAsync(site, "Paused");
        await WaitForReadyAsync(site, "Paused");
    }

    private Kubectl AdminOf(DemoDatacenter site) => new(stage.Federation, site.Site);

    private Task<string> SetIntakeAsync(DemoDatacenter site, string intake) =>
        AdminOf(site).RunAsync("patch", "datacenter", site.Name, "--type=merge", "-p", $$$"""{"spec":{"intake":"{{{intake}}}"}}""");

    private Task WaitForReadyAsync(DemoDatacenter site, string reason) => Eventually.HoldsAsync($"{site.Name} Ready: {reason}", async () =>
        ReasonOf(await ReadAsync(site), "Ready") is var now && now == reason ? null : $"it is {now}");

    private async Task<JsonElement> ReadAsync(DemoDatacenter site)
    {
        using var document = JsonDocument.Parse(await AdminOf(site).RunAsync("get", "datacenter", site.Name, "-o", "json"));
        return document.RootElement.Clone();
    }

    // The status comes with the operator's first report.
    private static string ReasonOf(JsonElement datacenter, string type) => datacenter.TryGetProperty("status", out var status)
        ? status.GetProperty("conditions").EnumerateArray().Single(c => c.GetProperty("type").GetString() == type).GetProperty("reason").GetString()!
        : "";
}
