using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Signing;
using Federation.Domain.Leases;
using Federation.Domain.Settlement;
using Federation.Domain.Usage;
using Federation.Ethereum;
using Federation.Gateway;
using Federation.Harness;
using Federation.Harness.Demo;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>One lease of a story, as its tenant, the chain and the kernel see it.</summary>
internal sealed class TenantLease(FederationStage stage, DemoTenant tenant, DemoLease lease)
{
    internal string Namespace => lease.Id.Namespace;

    internal DemoLease Demo => lease;

    internal Bytes32 Id => Bytes32.Parse(lease.Id.Hex);

    private Kubectl Admin => new(stage.Federation, lease.Datacenter.Site);

    private Kubectl AsTenant => new(stage.Federation, lease.Datacenter.Site, lease.Datacenter.Site.Parts.UserKubeconfigs[tenant.User]);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The tenant alone puts another workload into it.</summary>
    internal async Task AmendSpecAsync(string workload) => lease = await tenant.AmendSpecAsync(lease, workload, Cancellation);

    /// <summary>Both sides give it other terms; until the chain takes it, for a settlement may come first.</summary>
    internal async Task AmendAsync(DemoStory story)
    {
        await Eventually.HoldsAsync($"{story.Name}: amended", async () =>
        {
            try
            {
                var (amended, reason, message) = await tenant.AmendAsync(lease, story, Cancellation);
                lease = amended ?? lease;
                return amended is null ? $"{reason}: {message}" : null;
            }
            catch (Federation.Chain.ContractCallException refused) when (refused.Message.Contains("SeqTooLow(", StringComparison.Ordinal) || refused.Message.Contains("ThroughInvalid(", StringComparison.Ordinal))
            {
                return refused.Message;
            }
        });
    }

    internal async Task<(string Reason, string Message)> RefusedAsync(DemoStory story)
    {
        var (amended, reason, message) = await tenant.AmendAsync(lease, story, Cancellation);
        Assert.Null(amended);
        return (reason, message);
    }

    internal Task DeliverAsync() => tenant.DeliverAsync(lease, Cancellation);

    /// <summary>Applies another workload than the story's.</summary>
    internal async Task<Federation.Harness.Machine.Command.Result> TryApplyAsync(string workload)
    {
        var file = Path.Combine(stage.Federation.StateFolder, "manifests", $"{lease.Story.Name}-other.yaml");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllTextAsync(file, $$"""
            apiVersion: compute.federation/v1alpha1
            kind: ComputeLease
            metadata: {name: {{Namespace}}, namespace: {{Namespace}} }
            spec: {workload: {{workload}} }
            """, Cancellation);
        return await AsTenant.TryAsync("apply", "-f", file);
    }

    /// <summary>The ComputeLease as JSON; null while its tenant cannot read it.</summary>
    internal Task<JsonElement?> ReadAsync() => tenant.ReadAsync(lease, Cancellation);

    internal Task<ChainLease> ReadChainAsync() => stage.Chain.Wallet.ReadLeaseAsync(lease.Id, lease.Terms, Cancellation);

    internal Task WaitForPhaseAsync(LeasePhase phase, int seconds = Eventually.Seconds) => Eventually.HoldsAsync($"{lease.Story.Name}: {phase}", async () =>
    {
        if (await ReadAsync() is not { } seen) return "the tenant cannot read the ComputeLease";
        if (!seen.TryGetProperty("status", out var status)) return "it has no status";
        var now = status.GetProperty("phase").GetString();
        return now == phase.ToString() ? null : $"it is {now}; Ready: {ConditionOf(seen, "Ready")}, Verified: {ConditionOf(seen, "Verified")}";
    }, seconds);

