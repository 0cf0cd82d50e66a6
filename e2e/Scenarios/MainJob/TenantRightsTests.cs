using System.Text.Json;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>A tenant reaches for what is not the tenant's; a careless admin deletes what isolates the tenant.</summary>
[Collection(MainJobCollection.Name)]
public sealed class TenantRightsTests(MainJobFixture fixture)
{
    [Fact]
    public async Task TenantMakesObjectsOfItsOwn_IsForbidden()
    {
        var lease = await fixture.SurvivorAsync();
        string[][] attempts =
        [
            ["run", "own", "--image=localhost/federation/burn:1", "-n", lease.Namespace],
            ["create", "deployment", "own", "--image=localhost/federation/burn:1", "-n", lease.Namespace],
            ["create", "rolebinding", "own", "--clusterrole=cluster-admin", $"--user={fixture.Chain.Tenant.Signer.Address}", "-n", lease.Namespace],
            ["get", "pods", "-n", "kube-system"],
            ["delete", "computelease", lease.Namespace, "-n", lease.Namespace],
        ];
        foreach (var attempt in attempts)
        {
            await Forbidden.AssertAsync(fixture.AsTenant.TryAsync, attempt);
        }
    }

    [Fact]
    public async Task TenantEditsWhatIsOnChain_ItIsSetBack_AndTheWorkloadGoesOn()
    {
        var lease = await fixture.SurvivorAsync();
        var pods = await lease.ReadPodsAsync();
        var agreed = await ChainSpecAsync(lease);
        var edit = await fixture.AsTenant.TryAsync("patch", "computelease", lease.Namespace, "-n", lease.Namespace, "--type=merge",
            "-p", """{"spec":{"chain":{"prices":{"cpu":"1"},"resources":{"cpuMilli":64000}}}}""");
        // Servers that know CEL refuse the edit itself.
        if (edit.ExitCode != 0) Assert.Contains("cannot be changed", edit.Error, StringComparison.Ordinal);
        await Eventually.HoldsAsync("spec.chain as agreed", async () => await ChainSpecAsync(lease) is var now && now == agreed ? null : now);
        Assert.Equal(pods, await lease.ReadPodsAsync());
        await lease.WaitForConditionAsync("Verified", "True", ["HashMatches"]);
    }

    [Fact]
    public async Task IsolationAndWorkloadDeletedByHand_AreRestored()
    {
        var lease = await fixture.OpenAsync("tampered", Workloads.Web);
        foreach (var kind in new[] { "networkpolicy", "resourcequota", "limitrange", "rolebinding", "deployment" })
        {
            var before = await UidsAsync(lease, kind);
            Assert.NotEmpty(before);
            await fixture.Admin.RunAsync("delete", kind, "--all", "--wait=false", "-n", lease.Namespace);
            await Eventually.HoldsAsync($"{kind} restored", async () =>
                await UidsAsync(lease, kind) is var now && now.Length == before.Length && !now.Intersect(before).Any() ? null : $"{now.Length} of {before.Length} there");
        }

        await lease.WaitForPhaseAsync(Domain.Leases.LeasePhase.Running);
        await lease.CloseAsync();
    }

    [Fact]
    public async Task NamespaceThatLooksLikeALease_OfWhichNoChainKnows_IsRemovedWithAllThatRunsInIt_AndNoOther()
    {
        var survivor = await fixture.SurvivorAsync();
        var pods = await survivor.ReadPodsAsync();
        const string id = "0x00c0ffee00c0ffee000000000000000000000000000000000000000000000000";
        var space = Domain.Leases.LeaseId.Parse(id).Namespace;
        await fixture.Admin.ApplyAsync($$"""
            apiVersion: v1
            kind: Namespace
            metadata:
              name: {{space}}
              labels: {app.kubernetes.io/managed-by: federation-operator, compute.federation/lease: 00c0ffee00c0ffee}
              annotations: {compute.federation/lease-id: "{{id}}"}
            """);
        await Eventually.HoldsAsync("an account for its pods", async () => (await fixture.Admin.TryAsync("get", "serviceaccount", "default", "-n", space)) is { ExitCode: not 0 } failed ? failed.Error : null);
        await fixture.Admin.RunAsync("run", "squatter", "--image=localhost/federation/web:1", "-n", space);
        await Eventually.HoldsAsync("the squatter's namespace gone", async () =>
            (await fixture.Admin.TryAsync("get", "namespace", space, "-o", "name", "--ignore-not-found")) is { ExitCode: 0, Output.Length: 0 } ? null : "it is there", 300);
        Assert.Equal(pods, await survivor.ReadPodsAsync());
    }

    private async Task<string[]> UidsAsync(TenantLease lease, string kind) =>
        (await fixture.Admin.RunAsync("get", kind, "-n", lease.Namespace, "-o", "jsonpath={.items[*].metadata.uid}")).Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static async Task<string> ChainSpecAsync(TenantLease lease) => (await lease.ReadAsync() is { } seen ? seen.GetProperty("spec").GetProperty("chain") : default(JsonElement)).ToString();
}
