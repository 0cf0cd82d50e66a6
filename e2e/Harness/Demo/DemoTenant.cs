using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Federation.Application.Ports;
using Federation.Chain.Signing;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Workloads;
using Federation.Ethereum;
using Federation.Gateway;
using Federation.Harness.Machine;

namespace Federation.Harness.Demo;

/// <summary>What a tenant does, through public interfaces only: ask for quotes, match in one transaction, apply the manifest, close.</summary>
internal sealed class DemoTenant(LocalFederation federation, DemoChain chain, IReadOnlyList<DemoDatacenter> datacenters, string user)
{
    /// <summary>Name of the tenant at the API servers: its address.</summary>
    public string User => user;

    /// <summary>Every datacenter's answer to a story's Request, cheapest Offer first.</summary>
    public async Task<(RequestTerms Request, IReadOnlyList<DemoQuote> Quotes)> AskAsync(DemoStory story, CancellationToken cancellation)
    {
        var request = await RequestAsync(story, cancellation);
        // One signature for all: it says who asks, and is no order.
        var signature = await chain.Orders.SignAskAsync(request, cancellation);
        var quotes = await Task.WhenAll(datacenters.Select(async d =>
        {
            var answer = await QuoteAsync(d, request, signature, cancellation);
            return new DemoQuote(d, answer.Offer, answer.Reason, answer.Message);
        }));
        return (request, [.. quotes.OrderBy(q => q.Offer is null ? BigInteger.Pow(2, 200) : Accrual.RateCap(q.Offer.Terms.Prices, request.Resources, 3600))]);
    }

    // An operator that has just begun is not reached yet, or says that it will answer soon; what else it says is final.
    private static async Task<QuoteAnswer> QuoteAsync(DemoDatacenter datacenter, RequestTerms request, string signature, CancellationToken cancellation)
    {
        QuoteAnswer? answer = null;
        await new Readiness(TimeProvider.System).UntilAsync($"{datacenter.Name}: an answer", DemoDatacenter.Patience, async token =>
        {
            answer = await datacenter.Gateway.QuoteAsync(request, signature, token);
            return answer.Reason is "NotLeading" or "ChainUnavailable" ? answer.Message : null;
        }, cancellation);
        return answer!;
    }

    /// <summary>Checks the Offer, then funds and opens the lease in one transaction.</summary>
    public async Task<DemoLease> MatchAsync(DemoStory story, RequestTerms request, DemoQuote quote, CancellationToken cancellation)
    {
        if (chain.Orders.FaultOf(quote.Offer!, request, chain.Operators[quote.Datacenter.Name]) is { } fault) throw new HarnessException($"{quote.Datacenter.Name}: {fault}");
        var signed = await chain.Orders.SignAsync(request, cancellation);
        var matched = await chain.Wallet.MatchAsync(quote.Offer!, request, signed.Signature, cancellation);
        return new DemoLease(story, quote.Datacenter, matched.Id, matched.Terms, matched.Block);
    }

    /// <summary><c>kubectl apply</c> with the tenant's own credential, as soon as the lease's namespace takes it.</summary>
    public async Task DeliverAsync(DemoLease lease, CancellationToken cancellation)
    {
        var file = Path.Combine(federation.StateFolder, "manifests", $"{lease.Story.Name}.yaml");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllTextAsync(file, $"""
            apiVersion: compute.federation/v1alpha1
            kind: ComputeLease
            metadata:
              name: {lease.Id.Namespace}
              namespace: {lease.Id.Namespace}
            spec:
              workload: {lease.Story.Workload}
            """, cancellation);
        await new Readiness(TimeProvider.System).UntilAsync($"{lease.Story.Name}: delivery", DemoDatacenter.Patience, async token =>
        {
            // Refused as long as the datacenter has not made the lease's namespace and given the tenant its rights there.
            await KubectlAsync(lease.Datacenter, ["apply", "-f", file], token);
            return null;
        }, cancellation);
        lease.DeliveredAt = DemoFigures.FirstDeliveryOf(lease, user) ?? TimeProvider.System.GetUtcNow();
    }

    /// <summary>Asks the lease's datacenter for an amendment, checks it, and puts it on chain.</summary>
    /// <param name="story">What the lease is to be.</param>
    /// <returns>The lease on its new terms; null and the reason when it is refused.</returns>
    public async Task<(DemoLease? Lease, string Reason, string Message)> AmendAsync(DemoLease lease, DemoStory story, CancellationToken cancellation)
    {
        var request = await RequestAsync(story, cancellation);
        var answer = await lease.Datacenter.Gateway.AmendAsync(lease.Id, request, await chain.Orders.SignAskAsync(lease.Id, request, cancellation), cancellation);
        if (answer.Amendment is not { } amendment) return (null, answer.Reason, answer.Message);
        var domain = new LeaseDomain((ulong)federation.ChainId, chain.Contracts.LeaseManager);
        if (AmendmentSigner.FaultOf(domain, amendment, lease.Id, lease.Terms, request, chain.Operators[lease.Datacenter.Name]) is { } fault) throw new HarnessException($"{lease.Datacenter.Name}: {fault}");
        return (lease with { Story = story, Terms = await chain.Wallet.AmendAsync(amendment, "", cancellation) }, "", "");
    }

    /// <summary>Puts another workload into the lease, inside what it reserves: the tenant alone may.</summary>
    public async Task<DemoLease> AmendSpecAsync(DemoLease lease, string workload, CancellationToken cancellation)
    {
        var story = lease.Story with { Workload = workload };
        return lease with { Story = story, Terms = await chain.Wallet.AmendSpecAsync(lease.Id, lease.Terms, (await RequestAsync(story, cancellation)).SpecHash, cancellation) };
    }

