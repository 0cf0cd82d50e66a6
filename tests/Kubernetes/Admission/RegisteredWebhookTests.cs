using System.Net;
using System.Text.Json.Nodes;
using Federation.Kubernetes.Admission;
using Federation.Kubernetes.Admission.Certificates;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Kubernetes.Tests.Admission;

/// <summary>A real API server asks: registration, refusals as a user sees them, failure policies, rotation.</summary>
public sealed class RegisteredWebhookTests(ApiServerFixture fixture) : IAsyncLifetime
{
    private const string Label = "test/webhook";
    private const string Usual = "refusals.test.example";

    private readonly string name = $"test-{Guid.NewGuid():N}";
    private readonly ScriptedWebhook webhook = ScriptedWebhook.RefusingForbidden();
    private KubernetesClient admin = null!;
    private CertificateKeeper keeper = null!;
    private AdmissionServer? server;
    private string space = "";

    private ResourceClient<V1ConfigMap> Maps => admin.Resource<V1ConfigMap>();

    private WebhookRegistrar Registrar => new(admin, name, NullLogger.Instance);

    private WebhookTarget Target => WebhookTarget.Url(new Uri($"https://127.0.0.1:{server!.Port}"));

    public async ValueTask InitializeAsync()
    {
        admin = fixture.Server.Client();
        space = (await admin.Resource<V1Namespace>().CreateAsync(new V1Namespace { Metadata = new() { GenerateName = "hook-", Labels = new Dictionary<string, string> { [Label] = name } } })).Metadata.Name!;
        keeper = Keeper(LoopbackServer.Certificates);
        await keeper.EnsureAsync(default);
        server = await AdmissionServer.StartAsync(new AdmissionServerOptions { Address = IPAddress.Loopback, Port = 0, TimeLimit = TimeSpan.FromSeconds(10) }, () => keeper.Current, [webhook]);
        await RegisterAsync(FailurePolicy.Fail);
    }

    public async ValueTask DisposeAsync()
    {
        await admin.Resource(Configurations).DeleteAsync(name);
        if (server is not null) await server.DisposeAsync();
        admin.Dispose();
    }

    [Fact]
    public async Task Refusal_NamesWebhookAndField_ForProgramsAndForPeople()
    {
        var refusal = await Assert.ThrowsAsync<KubernetesException>(() => Maps.CreateAsync(Manifests.ConfigMap(space, "bad", ("forbidden", "1"))));
        var shown = await Kubectl.TryAsync(fixture.Server, "create", "configmap", "bad", "-n", space, "--from-literal=forbidden=1");

        Assert.True(refusal.IsInvalid);
        Assert.Contains("refusals.test.example", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("data[forbidden]", Assert.Single(refusal.Status.Details!.Causes!).Field);
        Assert.Contains("data[forbidden]", shown, StringComparison.Ordinal);
        Assert.Contains("mind the gap", await Kubectl.TryAsync(fixture.Server, "create", "configmap", "good", "-n", space, "--from-literal=a=1"), StringComparison.Ordinal);
        Assert.False(await admin.Resource<V1ConfigMap>().GetAsync("bad", space) is not null);
    }

    [Fact]
    public async Task Trial_IsReviewedToo_AndKnown()
    {
        AdmissionRequest? seen = null;
        webhook.OnWrite = (_, request) =>
        {
            seen = request;
            return Task.FromResult(ValidationResult.Success());
        };

        await Maps.CreateAsync(Manifests.ConfigMap(space, "trial"), new WriteOptions { DryRun = true });

        Assert.Equal((true, "admin"), (seen!.DryRun, seen.UserInfo.Username));
    }

    [Fact]
    public async Task Registration_IsWrittenOnce_AndMended_AndEmptied()
    {
        var first = await VersionAsync();
        Assert.False(await Registrar.EnsureAsync([Rule(FailurePolicy.Fail)], Target, keeper.CaBundle!, default));
        Assert.Equal(first, await VersionAsync());

        await admin.Resource(Configurations).PatchAsync(name, null, new JsonPatchBuilder().Replace("Ignore", "webhooks", "0", "failurePolicy").Build());
        Assert.True(await Registrar.EnsureAsync([Rule(FailurePolicy.Fail)], Target, keeper.CaBundle!, default));
        Assert.False(await Registrar.EnsureAsync([Rule(FailurePolicy.Fail)], Target, keeper.CaBundle!, default));

        Assert.True(await Registrar.EmptyAsync(default));
        Assert.False(await Registrar.EmptyAsync(default));
        await Eventually.TrueAsync(() => PassesAsync("forbidden"), what: "nobody is asked any more");
    }

    [Fact]
    public async Task ServerGone_StopsWhatFails_AndNothingThatIgnores_NorOtherNamespaces()
    {
        var target = Target;
        await server!.DisposeAsync();
        server = null;

        var failed = await Assert.ThrowsAsync<KubernetesException>(() => Maps.CreateAsync(Manifests.ConfigMap(space, "stopped")));
        Assert.Contains("refusals.test.example", failed.Message, StringComparison.Ordinal);
        await Maps.CreateAsync(Manifests.ConfigMap(await fixture.Server.NamespaceAsync(), "elsewhere", ("forbidden", "1")));
        await Registrar.EnsureAsync([Rule(FailurePolicy.Ignore)], target, keeper.CaBundle!, default);
        await Eventually.TrueAsync(() => PassesAsync("forbidden"), what: "writes pass");
    }

    [Fact]
    public async Task Rotation_OfCertificateAndAuthority_UnderLoad_LosesNoWrite()
    {
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 4).Select(async w =>
        {
            using var client = fixture.Server.Client();
            var done = 0;
            for (; !stop.IsCancellationRequested; done++)
                await client.Resource<V1ConfigMap>().CreateAsync(Manifests.ConfigMap(space, $"w{w}-{done}"), new WriteOptions { DryRun = true });
            return done;
        }).ToArray();
        var bundles = new HashSet<string> { keeper.CaBundle! };
        var serials = new HashSet<string> { keeper.Current!.SerialNumber };

        // What years bring, in seconds: each renewal is taken over from the shared Secret by the replica that serves.
        for (var i = 1; i <= 6; i++)
        {
            var lifetime = LoopbackServer.Certificates.Lifetime;
            var due = i % 2 == 1
                ? LoopbackServer.Certificates with { Lifetime = lifetime * Math.Pow(3.1, i) }
                : LoopbackServer.Certificates with { Lifetime = lifetime * Math.Pow(3.1, i), AuthorityLifetime = LoopbackServer.Certificates.AuthorityLifetime * Math.Pow(3.1, i / 2) };
            await Keeper(due with { Settle = TimeSpan.FromHours(1) }).EnsureAsync(default);
            await keeper.EnsureAsync(default);
            await RegisterAsync(FailurePolicy.Fail, $"refusals-{i}.test.example");
            // Reviews that were under way end; by now the new authority is trusted: it signs.
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
            await Keeper(due).EnsureAsync(default);
            await keeper.EnsureAsync(default);
            bundles.Add(keeper.CaBundle!);
            serials.Add(keeper.Current!.SerialNumber);
        }

        await stop.CancelAsync();
        var done = await Task.WhenAll(writers);
        TestContext.Current.TestOutputHelper?.WriteLine($"{done.Sum()} writes, {serials.Count} certificates, {bundles.Count} bundles");
        Assert.True(done.Sum() > 100 && serials.Count >= 7 && bundles.Count >= 4, $"{done.Sum()} writes, {serials.Count} certificates, {bundles.Count} bundles");
    }

