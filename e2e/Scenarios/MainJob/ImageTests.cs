using Federation.Domain.Leases;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>A tenant's tag, pulled by a real node from a real registry.</summary>
[Collection(MainJobCollection.Name)]
public sealed class ImageTests(MainJobFixture fixture)
{
    [Fact]
    [Trait("Target", "stories")]
    public async Task TagThatIsPushedAnew_ChangesNothing_OfALeaseThatRuns()
    {
        var registry = await LocalRegistry.StartAsync(fixture.Federation, fixture.Datacenter, "images.example");
        await fixture.Admin.RunAsync("patch", "datacenter", fixture.Datacenter.Name, "--type=merge", "-p", $$$$"""{"spec":{"images":{"registries":[{{{{registry.Entry}}}}]}}}""");
        await registry.PushAsync("localhost/federation/burn:1", "team/app:1");
        var lease = await fixture.OpenAsync("pinned", Workloads.Service($"{registry.Name}/team/app:1", more: """, "args":["3600","1000"]"""));
        var pin = (await lease.ReadAsync())!.Value.GetProperty("status").GetProperty("images").GetProperty("pins")[0];
        var pinned = $"{registry.Name}/team/app@{pin.GetProperty("digest").GetString()}";
        Assert.Equal($"{registry.Name}/team/app:1", pin.GetProperty("image").GetString());
        Assert.Equal(pinned, await ImageAsync(lease));

        await registry.PushAsync("localhost/federation/web:1", "team/app:1");
        await fixture.Faults.KillAsync(fixture.Site.OperatorPart);
        await fixture.StartOperatorAgainAsync();
        var before = await lease.ReadPodsAsync();
        await fixture.Admin.RunAsync("delete", "deployment", "work", "-n", lease.Namespace);
        // The quota has room for one: the new pod waits for the end of the old one, and Kubernetes tries again ever more rarely.
        await Eventually.HoldsAsync("another pod", async () => await lease.ReadPodsAsync() is { Length: > 0 } now && !now.Intersect(before).Any() ? null : "the pods are the old ones", 400);
        await lease.WaitForPhaseAsync(LeasePhase.Running);
        Assert.Equal(pinned, await ImageAsync(lease));

        // Who comes now gets what the tag means now.
        var late = await fixture.MatchAsync(await fixture.AskAsync("latecomer", Workloads.Service($"{registry.Name}/team/app:1")));
        await late.DeliverAsync();
        await late.WaitForPhaseAsync(LeasePhase.Running);
        Assert.NotEqual(pinned, await ImageAsync(late));
        await late.CloseAsync();
        await lease.CloseAsync();
    }

    [Fact]
    public async Task TagThatNobodyPushed_IsNamedInTheCondition_AndRunsOnceItIsThere()
    {
        var registry = await LocalRegistry.StartAsync(fixture.Federation, fixture.Datacenter, "late.example");
        await fixture.Admin.RunAsync("patch", "datacenter", fixture.Datacenter.Name, "--type=merge", "-p", $$$$"""{"spec":{"images":{"registries":[{{{{registry.Entry}}}}]}}}""");
        var lease = await fixture.MatchAsync(await fixture.AskAsync("unpushed", Workloads.Service($"{registry.Name}/team/app:2", more: """, "args":["3600","1000"]""")));
        await lease.DeliverAsync();
        await lease.WaitForConditionAsync("Ready", "False", ["ImageNotFound"], $"{registry.Name}/team/app:2");
        Assert.Equal("", await fixture.Admin.RunAsync("get", "deployments,pods", "-n", lease.Namespace, "-o", "name"));
        await registry.PushAsync("localhost/federation/burn:1", "team/app:2");
        await lease.WaitForPhaseAsync(LeasePhase.Running);
        await lease.CloseAsync();
    }