    public Task CloseAsync(DemoLease lease, CancellationToken cancellation) => chain.Wallet.CloseAsync(lease.Id, lease.Terms, cancellation);

    /// <summary>The ComputeLease as the tenant sees it; null when it is not there, or not yet the tenant's to see.</summary>
    public async Task<JsonElement?> ReadAsync(DemoLease lease, CancellationToken cancellation)
    {
        var result = await Command.TryAsync(Kubectl, Arguments(lease.Datacenter, ["get", "computelease", lease.Id.Namespace, "-n", lease.Id.Namespace, "-o", "json"]), cancellation);
        return result.ExitCode == 0 ? JsonDocument.Parse(result.Output).RootElement : null;
    }

    /// <summary>Fetches the page of the lease's first endpoint, from inside its datacenter's network.</summary>
    public async Task<string> FetchServiceAsync(DemoLease lease, CancellationToken cancellation)
    {
        var seen = await ReadAsync(lease, cancellation) ?? throw new HarnessException($"{lease.Story.Name}: the ComputeLease is gone");
        var url = seen.GetProperty("status").GetProperty("endpoints")[0].GetProperty("url").GetString()!;
        return await FetchAsync(lease, url, cancellation);
    }

    private static Task<string> FetchAsync(DemoLease lease, string url, CancellationToken cancellation) =>
        Command.RunAsync("nsenter", [$"--net=/run/netns/{lease.Datacenter.Site.Parts.NetworkNamespace}", "curl", "--silent", "--show-error", "--fail", "--max-time", "5", url], cancellation);

    private string Kubectl => Path.Combine(federation.ToolsFolder, "kubectl");

    private string[] Arguments(DemoDatacenter datacenter, string[] arguments) => ["--kubeconfig", datacenter.Site.Parts.UserKubeconfigs[user], .. arguments];

    private Task<string> KubectlAsync(DemoDatacenter datacenter, string[] arguments, CancellationToken cancellation) =>
        Command.RunAsync(Kubectl, Arguments(datacenter, arguments), cancellation);

    /// <summary>What the story asks for, as a Request of the chain's tenant that any datacenter may answer.</summary>
    public async Task<RequestTerms> RequestAsync(DemoStory story, CancellationToken cancellation)
    {
        using var workload = JsonDocument.Parse(story.Workload);
        var gpu = story.GpuClass.Length == 0 ? GpuCount.None : new GpuCount(Keccak256.Hash(story.GpuClass).ToString(), story.GpuCount);
        BigInteger most = BigInteger.Pow(10, 12);
        return new RequestTerms(
            chain.Tenant.Signer.Address.ToString(),
            Sponsor: Address.Zero.ToString(),
            chain.Token.ToString(),
            Address.Zero.ToString(),
            Keccak256.Hash(CanonicalJson.Encode(workload.RootElement)).ToString(),
            new Resources(story.CpuMilli, story.MemoryMiB, DemoStory.StorageMiB + story.VolumesMiB, story.EgressKiBps, gpu, GpuCount.None),
            new Prices(most, most, most, most, most, most),
            MaxStartFee: 0,
            MaxMinCharge: 0,
            MaxReservationFee: 0,
            story.Deposit,
            Fills: 1,
            story.DurationSeconds,
            MinNoticeSeconds: 0,
            MaxNoticeSeconds: 60,
            MaxActivationSeconds: 60,
            MinDowntimeBps: 0,
            RequiredCapabilities: 0,
            Auditor: Address.Zero.ToString(),
            chain.Arbiter.ToString(),
            story.RunsApp ? chain.App : Bytes32.Zero.ToString(),
            Callback: false,
            TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 300,
            await chain.Wallet.ReadCounterAsync(cancellation),
            new BigInteger(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16), isUnsigned: true));
    }
}

/// <param name="Reason">Empty when there is an Offer.</param>
internal sealed record DemoQuote(DemoDatacenter Datacenter, SignedOffer? Offer, string Reason, string Message);

/// <summary>A matched lease while the demo runs.</summary>
internal sealed record DemoLease(DemoStory Story, DemoDatacenter Datacenter, LeaseId Id, LeaseTerms Terms, ulong MatchedBlock)
{
    /// <summary>UIDs of all pods that the lease ever had.</summary>
    public HashSet<string> PodUids { get; } = [];

    public string Phase { get; set; } = "Matched";

    /// <summary>When the match had the depth that operators wait for.</summary>
    public DateTimeOffset ConfirmedAt { get; set; }

    /// <summary>When the API server had taken the tenant's workload.</summary>
    public DateTimeOffset DeliveredAt { get; set; }

    /// <summary>The tenant has asked for the end.</summary>
    public bool IsClosing { get; set; }

    /// <summary>CPU-seconds of its pods when the last paid second was over; runs from the close on.</summary>
    public Task<double>? TruthAtEnd { get; set; }

    /// <summary>What the lease's web service answered; null until it was asked.</summary>
    public string? Page { get; set; }

    public string Note { get; set; } = "";

    public DateTimeOffset? RunningSince { get; set; }

    /// <summary>From the confirmed match to the first running pod, whatever its tenant did meanwhile; null before.</summary>
    public double? StartSeconds => (RunningSince - ConfirmedAt)?.TotalSeconds;

    /// <summary>
    /// The datacenter's part of it: from the moment when it had both, the confirmed match and the workload, to the first running pod.
    /// A workload that comes late is its tenant's time.
    /// </summary>
    public double? OwnStartSeconds => (RunningSince - (DeliveredAt > ConfirmedAt ? DeliveredAt : ConfirmedAt))?.TotalSeconds;

    public string Short => string.Create(CultureInfo.InvariantCulture, $"{Id.Hex[..10]}…");
}
