using Federation.Harness.Installing;
using Federation.Scenarios.Docs;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>The life of a release with a tenant in it: upgrade, rollback, uninstall and install again are none of its business.</summary>
[Collection(ChartCollection.Name)]
public sealed class ChartTests(ChartStage stage)
{
    [Fact]
    [Follows("charts/federation-operator/README.md", "A tenant's operator")]
    public async Task OperatorOfTheChart_MayComeAndGo_ALeaseGoesOn_AndIsPaid()
    {
        // 1. A lease through the pods: quoted, matched, delivered, running, metered, settled.
        var lease = await stage.OpenAsync("charted", Workloads.Burner);
        await lease.WaitForNextSettlementAsync();
        var (pods, first) = (await PodsOfAsync(lease), await OperatorsAsync());
        Assert.NotEmpty(pods);
        Assert.Equal(2, first.Length);

        // 2. The doctor, as helm runs it, finds nothing.
        var healthy = await stage.Release.Helm.TryAsync("test", OperatorRelease.Name, "--logs");
        Assert.True(healthy.ExitCode == 0, healthy.Output + healthy.Error);
        Assert.DoesNotContain("FAIL", healthy.Output, StringComparison.Ordinal);
        foreach (var line in new[] { "ok    kubernetes: v1.", "ok    rights: the operator may do all", "ok    lease: the cluster would take one", "ok    evidence: claim federation-evidence is bound (ReadWriteMany)", "ok    evidence: /var/lib/federation/evidence can be written to", "ok    endpoint: the gateway's certificate is for ", "ok    webhook: federation-webhook.federation-system.svc answers", "ok    contracts:", "ok    signer: 0x", "of container_cpu_usage_seconds_total", "Nothing is wrong." })
            Assert.Contains(line, healthy.Output, StringComparison.Ordinal);

        // 3. A limit is changed, and meanwhile a tenant's operator comes by the same chart, buys here, and is paid back.
        await stage.Release.RunAsync("upgrade", "--set", "settings.Quotes:Total=99");
        await new ChartedTenant(stage).BuyAsync();
        await GoesOnAsync();
        await Eventually.HoldsAsync("both operators have the new limit", async () =>
            (await MetricsAsync()).Count(page => page.Contains("\nfederation_settings_taken_total 1\n", StringComparison.Ordinal)) is var have && have == 2 ? null : $"{have} of 2 have it");
        Assert.Equal(first.Order(StringComparer.Ordinal), (await OperatorsAsync()).Order(StringComparer.Ordinal));

        // 4. Another version of the image replaces every operator, and a rollback brings the one before back.
        var before = await ImagesAsync();
        var next = await stage.UpgradeToAsync("0.1.1");
        var second = await ReplacedAsync(first);
        Assert.NotEqual(before, next);
        Assert.Equal(next, await ImagesAsync());
        await GoesOnAsync();
        var rolledBack = await stage.Release.Helm.TryAsync("rollback", OperatorRelease.Name, "1", "--wait", "--timeout", "5m");
        Assert.True(rolledBack.ExitCode == 0, rolledBack.Error);
        await ReplacedAsync(second);
        Assert.Equal(before, await ImagesAsync());
        await GoesOnAsync();

        // 5. Without an operator the tenant's pod runs on, and the next one goes on with it.
        var gone = await stage.Release.Helm.TryAsync("uninstall", OperatorRelease.Name, "--wait");
        Assert.True(gone.ExitCode == 0, gone.Error);
        await stage.Admin.RunAsync("wait", "--for=delete", "pod", "-n", OperatorRelease.Space, "-l", OperatorRelease.Pods, $"--timeout={Eventually.Seconds}s");
        Assert.Equal(pods, await PodsOfAsync(lease));
        Assert.NotNull(await lease.ReadAsync());
        await stage.Release.RunAsync("install");
        await GoesOnAsync();

        // 6. A setting that leaves nothing to meter by is found, and what mends it is said.
        await lease.CloseAsync();
        await lease.WaitForCloseAsync();
        Assert.Equal(1, await lease.CountActivationsAsync());
        Sums.AssertPaidExactly(await lease.ReadRowAsync(), lease.WorkedAtClose);
        await stage.Release.RunAsync("upgrade", "--set", "prometheus.matchers.job=nobody");
        var ill = await stage.Release.Helm.TryAsync("test", OperatorRelease.Name, "--logs");
        Assert.NotEqual(0, ill.ExitCode);
        Assert.Contains("FAIL  metering: there is no container_cpu_usage_seconds_total with these labels: Scrape the kubelets'", ill.Output, StringComparison.Ordinal);

        // 7. With a spool on each node: its pod finds the node's pods, names them, and has them on the node's disk.
        var spooled = await stage.ReleaseSpoolAsync();
        await Eventually.HoldsAsync("the spool keeps the operators", async () =>
        {
            var text = string.Concat(await Task.WhenAll(Directory.EnumerateFiles(spooled, "*.spool").Select(f => File.ReadAllTextAsync(f, TestContext.Current.CancellationToken))));
            var lacks = (await OperatorsAsync()).Where(uid => !text.Contains($"pod{uid} {OperatorRelease.Space} federation-operator-", StringComparison.Ordinal)).ToArray();
            return lacks.Length == 0 && text.Contains("\nlook ", StringComparison.Ordinal) ? null : $"it does not know {string.Join(", ", lacks)}";
        });

        async Task GoesOnAsync()
        {
            await lease.WaitForNextSettlementAsync();
            Assert.Equal(pods, await PodsOfAsync(lease));
        }
    }

    /// <summary>What each operator shows to who scrapes it.</summary>
    private async Task<string[]> MetricsAsync()
    {
        var names = await stage.Admin.RunAsync("get", "pods", "-n", OperatorRelease.Space, "-l", OperatorRelease.Pods, "-o", "jsonpath={.items[*].metadata.name}");
        return await Task.WhenAll(names.Split(' ').Select(name => stage.Admin.RunAsync("get", "--raw", $"/api/v1/namespaces/{OperatorRelease.Space}/pods/{name}:8080/proxy/metrics")));
    }

    /// <summary>Each pod of a tenant with how often its containers were restarted.</summary>
    private async Task<string> PodsOfAsync(TenantLease lease)
    {
        await lease.ReadPodsAsync();
        return await stage.Admin.RunAsync("get", "pods", "-n", lease.Namespace, "-o", "jsonpath={range .items[*]}{.metadata.uid} {.status.containerStatuses[*].restartCount};{end}");
    }

    /// <summary>Waits until none of those pods is left: helm waits for the new ones alone.</summary>
    private async Task<string[]> ReplacedAsync(string[] before)
    {
        string[] now = [];
        await Eventually.HoldsAsync("other operators", async () => (now = await OperatorsAsync()).Length == 2 && !now.Intersect(before).Any() ? null : $"{now.Intersect(before).Count()} of {now.Length} are those of before");
        return now;
    }

    /// <summary>The one image that all of them run.</summary>
    private async Task<string> ImagesAsync() => Assert.Single((await stage.Admin.RunAsync(
        "get", "pods", "-n", OperatorRelease.Space, "-l", OperatorRelease.Pods, "--field-selector", "status.phase=Running", "-o", "jsonpath={.items[*].spec.containers[0].image}")).Split(' ').Distinct());

    private async Task<string[]> OperatorsAsync() => (await stage.Admin.RunAsync(
        "get", "pods", "-n", OperatorRelease.Space, "-l", OperatorRelease.Pods, "--field-selector", "status.phase=Running", "-o", "jsonpath={.items[*].metadata.uid}")).Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
