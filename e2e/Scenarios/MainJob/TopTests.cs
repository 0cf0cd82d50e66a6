using System.Globalization;
using System.Text.RegularExpressions;
using Federation.Ethereum.Signing;
using Federation.Harness.Machine;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary><c>kubectl top</c> by what a wallet signed: of its own lease's pods, and of nothing else.</summary>
[Collection(MainJobCollection.Name)]
[Trait("Target", "stories")]
public sealed partial class TopTests(MainJobFixture fixture)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tenant_SeesWhatItsPodsUse_AndNobodyElses()
    {
        var lease = await fixture.OpenAsync("top", Workloads.Burner);
        await using var metrics = new MetricsServer(fixture);
        await metrics.StartAsync(Cancellation);
        var kubectl = await GatewayKubectl.SignInAsync(fixture, lease, Cancellation);
        var pod = await Eventually.GetAsync("a pod", async () => await kubectl.TryAsync("get", "pods", "-o", "jsonpath={.items[0].metadata.name}") is { ExitCode: 0, Output.Length: > 0 } seen ? seen.Output : null);

        // It takes as much as it can get, of the tenth of a core that is its own.
        await AssertBurnsAsync(kubectl.TryAsync, pod, "top", "pod");
        await AssertBurnsAsync(kubectl.TryAsync, pod, "top", "pod", pod);
        await AssertBurnsAsync(kubectl.TryAsync, pod, "top", "pod", "--containers");
        using var home = new TenantHome(fixture, (LocalSigner)fixture.Chain.Tenant.Signer);
        await AssertBurnsAsync(home.ComputeAsync, pod, "top", $"{lease.Demo.Id}");

        // The datacenter's admin sees the node and all pods by the same server; the tenant does not.
        string[][] others = [["top", "node"], ["top", "pod", "-A"], ["top", "pod", "-n", "kube-system"]];
        foreach (var other in others)
        {
            await Eventually.HoldsAsync($"{string.Join(' ', other)} by the admin", async () => await fixture.Admin.TryAsync(other) is { ExitCode: not 0 } no ? no.Error : null);
            await Forbidden.AssertAsync(kubectl.TryAsync, other);
        }

        await Forbidden.AssertAsync(kubectl.TryAsync, "top", "pod", "-n", "lease-0000000000000000");
        // What it tells of everybody, it tells nobody who goes around the API server.
        using var around = metrics.NewStranger();
        await Assert.ThrowsAsync<HttpRequestException>(() => around.GetAsync(new Uri("/apis/metrics.k8s.io/v1beta1/pods", UriKind.Relative), Cancellation));
        await lease.CloseAsync();
    }

    private static Task AssertBurnsAsync(Func<string[], Task<Command.Result>> run, string pod, params string[] top) => Eventually.HoldsAsync($"kubectl {string.Join(' ', top)}", async () =>
    {
        var said = await run(top);
        var row = Row().Match(said.Output);
        if (said.ExitCode != 0 || !row.Success) return $"it says {said.Output}{said.Error}";
        var (cpu, memory) = (int.Parse(row.Groups["cpu"].Value, CultureInfo.InvariantCulture), int.Parse(row.Groups["memory"].Value, CultureInfo.InvariantCulture));
        return row.Groups["pod"].Value == pod && cpu is >= 20 and <= 200 && memory <= Workloads.MemoryMiB ? null : said.Output;
    });

    // One pod, of one container.
    [GeneratedRegex(@"^(POD +)?NAME.*\n(?<pod>\S+) +(\S+ +)?(?<cpu>\d+)m +(?<memory>\d+)Mi\s*$", RegexOptions.ExplicitCapture)]
    private static partial Regex Row();
}