    /// <summary>Waits until a condition of the spec that is there now has this status and one of the reasons; returns its message.</summary>
    internal async Task<string> WaitForConditionAsync(string type, string status, string[] reasons, string inMessage = "", int seconds = Eventually.Seconds)
    {
        Condition? found = null;
        await Eventually.HoldsAsync($"{lease.Story.Name}: {type} {status} {string.Join(" or ", reasons)} '{inMessage}'", async () =>
        {
            if (await ReadAsync() is not { } seen) return "the tenant cannot read the ComputeLease";
            found = ConditionOf(seen, type);
            return found is not null && found.Status == status && reasons.Contains(found.Reason) && found.Message.Contains(inMessage, StringComparison.Ordinal) ? null : $"it is {found}";
        }, seconds);
        return found!.Message;
    }

    internal async Task WaitForNamespaceAsync() => await Eventually.HoldsAsync($"{lease.Story.Name}: namespace", async () =>
        (await Admin.TryAsync("get", "namespace", Namespace)) is { ExitCode: not 0 } failed ? failed.Error : null);

    /// <summary>UIDs of the pods that are there now; all that ever were seen stay in the lease's books.</summary>
    internal async Task<string[]> ReadPodsAsync()
    {
        var text = await Admin.RunAsync("get", "pods", "-n", Namespace, "-o", "jsonpath={.items[*].metadata.uid}");
        var uids = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        lease.PodUids.UnionWith(uids);
        return uids;
    }

    /// <summary>Names of the pods that are there now, by their UIDs.</summary>
    internal async Task<IReadOnlyDictionary<string, string>> ReadPodNamesAsync() =>
        (await Admin.RunAsync("get", "pods", "-n", Namespace, "-o", @"jsonpath={range .items[*]}{.metadata.uid} {.metadata.name}{'\n'}{end}"))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')).ToDictionary(p => p[0], p => p[1]);

    /// <summary>What its only pod left as its result when it ended: the container's termination message.</summary>
    internal Task<string> ReadOutcomeAsync() =>
        Admin.RunAsync("get", "pods", "-n", Namespace, "-o", "jsonpath={.items[*].status.containerStatuses[*].state.terminated.message}");

    /// <summary>Digest and status of what its jobs came to, once all of them have ended for good.</summary>
    internal async Task<(string Digest, long Status)> WaitForResultAsync()
    {
        (string, long)? found = null;
        await Eventually.HoldsAsync($"{lease.Story.Name}: a result", async () =>
        {
            if (await ReadAsync() is not { } seen || !seen.TryGetProperty("status", out var status) || !status.TryGetProperty("results", out var results)) return "no job has ended";
            if (results.TryGetProperty("digest", out var digest)) found = (digest.GetString()!, results.GetProperty("status").GetInt64());
            return found is null ? "not all jobs have ended" : null;
        }, 150);
        return found!.Value;
    }

    /// <summary>A namespace that is not empty yet is asked after at intervals that double, and a pod's end may come with a collection only.</summary>
    internal Task WaitForNamespaceGoneAsync(int seconds = 2 * Eventually.Seconds) => Eventually.HoldsAsync($"{lease.Story.Name}: namespace gone", async () =>
        (await Admin.TryAsync("get", "namespace", Namespace, "-o", "name", "--ignore-not-found")) is { ExitCode: 0, Output.Length: 0 } ? null : "it is there", seconds);

    /// <summary>The operator has done its part: what is left is the kubelet's and the namespace controller's.</summary>
    internal Task WaitForNamespaceLeavingAsync() => Eventually.HoldsAsync($"{lease.Story.Name}: namespace leaving", async () =>
        (await Admin.TryAsync("get", "namespace", Namespace, "-o", "jsonpath={.status.phase}", "--ignore-not-found")) is { ExitCode: 0, Output: "" or "Terminating" } ? null : "it stays");

    /// <summary>CPU seconds that all its pods have used, by the kernel.</summary>
    internal double TruthSeconds => lease.PodUids.Sum(TruthOf);

    /// <summary>The same of one of them.</summary>
    internal double TruthOf(string uid) => stage.Truth.Of(uid).TotalSeconds;

