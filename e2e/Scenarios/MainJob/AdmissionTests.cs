using System.Net.Security;
using System.Net.Sockets;
using Federation.Domain.Leases;

namespace Federation.Scenarios.MainJob;

/// <summary>The operator's admission webhook: what is not the tenant's to write is refused at once, and what goes wrong with the webhook harms nobody else.</summary>
[Collection(MainJobCollection.Name)]
public sealed class AdmissionTests(MainJobFixture fixture)
{
    // The field that the refusal has to name, and the patch.
    private static readonly (string Named, string Patch)[] Reaching =
    [
        ("metadata.ownerReferences", """{"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"gone","uid":"00000000-0000-0000-0000-000000000000"}]}}"""),
        ("metadata.finalizers", """{"metadata":{"finalizers":["example.com/hold"]}}"""),
        ("metadata.labels[compute.federation/lease]", """{"metadata":{"labels":{"compute.federation/lease":"0"}}}"""),
        ("metadata.labels[app.kubernetes.io/managed-by]", """{"metadata":{"labels":{"app.kubernetes.io/managed-by":null}}}"""),
        ("metadata.annotations[compute.federation/lease-id]", """{"metadata":{"annotations":{"compute.federation/lease-id":"0x0"}}}"""),
        ("spec.chain", """{"spec":{"chain":{"prices":{"cpu":"1"}}}}"""),
        ("spec.chain", """{"spec":{"chain":null}}"""),
        ("spec.workload.services[0].hostNetwork", """{"spec":{"workload":{"services":[{"name":"work","image":"a:1","hostNetwork":true,"resources":{"cpu":"100m","memory":"64Mi"}}]}}}"""),
    ];

