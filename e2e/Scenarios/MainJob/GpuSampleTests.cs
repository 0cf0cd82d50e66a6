using System.Globalization;
using System.Numerics;
using Federation.Chain.Accounts;
using Federation.Chain.Bindings;
using Federation.Chain.Bindings.DatacenterRegistry;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Mapping;
using Federation.Domain.Leases;
using Federation.Ethereum;
using Federation.Harness;
using Federation.Harness.Images;
using Federation.Scenarios.Harness;
using Federation.Scenarios.Money;

namespace Federation.Scenarios.MainJob;

/// <summary>
/// The sample of a batch job on GPUs goes where there are such GPUs, in one of its regions, and an auditor attests what it needs; its result
/// is on chain. The node advertises <c>nvidia.com/gpu</c> with the labels of feature discovery, and the scheduler counts them; there are no devices behind it.
/// </summary>
[Collection(ThreeDatacentersCollection.Name)]
public sealed class GpuSampleTests(ThreeDatacenters stage)
{
    // The binding's time is cut to its second, and billed from the next one on; the end's is cut, and billed until then.
    private const long Rounding = 1_000;

    private static readonly TimeSpan Lag = TimeSpan.FromSeconds(Eventually.Seconds);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public Task GpuBatchJob_RunsToItsEnd_WhereTheGpusAre_AndItsResultIsOnChain() => RequestingTenant.WithAsync(stage, "gpu-sample", 20_000_000, async tenant =>
    {
        var alpha = stage.Sites.Single(s => s.Name == "alpha");
        var admin = new Kubectl(stage.Federation, alpha.Site);
        var auditor = await AttestAsync("alpha", bits: 5);
        await tenant.Kubectl.ApplyAsync(Samples.Read("request-gpu-batch",
            [Samples.Image("registry.example/acme/train:7", BusyboxImages.Digest), Samples.Prices, Samples.Auditor(auditor), .. Samples.Size("4", "16Gi", "200m", "64Mi")]));
        await tenant.WaitUntilReadyAsync("train");
        await tenant.Kubectl.RunAsync("wait", "creq/train", "-n", "default", "--for=jsonpath={.status.leases[0].reason}=Completed", $"--timeout={Eventually.Seconds}s");

        var (lease, site, _) = Assert.Single(await tenant.LeasesAsync("train"));
        Assert.Equal(alpha, site);
        Assert.Equal($"{alpha.Site.NodeName} 2 Succeeded", await admin.RunAsync("get", "pods", "-n", lease.Namespace, "-o",
            @"jsonpath={range .items[*]}{.spec.nodeName} {.spec.containers[0].resources.limits.nvidia\.com/gpu} {.status.phase}{end}"));
        var digest = Keccak256.Hash(Posting.Sha256Of("--steps 20000"));
        await Eventually.HoldsAsync("the result on chain", async () =>
            await new ResultDesk(stage.Chain.Author.Writer, stage.Chain.Contracts).ReadAsync(Bytes32.Parse(lease.Hex), Cancellation) is var posted && posted.Digest == digest ? null : $"it is {posted.Digest}");
        Assert.Equal($"{digest}", await admin.RunAsync("get", "clease", "-n", lease.Namespace, "-o", "jsonpath={.items[*].status.results.digest}"));
        var times = (await admin.RunAsync("get", "pods", "-n", lease.Namespace, "-o",
            "jsonpath={.items[0].status.conditions[?(@.type==\"PodScheduled\")].lastTransitionTime} {.items[0].status.containerStatuses[0].state.terminated.finishedAt}"))
            .Split(' ').Select(t => DateTimeOffset.Parse(t, CultureInfo.InvariantCulture)).ToArray();
        await tenant.DeleteAsync("train", lease);

        // Two devices are paid for from the pod's place on its node to its end, whatever windows closed meanwhile; the kubelet says of the end when it gets to it.
        var held = (long)(await stage.Ledger.EventsAsync<LeaseSettledEventDTO>(lease, Cancellation))[^1].Usage.ToDomain().GpuMilliSecondsA;
        var whole = (long)(times[1] - times[0]).TotalMilliseconds;
        TestContext.Current.TestOutputHelper?.WriteLine($"two devices for {whole} ms by the API server's whole seconds, {held / 2} ms of each billed");
        Assert.InRange(held, Math.Max(1, 2 * (whole - Rounding)), 2 * (whole + (long)Lag.TotalMilliseconds));
    });

    // The datacenter claims it, and somebody whom it does not know says that it is so.
    private async Task<string> AttestAsync(string name, BigInteger bits)
    {
        var provider = stage.Chain.Providers[name];
        var registration = new DatacenterRegistration(provider.Writer, stage.Chain.Contracts.Registry);
        var entry = (await registration.ReadAsync(provider.Signer.Address, Cancellation))!;
        await registration.EnsureAsync(new RegistryEntry(entry.Operator, entry.Payout, bits, entry.Endpoint, entry.Region), Cancellation);

        var auditor = await stage.NewAccountAsync(0);
        var now = (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var word = new Attestation { Provider = provider.Signer.Address, Bits = bits, IssuedAt = now - 60, ExpiresAt = now + 86_400, EvidenceHash = Bytes32.Zero };
        await auditor.Writer.CallAsync(stage.Chain.Contracts.Registry, new AttestFunction { Auditor = auditor.Signer.Address, A = word, Signature = [] }, Cancellation);
        return auditor.Signer.Address.ToString();
    }
}
