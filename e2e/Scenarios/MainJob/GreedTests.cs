using Federation.Domain.Leases;
using Federation.Harness;
using Federation.Harness.Images;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>Tenants who take more than the node gives, or run as whom it does not let: the node ends it, the lease says why, and its neighbour goes on.</summary>
[Collection(ThreeDatacentersCollection.Name)]
public sealed class GreedTests(Confinement cell) : IClassFixture<Confinement>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Target", "stories")]
    public async Task DiskThatWasNotLeased_IsNotToBeHad_AndTheLeaseSaysSo()
    {
        var neighbour = await cell.Neighbour.ReadPodsAsync();
        var bomb = Workloads.Service(BusyboxImages.Web, more: """, "command":["/bin/sh","-c","trap 'exit 0' TERM; dd if=/dev/zero of=/scratch/full bs=1M count=200; sleep 3600 & wait"], "volumes":[{"name":"work","size":"64Mi","mountPath":"/scratch","medium":"Scratch"}]""");
        var lease = await OpenAsync("disk-bomb", bomb);
        var first = await lease.ReadPodsAsync();

        await lease.WaitForConditionAsync("Ready", "True", ["Running"], "raise resources.ephemeralStorage");
        await Eventually.HoldsAsync("evicted", async () => (await PodsAsync(lease)).Contains("Evicted", StringComparison.Ordinal) ? null : await PodsAsync(lease));
        await Eventually.HoldsAsync("another pod", async () => (await lease.ReadPodsAsync()).Except(first).Any() ? null : "there is none");
        await NeighbourGoesOnAsync(neighbour);
        await lease.CloseAsync();
        await lease.WaitForNamespaceGoneAsync();
    }

    [Fact]
    public async Task ProcessesWithoutEnd_ComeToOne_AndNobodyElseFeelsIt()
    {
        var (mine, neighbour) = (await cell.Prisoner.ReadPodsAsync(), await cell.Neighbour.ReadPodsAsync());
        // As many as the pod's memory would hold for long: it is their number that the node bounds.
        var bomb = await cell.ExecAsync(cell.Prisoner, "i=0; while [ $i -lt 1000 ]; do sleep 30 & i=$((i+1)); done; echo all of them");
        Assert.NotEqual(0, bomb.ExitCode);
        Assert.Contains("can't fork", bomb.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("all of them", bomb.Output, StringComparison.Ordinal);
        await NeighbourGoesOnAsync(neighbour);
        await Eventually.HoldsAsync("the lease goes on", async () => (await cell.ExecAsync(cell.Prisoner, "echo here")) is { ExitCode: 0 } ? null : "it has no room for a process");
        Assert.Equal(mine, await cell.Prisoner.ReadPodsAsync());
        await cell.Prisoner.WaitForConditionAsync("Ready", "True", ["Running"]);
    }

    [Fact]
    public async Task ImageThatIsRoot_IsNotStarted_AndTheLeaseSaysSo()
    {
        var neighbour = await cell.Neighbour.ReadPodsAsync();
        var lease = await cell.MatchAsync(FederationStage.Story("root", Workloads.Service(BusyboxImages.Root)));
        await lease.DeliverAsync();
        var said = await lease.WaitForConditionAsync("Ready", "False", ["CreateContainerConfigError"]);
        Assert.Contains("image will run as root", said, StringComparison.Ordinal);
        Assert.Contains("the image names a numeric user that is not root", said, StringComparison.Ordinal);
        await NeighbourGoesOnAsync(neighbour);
        await lease.CloseAsync();
    }

    [Fact]
    public async Task RuntimeClassOfTheDatacenter_IsWhatPodsRunIn()
    {
        await cell.Admin.ApplyAsync($$"""
            apiVersion: node.k8s.io/v1
            kind: RuntimeClass
            metadata: {name: sandboxed}
            handler: {{LocalParts.SecondRuntime}}
            """);
        await SetRuntimeAsync("\"sandboxed\"");
        try
        {
            TenantLease? lease = null;
            await Eventually.HoldsAsync("an Offer in the runtime", async () =>
            {
                if ((await cell.AskAsync(FederationStage.Story("sandboxed", Workloads.Burner))).Quote is { Offer: null } no) return no.Message;
                lease = await OpenAsync("sandboxed", Workloads.Burner);
                return null;
            });
            var container = await cell.Admin.RunAsync("get", "pods", "-n", lease!.Namespace, "-o", "jsonpath={.items[0].spec.runtimeClassName} {.items[0].status.containerStatuses[0].containerID}");
            Assert.StartsWith("sandboxed containerd://", container, StringComparison.Ordinal);
            var log = await File.ReadAllTextAsync(cell.Site.Site.Parts.SecondRuntimeLog, Cancellation);
            Assert.Contains(container.Split("://")[1], log, StringComparison.Ordinal);
            Assert.DoesNotContain(await ContainerOfAsync(cell.Neighbour), log, StringComparison.Ordinal);
            await lease.CloseAsync();
        }
        finally
        {
            await SetRuntimeAsync("null");
        }
    }

    private async Task<TenantLease> OpenAsync(string name, string workload)
    {
        var lease = await cell.MatchAsync(FederationStage.Story(name, workload));
        await lease.DeliverAsync();
        await lease.WaitForPhaseAsync(LeasePhase.Running);
        return lease;
    }

    private async Task NeighbourGoesOnAsync(string[] pods)
    {
        Assert.Equal(pods, await cell.Neighbour.ReadPodsAsync());
        await cell.Neighbour.WaitForConditionAsync("Ready", "True", ["Running"]);
        Assert.Contains("It runs.", (await cell.ExecAsync(cell.Neighbour, "wget -q -O - http://127.0.0.1:8080/")).Output, StringComparison.Ordinal);
    }

    private async Task<string> ContainerOfAsync(TenantLease lease) =>
        (await cell.Admin.RunAsync("get", "pods", "-n", lease.Namespace, "-o", "jsonpath={.items[0].status.containerStatuses[0].containerID}")).Split("://")[1];

    private Task<string> PodsAsync(TenantLease lease) => cell.Admin.RunAsync("get", "pods", "-n", lease.Namespace, "-o", "jsonpath={.items[*].status.reason} {.items[*].status.message}");

    private Task<string> SetRuntimeAsync(string value) => cell.Admin.RunAsync(
        "patch", "datacenter", cell.Site.Name, "--type=merge", "-p", $$$"""{"spec":{"runtimeClass":{{{value}}} } }""");
}
