namespace Federation.Host.Tests.Alerts;

public sealed class StoriesTests
{
    /// <summary>Each alert of the chart is in one of the stories, which sees it fire and go.</summary>
    [Fact]
    public async Task EachAlertOfTheChart_IsInOneStory()
    {
        string[] told = [.. MeteringStoryTests.Alerts, .. OperatorStoryTests.Alerts, .. KeyStoryTests.Alerts, .. NodeStoryTests.Alerts, .. PoolStoryTests.Alerts];
        var rules = (await ShortenedRules.RenderAsync())["rules"]!.AsArray().Select(r => (string)r!["alert"]!);
        Assert.Equal(rules.Order(StringComparer.Ordinal), told.Order(StringComparer.Ordinal));
        var tenants = (await ShortenedRules.RenderAsync("tenant"))["rules"]!.AsArray().Select(r => (string)r!["alert"]!);
        Assert.Equal(tenants.Order(StringComparer.Ordinal), TenantStoryTests.Alerts.Order(StringComparer.Ordinal));
    }
}