    /// <summary>The registry never answers the node: nothing runs, nothing is billed, and the capacity is not held for the whole term.</summary>
    [Fact]
    [Trait("Target", "stories")]
    public async Task ImageThatNoNodeCanPull_LeaseIsClosedInTime_AndRefunded()
    {
        await KeepAsync("""{"startSeconds":60}""");
        try
        {
            var registry = await LocalRegistry.StartAsync(fixture.Federation, fixture.Datacenter, "empty.example");
            // As if every node had it: nobody but the node looks for it, and finds nothing.
            await fixture.Admin.RunAsync("patch", "datacenter", fixture.Datacenter.Name, "--type=merge", "-p", $$$$"""{"spec":{"images":{"preloaded":["{{{{registry.Name}}}}/team"]}}}""");
            var lease = await fixture.MatchAsync(await fixture.AskAsync("unpulled", Workloads.Service($"{registry.Name}/team/app@sha256:{new string('a', 64)}")));
            await lease.DeliverAsync();
            await lease.WaitForConditionAsync("Ready", "False", ["ErrImagePull", "ImagePullBackOff"], "If nothing has started by");
            await lease.WaitForConditionAsync("Ready", "False", ["NeverStarted"]);
            await lease.WaitForCloseAsync();
            var now = await lease.ReadChainAsync();
            Assert.Equal((CloseReason.Provider, 0, 0), (now.Reason, (int)now.Claimed, (int)now.Escrow));
            await lease.WaitForNamespaceLeavingAsync();
            // A kubelet looks once a minute for the sandbox of a pod in which no container ever was, and a namespace that is not
            // empty yet is asked after at intervals that double.
            await lease.WaitForNamespaceGoneAsync();
        }
        finally
        {
            await KeepAsync("""{"startSeconds":null}""");
        }
    }

    private Task<string> KeepAsync(string keep) => fixture.Admin.RunAsync("patch", "datacenter", fixture.Datacenter.Name, "--type=merge", "-p", $$$$"""{"spec":{"keep":{{{{keep}}}}}}""");

    [Fact]
    public async Task PrivateImage_IsPulledWithTheTenantsSecret_WhichNobodyElseReads()
    {
        var registry = await LocalRegistry.StartAsync(fixture.Federation, fixture.Datacenter, "private.example", isPrivate: true);
        await fixture.Admin.RunAsync("patch", "datacenter", fixture.Datacenter.Name, "--type=merge", "-p", $$$$"""{"spec":{"images":{"registries":[{{{{registry.Entry}}}}]}}}""");
        await registry.PushAsync("localhost/federation/burn:1", "team/secret:1");
        var image = $"{registry.Name}/team/secret@{await registry.DigestAsync("team/secret", "1")}";
        var lease = await fixture.MatchAsync(await fixture.AskAsync("private", Workloads.Service(image, more: """, "args":["3600","1000"], "imagePullSecrets":["registry"]""")));
        await lease.DeliverAsync();
        await lease.WaitForConditionAsync("Ready", "False", ["ErrImagePull", "ImagePullBackOff"], "imagePullSecrets");
        await fixture.AsTenant.RunAsync("create", "secret", "docker-registry", "registry", "-n", lease.Namespace,
            $"--docker-server={registry.Name}", $"--docker-username={LocalRegistry.User}", $"--docker-password={LocalRegistry.Password}");
        await lease.WaitForPhaseAsync(LeasePhase.Running);
        Assert.DoesNotContain(LocalRegistry.Password, (await lease.ReadAsync())!.Value.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(LocalRegistry.Password, fixture.OperatorLog, StringComparison.Ordinal);
        Assert.Equal("no", (await fixture.Admin.TryAsync("auth", "can-i", "get", "secrets", "-n", lease.Namespace, "--as", Federation.Harness.Demo.DemoDatacenter.OperatorUser)).Output.Trim());
        await lease.CloseAsync();
    }

    // The lease's phase may still be that of the pod before.
    private Task<string> ImageAsync(TenantLease lease) => Eventually.GetAsync("one pod that runs", async () =>
        await fixture.Admin.RunAsync("get", "pods", "-n", lease.Namespace, "-o", "jsonpath={.items[?(@.status.phase==\"Running\")].spec.containers[*].image}") is { Length: > 0 } image && !image.Contains(' ', StringComparison.Ordinal) ? image : null);
}
