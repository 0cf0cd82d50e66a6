using Federation.Kubernetes.Admission;

namespace Federation.Kubernetes.Tests.Admission;

public sealed class WebhookManifestTests
{
    [Theory]
    [InlineData("http://10.0.0.1:9443")]
    [InlineData("https://me@10.0.0.1:9443")]
    [InlineData("https://10.0.0.1:9443/?a=b")]
    [InlineData("https://10.0.0.1:9443/#a")]
    public void UrlThatNoApiServerTakes_IsRefused(string url) => Assert.Throws<ArgumentException>(() => WebhookTarget.Url(new Uri(url)));

    [Fact]
    public void Service_IsNamedAsTheApiServerChecksIt()
    {
        var target = WebhookTarget.Service("system", "hook");
        var webhook = WebhookManifest.Build("x", [Rule()], target, "Y2E=", 20)["webhooks"]![0]!;

        Assert.Equal(["hook.system.svc"], target.Names);
        Assert.Equal("/validate/configmaps", (string?)webhook["clientConfig"]!["service"]!["path"]);
        Assert.Null(webhook["clientConfig"]!["url"]);
    }

    [Theory]
    [InlineData(20, false)]
    [InlineData(29, false)]
    [InlineData(30, true)]
    public void Conditions_AreForServersThatKnowThem(int minor, bool has) => Assert.Equal(
        has, WebhookManifest.Build("x", [Rule()], WebhookTarget.Url(new Uri("https://[::1]:9443/below/")), "", minor)["webhooks"]![0]!["matchConditions"] is not null);

    [Fact]
    public void Url_KeepsItsPath() => Assert.Equal(
        "https://10.0.0.1:9443/below/validate/configmaps",
        (string?)WebhookManifest.Build("x", [Rule()], WebhookTarget.Url(new Uri("https://10.0.0.1:9443/below/")), "", 20)["webhooks"]![0]!["clientConfig"]!["url"]);

    private static WebhookRule Rule() => new()
    {
        Name = "a.b.c", Webhook = new ScriptedWebhook(), Scopes = [new("", AdmissionOperation.Create)], MatchConditions = [new("x", "true")],
    };
}