    [Fact]
    public async Task ManyWritesAtOnce_AreAllReviewed()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => PassesAsync(i % 2 == 0 ? "good" : "forbidden", $"many-{i}")));

        Assert.All(results.Index(), r => Assert.Equal(r.Index % 2 == 0, r.Item));
    }

    [Fact]
    public async Task Replicas_ShareOneSecret_AndItIsWrittenAgainWhenItIsLostOrBroken()
    {
        var secrets = admin.Resource<V1Secret>();
        await secrets.DeleteAsync("test", space);
        var others = Enumerable.Range(0, 4).Select(_ => Keeper(LoopbackServer.Certificates)).ToArray();
        await Task.WhenAll(others.Select(k => k.EnsureAsync(default)));
        var shared = Assert.Single(others.Select(k => k.Current!.Thumbprint).Distinct());

        await secrets.DeleteAsync("test", space);
        await others[0].EnsureAsync(default);
        Assert.Equal(shared, others[0].Current!.Thumbprint);
        await secrets.PatchAsync("test", space, V1Patch.Merge(new JsonObject { ["data"] = new JsonObject { ["tls.key"] = "AAAA" } }));
        await others[1].EnsureAsync(default);
        await others[2].EnsureAsync(default);
        Assert.Equal((shared, shared), (others[1].Current!.Thumbprint, others[2].Current!.Thumbprint));
    }

    [Fact]
    public async Task Self_IsFound_ByTokenAndByCertificate()
    {
        using var certified = new KubernetesClient(KubeConfig.Load(fixture.Server.CertificateKubeConfigPath));
        using var other = new KubernetesClient(fixture.Server.Configuration() with { Impersonate = "somebody-else" });

        Assert.Equal("admin", await SelfIdentity.FindAsync(admin));
        Assert.Equal("certified", await SelfIdentity.FindAsync(certified));
        Assert.Equal("somebody-else", await SelfIdentity.FindAsync(other));
    }

    private static ResourceKind Configurations { get; } = new("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", false);

    private CertificateKeeper Keeper(CertificateOptions options) => new(admin, options with { Namespace = space }, NullLogger.Instance);

    private async Task<string?> VersionAsync() => ObjectView.ResourceVersion((await admin.Resource(Configurations).GetAsync(name))!);

    // The API server learns of it by a watch of its own: whose rule it asks by it says when it refuses.
    private async Task RegisterAsync(FailurePolicy policy, string rule = Usual)
    {
        await Registrar.EnsureAsync([Rule(policy, rule)], Target, keeper.CaBundle!, default);
        await Eventually.TrueAsync(async () => (await RefusalAsync("forbidden"))?.Message.Contains($"\"{rule}\" denied", StringComparison.Ordinal) == true, what: "the API server asks");
    }

    private WebhookRule Rule(FailurePolicy policy, string rule = Usual) => new()
    {
        Name = rule,
        Webhook = webhook,
        Scopes = [new("", AdmissionOperation.Create, AdmissionOperation.Update)],
        FailurePolicy = policy,
        NamespaceSelector = new JsonObject { ["matchLabels"] = new JsonObject { [Label] = name } },
        TimeoutSeconds = 10,
    };

    private async Task<bool> PassesAsync(string key, string map = "probe") => await RefusalAsync(key, map) is null;

    private async Task<KubernetesException?> RefusalAsync(string key, string map = "probe")
    {
        try
        {
            await Maps.CreateAsync(Manifests.ConfigMap(space, map, (key, "1")), new WriteOptions { DryRun = true });
            return null;
        }
        // Right after a change the server may still ask by the rule before, and find nobody.
        catch (KubernetesException refusal) when (refusal.IsInvalid || refusal.IsTransient)
        {
            return refusal;
        }
    }
}