    [Fact]
    public async Task TenantReachesForWhatIsTheOperators_EachIsRefusedByName_AndNothingChanges()
    {
        var lease = await fixture.SurvivorAsync();
        var before = await LastingAsync(lease);
        foreach (var (named, patch) in Reaching)
        {
            var answer = await PatchAsync(lease, patch);
            Assert.True(answer.ExitCode != 0, $"{patch} was let through");
            Assert.Contains(named, answer.Error, StringComparison.Ordinal);
        }

        Assert.Equal(before, await LastingAsync(lease));
        var own = await PatchAsync(lease, """{"metadata":{"labels":{"app":"mine"}}}""");
        Assert.True(own.ExitCode == 0, own.Error);
        using var http = fixture.Site.NewClient();
        var metrics = await http.GetStringAsync(new Uri($"{fixture.Site.Endpoint}/metrics"), TestContext.Current.CancellationToken);
        Assert.Contains("kubernetes_admission_reviews_total{resource=\"computeleases\",result=\"denied\"}", metrics, StringComparison.Ordinal);
        Assert.Contains("kubernetes_admission_review_seconds_bucket", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AdminDeletesOrMakesAComputeLease_IsToldWhatToDoInstead()
    {
        var lease = await fixture.SurvivorAsync();

        var deleted = await fixture.Admin.TryAsync("delete", "computelease", lease.Namespace, "-n", lease.Namespace, "--wait=false");
        var status = await fixture.Admin.TryAsync("patch", "computelease", lease.Namespace, "-n", lease.Namespace, "--subresource=status", "--type=merge", "-p", """{"status":{"phase":"Closed"}}""");

        Assert.NotEqual(0, deleted.ExitCode);
        Assert.Contains("close the lease on chain", deleted.Error, StringComparison.Ordinal);
        Assert.NotEqual(0, status.ExitCode);
        Assert.Contains("the operator's", status.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SecretThatWouldGetATokenOfTheCluster_IsRefused_OthersAreTheTenants()
    {
        var space = (await fixture.SurvivorAsync()).Namespace;
        var file = Path.Combine(fixture.Federation.StateFolder, "manifests", "token.yaml");
        await File.WriteAllTextAsync(file, $$"""
            apiVersion: v1
            kind: Secret
            metadata: {name: identity, namespace: {{space}}, annotations: {kubernetes.io/service-account.name: default} }
            type: kubernetes.io/service-account-token
            """, TestContext.Current.CancellationToken);

        var identity = await fixture.AsTenant.TryAsync("create", "-f", file);
        var own = await fixture.AsTenant.TryAsync("create", "secret", "generic", "own", "-n", space, "--from-literal=a=1");

        Assert.NotEqual(0, identity.ExitCode);
        Assert.Contains("identity in the cluster", identity.Error, StringComparison.Ordinal);
        Assert.True(own.ExitCode == 0, own.Error);
    }

    [Fact]
    public async Task OperatorDown_ApplySaysSo_AndNothingElseStops()
    {
        var lease = await fixture.SurvivorAsync();
        var pods = await lease.ReadPodsAsync();
        var doomed = await fixture.MatchAsync(await fixture.AskAsync("doomed", Workloads.Burner));
        await doomed.WaitForPhaseAsync(LeasePhase.WaitingForWorkload);
        await fixture.Faults.StopAsync(fixture.Site.OperatorPart);

        var applied = await lease.TryApplyAsync(Workloads.Web);
        Assert.NotEqual(0, applied.ExitCode);
        Assert.Contains("failed calling webhook \"workload.leases.compute.federation\"", applied.Error, StringComparison.Ordinal);
        // The namespace of a lease, a pod that its controller replaces, the objects of everybody else.
        await fixture.Admin.RunAsync("delete", "namespace", doomed.Namespace, "--timeout=150s");
        await fixture.Admin.RunAsync("create", "configmap", "unrelated", "-n", "default", "--from-literal=a=1");
        await fixture.Admin.RunAsync("label", "datacenter", fixture.Datacenter.Name, "edited=yes");
        Assert.Equal(pods, await lease.ReadPodsAsync());

        // The operator needs nobody's leave to start, to make again what the chain wants, and to take a new lease.
        await fixture.StartOperatorAgainAsync();
        await doomed.WaitForNamespaceAsync();
        var next = await fixture.OpenAsync("after", Workloads.Burner);
        await next.CloseAsync();
        await doomed.CloseAsync();
        await lease.WaitForNextSettlementAsync();
    }

    [Fact]
    public async Task CertificateIsRenewed_WithoutARestart_AndNoWriteIsLost()
    {
        var lease = await fixture.SurvivorAsync();
        var process = Federation.Harness.Parts.ProcessId(fixture.Federation, fixture.Site.OperatorPart);
        var (first, writes) = (await SerialAsync(), 0);
        var started = TimeProvider.System.GetTimestamp();
        for (var left = 5; left > 0; writes++)
        {
            var answer = await fixture.AsTenant.TryAsync("label", "computelease", lease.Namespace, "-n", lease.Namespace, $"tenant.compute.federation/trial=t{writes}", "--overwrite", "--dry-run=server");
            Assert.True(answer.ExitCode == 0, $"write {writes}: {answer.Error}");
            if (await SerialAsync() != first) left--;
            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(240), "the certificate was not renewed");
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{writes} writes until after the renewal");
        Assert.Equal(process, Federation.Harness.Parts.ProcessId(fixture.Federation, fixture.Site.OperatorPart));
    }

    private Task<Federation.Harness.Machine.Command.Result> PatchAsync(TenantLease lease, string patch) =>
        fixture.AsTenant.TryAsync("patch", "computelease", lease.Namespace, "-n", lease.Namespace, "--type=merge", "-p", patch);

    // Everything but the status and the versions, which the operator's own writes move.
    private Task<string> LastingAsync(TenantLease lease) => fixture.Admin.RunAsync("get", "computelease", lease.Namespace, "-n", lease.Namespace,
        "-o", "jsonpath={.metadata.uid} {.metadata.generation} {.metadata.labels} {.metadata.annotations} {.metadata.finalizers} {.metadata.ownerReferences} {.spec}");

    private async Task<string> SerialAsync()
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(fixture.Site.Webhook.Host, fixture.Site.Webhook.Port, TestContext.Current.CancellationToken);
        // Who signed it is the API server's to check.
        await using var tls = new SslStream(socket.GetStream(), leaveInnerStreamOpen: false, (_, certificate, _, _) => certificate?.Subject == "CN=federation-webhook");
        await tls.AuthenticateAsClientAsync(fixture.Site.Webhook.Host);
        return tls.RemoteCertificate!.GetSerialNumberString();
    }
}