    internal async Task<int> CountActivationsAsync() => (await stage.Ledger.EventsAsync<LeaseActivatedEventDTO>(lease.Id, Cancellation)).Count;

    /// <summary>Waits until the contract has paid more than now: metering, signing and sending work.</summary>
    internal async Task WaitForNextSettlementAsync()
    {
        var before = (await ReadChainAsync()).Seq;
        await Eventually.HoldsAsync($"{lease.Story.Name}: a settlement after number {before}", async () =>
            (await ReadChainAsync()).Seq > before ? null : $"conditions: {ConditionOf(await ReadAsync(), "Metered")} {ConditionOf(await ReadAsync(), "Settled")}");
    }

    /// <summary>CPU seconds of its pods when the tenant asked for the end; work after that is nobody's to pay.</summary>
    internal double WorkedAtClose { get; private set; }

    internal async Task CloseAsync()
    {
        await ReadPodsAsync();
        WorkedAtClose = TruthSeconds;
        await tenant.CloseAsync(lease, Cancellation);
    }

    /// <summary>Closed, and all that was claimed has matured and been paid.</summary>
    internal Task WaitForCloseAsync() => Eventually.HoldsAsync($"{lease.Story.Name}: closed and paid out", async () =>
        await ReadChainAsync() is var seen && seen.State == LeaseState.Closed && !Collection.IsOpen(seen, lease.Terms)
            ? null : $"it is {seen.State}, {seen.Ring.Pending} of {seen.Claimed} are pending");

    internal Task<LeaseRow> ReadRowAsync() => stage.Ledger.RowAsync(lease, TruthSeconds, Cancellation);

    /// <summary>Its last receipt that the contract took.</summary>
    internal async Task<LeaseSettledEventDTO> LastSettledAsync() => (await stage.Ledger.EventsAsync<LeaseSettledEventDTO>(lease.Id, Cancellation))[^1];

    /// <summary>The windows that the last receipt's root commits to, in their order, as the datacenter's gateway hands them to the tenant.</summary>
    internal async Task<IReadOnlyList<IReadOnlyList<string>>> FetchEvidenceAsync()
    {
        using var http = lease.Datacenter.NewClient();
        var records = new RecordClient(http, lease.Id, (url, _) => ProveAsync(url), TimeProvider.System);
        var kept = (await records.ListWindowsAsync(Cancellation)).ToDictionary(w => w.Root);
        var windows = new List<IReadOnlyList<string>>();
        for (var root = (await LastSettledAsync()).EvidenceRoot.ToString(); root != WindowRecord.NoRoot; root = kept[root].Previous)
        {
            Assert.True(kept.ContainsKey(root), $"{lease.Story.Name}: window {root} is not kept");
            windows.Insert(0, await records.ReadWindowAsync(root, Cancellation) ?? throw new InvalidOperationException($"window {root} is listed and not handed over"));
        }

        return windows;
    }

    private async Task<ReaderWord> ProveAsync(Uri url)
    {
        var signer = stage.Chain.Tenant.Signer;
        var text = ReaderProof.Message(url, signer.Address, (ulong)stage.Federation.ChainId, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)), TimeProvider.System.GetUtcNow()).ToText();
        return new ReaderWord(text, (await signer.SignMessageAsync(Encoding.UTF8.GetBytes(text), Cancellation)).ToString());
    }

    internal static Condition? ConditionOf(JsonElement? seen, string type)
    {
        if (seen is not { } there || !there.TryGetProperty("status", out var status) || !status.TryGetProperty("conditions", out var all)) return null;
        return all.EnumerateArray().Where(c => c.GetProperty("type").GetString() == type)
            .Select(c => new Condition(c.GetProperty("status").GetString()!, c.GetProperty("reason").GetString()!, c.GetProperty("message").GetString()!))
            .FirstOrDefault();
    }

    internal sealed record Condition(string Status, string Reason, string Message);
}
