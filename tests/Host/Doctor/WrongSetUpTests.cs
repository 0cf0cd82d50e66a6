using System.Text.Json.Nodes;
using Federation.Cluster.Entities;
using Federation.Ethereum.Signing;
using Federation.Ethereum.Tests.Tools;
using Federation.Host.Options;
using Federation.Host.Tests.Alerts;
using Federation.Host.Tests.Support;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Federation.Host.Tests.Doctor;

/// <summary>The doctor on real parts with one thing wrong: it names that thing and what mends it, and nothing else.</summary>
public sealed class WrongSetUpTests(DoctorWorld world) : IClassFixture<DoctorWorld>
{
    private const string Nowhere = "http://127.0.0.1:1/";
    private const string Account = "0x000000000000000000000000000000000000dEaD";
    private const string Deployment = "compare the addresses of Chain:LeaseManager, Market, Vault, Registry, Parameters, Apps and Results, and the code hashes, with the deployment's file";

    // Of this world itself: nobody scrapes it.
    private const string NoPrometheus = "FAIL  metering: ";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>What is set wrong, and the beginning and the end of what is said of it.</summary>
    public static TheoryData<string, string, string> Settings => new()
    {
        { "chain id", "FAIL  chain: 127.0.0.1:PORT is on chain 31337, and Chain:ChainId is 1:", "give a node of that chain, or the id of this one" },
        { "node away", "FAIL  chain: 127.0.0.1:1 does not answer", "see that the node runs and that pods reach it" },
        { "contract", "FAIL  contracts:", Deployment },
        { "contract of another set", "FAIL  contracts:", Deployment },
        { "parameters of nobody", "FAIL  contracts: The market at ", Deployment },
        { "apps of nobody", "FAIL  contracts: The market at ", Deployment },
        { "results of another kind", "FAIL  contracts: The contract at ", Deployment },
        { "code hash", "FAIL  contracts:", Deployment },
        { "no ether", "FAIL  signer: 0x", "send ether to it" },
        { "signer away", "FAIL  signer:", "" },
        { "certificate ended", "FAIL  gateway: Tls:Certificate:", "renew it." },
        { "certificate of another name", "FAIL  endpoint: the gateway's certificate is not for gateway.invalid", "issue one with that name, or write in spec.endpoint the one that it is for" },
    };

    /// <summary>What is wrong in the cluster: what is applied and taken away again, and what is said of it.</summary>
    public static TheoryData<string, string, string> Objects => new()
    {
        {
            DoctorWorld.Datacenter("gpuClasses: [{name: nvidia.com/gpu/NVIDIA-L40S/46068, resource: nvidia.com/gpu, nodeLabels: {nvidia.com/gpu.product: NVIDIA-L40S}}]"),
            "FAIL  gpus: no node has nvidia.com/gpu/NVIDIA-L40S/46068: one needs the labels nvidia.com/gpu.product=NVIDIA-L40S and nvidia.com/gpu to allocate;", "see that the device plugin runs there"
        },
        { DoctorWorld.Datacenter("runtimeClass: kata"), "FAIL  runtimes: there is no RuntimeClass kata, which spec.runtimeClass names", "install that runtime on the nodes with its RuntimeClass, or leave it out" },
        { DoctorWorld.Datacenter("storageClass: fast"), "FAIL  storage: there is no StorageClass fast, which spec.storageClass names", "make it, or name another one (there are files)" },
        { DoctorWorld.Datacenter("", "https://gateway.invalid"), "FAIL  endpoint: gateway.invalid of spec.endpoint has no address as seen from here", "make its record, or mend the cluster's name service" },
    };

    [Fact]
    public async Task NothingWrong_ButWhatThisWorldLacks()
    {
        var (code, lines) = await DoctorWorld.LookAsync(world.Options());
        Assert.Equal(1, code);
        var failed = Assert.Single(lines, l => l.StartsWith("FAIL", StringComparison.Ordinal));
        Assert.StartsWith(NoPrometheus, failed, StringComparison.Ordinal);
        Assert.Contains("see that Prometheus:Url leads to the store", failed, StringComparison.Ordinal);
        foreach (var good in new[] { "ok    kubernetes: v1.", "ok    rights:", "ok    lease:", "ok    storage: tenants' volumes are of StorageClass files", "ok    endpoint: localhost leads to", "ok    evidence: claim federation-evidence is bound", "ok    chain:", "ok    contracts:", "ok    clock:", "ok    signer: 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266 signs" })
            Assert.Contains(lines, l => l.StartsWith(good, StringComparison.Ordinal));
        const string Spool = "note  metering: without the node's spool, what a pod uses after its last scrape is not billed";
        Assert.Contains(lines, l => l.StartsWith(Spool, StringComparison.Ordinal));
        var spooled = world.Options();
        (spooled.Spool.Urls, spooled.Spool.BearerTokenFile) = ([new Uri(Nowhere)], Path.Combine(AppContext.BaseDirectory, "Federation.Host.dll"));
        Assert.Contains((await DoctorWorld.LookAsync(spooled)).Lines, l => l.StartsWith("FAIL  metering: the spool at 127.0.0.1 gives no answer", StringComparison.Ordinal) && l.Contains("see that the pods of the DaemonSet federation-spool run", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Settings))]
    public async Task WrongSetting_IsNamed_WithItsFix(string wrong, string found, string fix)
    {
        using var pair = new Pair();
        var options = world.Options();
        var chain = options.Chain;
        switch (wrong)
        {
            case "chain id": chain.ChainId = 1; break;
            case "node away": chain.FallbackRpcUrls = [new Uri(Nowhere)]; break;
            case "contract": chain.LeaseManager = Account; break;
            case "contract of another set": (chain.Vault, chain.Registry) = (chain.Registry, chain.Vault); break;
            case "parameters of nobody": chain.Parameters = Account; break;
            case "apps of nobody": chain.Apps = Account; break;
            case "results of another kind": chain.Results = chain.Vault; break;
            case "code hash": chain.MarketCodeHash = "0x" + new string('1', 64); break;
            case "no ether": chain.KeystoreFile = world.WriteKey(LocalSigner.Generate(), "poor.json"); break;
            case "signer away": (chain.KeystoreFile, chain.RemoteSignerUrl, chain.RemoteSignerAddress) = ("", new Uri(Nowhere), Account); break;
            case "certificate ended": pair.Write(endsIn: -0.1); ListenBy(pair); break;
            default: ListenBy(pair); await world.ApplyAsync(DoctorWorld.Datacenter("", "https://gateway.invalid")); break;
        }

        try
        {
            await AssertSaysAsync(options, found.Replace("PORT", $"{world.Anvil.Http.Port}", StringComparison.Ordinal), fix);
        }
        finally
        {
            await world.ApplyAsync(DoctorWorld.Datacenter(""));
        }

        void ListenBy(Pair with) => (options.Listen, options.Tls.Certificate, options.Tls.Key) = ("https://127.0.0.1:0", with.Certificate, with.Key);
    }

    [Theory]
    [MemberData(nameof(Objects))]
    public async Task WhatTheDatacenterNames_IsNotThere(string datacenter, string found, string fix)
    {
        await world.ApplyAsync(datacenter);
        try
        {
            await AssertSaysAsync(world.Options(), found, fix);
        }
        finally
        {
            await world.ApplyAsync(DoctorWorld.Datacenter(""));
        }
    }

    [Theory]
    [InlineData("none", null, null, "there is no PersistentVolumeClaim none in federation-system", "helm upgrade makes the chart's again")]
    [InlineData("of-files", "files", "Pending", "claim of-files (ReadWriteMany) is Pending, and no pod starts without it: StorageClass files (files.example.org) has made no volume", "set replicas: 1 and evidence.accessMode: ReadWriteOnce")]
    [InlineData("of-gone", "gone", "Pending", "there is no StorageClass gone", "set evidence.storageClass")]
    [InlineData("of-nobody", null, "Pending", "it has no StorageClass", "delete the claim, set evidence.storageClass, and upgrade")]
    [InlineData("of-lost", "files", "Lost", "claim of-lost has lost its volume", "bring that PersistentVolume back")]
    public async Task EvidencesClaim_ThatIsNotFilled_IsNamed(string claim, string? storageClass, string? phase, string found, string fix)
    {
        if (phase is not null) await world.ClaimAsync(claim, storageClass, phase);
        var line = Failed(await DoctorWorld.LookAsync(world.Options(), claim), "FAIL  evidence: ");
        Assert.Contains(found, line, StringComparison.Ordinal);
        Assert.Contains(fix, line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NoDefaultClass_IsANote_AsNotEveryWorkloadHasAVolume()
    {
        await Kubectl.RunAsync(world.Server, "annotate", "storageclass", "files", "--overwrite", "storageclass.kubernetes.io/is-default-class=false");
        try
        {
            var (_, lines) = await DoctorWorld.LookAsync(world.Options());
            Assert.Contains(lines, l => l.StartsWith("note  storage: no StorageClass is the default (there are files)", StringComparison.Ordinal) && l.EndsWith("name one in spec.storageClass, or set spec.storageMiB to 0 and sell none", StringComparison.Ordinal));
        }
        finally
        {
            await Kubectl.RunAsync(world.Server, "annotate", "storageclass", "files", "--overwrite", "storageclass.kubernetes.io/is-default-class=true");
        }
    }

    [Fact]
    public async Task ClassThatKeepsVolumes_IsWrong_AsTheirDataOutlivesItsLease()
    {
        await world.ApplyAsync("{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: kept}, provisioner: files.example.org, reclaimPolicy: Retain}");
        await world.ApplyAsync(DoctorWorld.Datacenter("storageClass: kept"));
        try
        {
            Assert.Contains("Name in spec.storageClass a class with reclaimPolicy Delete", Failed(await DoctorWorld.LookAsync(world.Options()), "FAIL  storage: StorageClass kept has reclaimPolicy Retain"), StringComparison.Ordinal);
        }
        finally
        {
            await world.ApplyAsync(DoctorWorld.Datacenter(""));
            await Kubectl.RunAsync(world.Server, "delete", "storageclass", "kept");
        }
    }

    [Fact]
    public async Task VolumesWhoseDriverIsNowhere_AreANote_AndWithItOnANodeTheyAreNone()
    {
        const string Note = "note  storage: nothing tells that files.example.org is there, neither a CSIDriver nor a node's CSINode";
        Assert.DoesNotContain((await DoctorWorld.LookAsync(world.Options())).Lines, l => l.StartsWith("note  storage", StringComparison.Ordinal));
        await Kubectl.RunAsync(world.Server, "delete", "csidriver", "files.example.org");
        try
        {
            Assert.Contains((await DoctorWorld.LookAsync(world.Options())).Lines, l => l.StartsWith(Note, StringComparison.Ordinal));
            await world.ApplyAsync("{apiVersion: storage.k8s.io/v1, kind: CSINode, metadata: {name: one}, spec: {drivers: [{name: files.example.org, nodeID: one}]}}");
            Assert.DoesNotContain((await DoctorWorld.LookAsync(world.Options())).Lines, l => l.StartsWith("note  storage", StringComparison.Ordinal));
        }
        finally
        {
            await Kubectl.TryAsync(world.Server, "delete", "csinode", "one");
            await world.ApplyAsync(DoctorWorld.Driver);
        }
    }

    [Fact]
    public async Task PricedClassThatNoNodeHas_IsNamed_WithThoseThatTheyHave()
    {
        const string Typo = "nvidia.com/gpu/NVIDIA-L40/46068";
        const string There = "nvidia.com/gpu/NVIDIA-L40S/46068";
        await world.ApplyAsync(Priced(Typo));
        try
        {
            // Nobody has counted yet.
            Assert.DoesNotContain((await DoctorWorld.LookAsync(world.Options())).Lines, l => l.Contains("gpus: ", StringComparison.Ordinal));
            await CountedAsync("4");
            var line = Failed(await DoctorWorld.LookAsync(world.Options()), "FAIL  gpus: ");
            Assert.StartsWith($"FAIL  gpus: no node that takes pods has {Typo}, which spec.prices.gpu prices, and Requests for it are refused. They have {There}: write the class as it stands there;", line, StringComparison.Ordinal);
            await world.ApplyAsync(Priced(There));
            Assert.Contains($"ok    gpus: 4 of {There} are there to be leased", (await DoctorWorld.LookAsync(world.Options())).Lines);
            // Leased, and its node is gone.
            await CountedAsync("0");
            Assert.Contains("They have no GPU class at all:", Failed(await DoctorWorld.LookAsync(world.Options()), "FAIL  gpus: "), StringComparison.Ordinal);
        }
        finally
        {
            await Kubectl.RunAsync(world.Server, "delete", "datacenter", "north");
            await world.ApplyAsync(DoctorWorld.Datacenter(""));
        }

        Task CountedAsync(string devices) => world.StatusAsync(ResourceKind.Of<V1Alpha1Datacenter>(), "north", null, (JsonObject)JsonNode.Parse($$"""
            {"capacity": [{"class": "cpu", "allocatable": "4", "free": "4"}, {"class": "{{There}}", "allocatable": "{{devices}}", "free": "0"}]}
            """)!);

        static string Priced(string gpuClass) => DoctorWorld.Datacenter("").Replace("cpu: \"1\",", $"cpu: \"1\", gpu: [{{class: {gpuClass}, price: \"1\"}}],", StringComparison.Ordinal);
    }

    // Everything else is well then, and yet nothing can be sold.
    [Theory]
    [InlineData("Unknown", "ProbeNotConfigured", "", "FAIL", "set isolation.probeImage (Isolation:ProbeImage) to an image with a shell, httpd, wget and timeout, such as BusyBox")]
    [InlineData("Unknown", "ProbeFailed", "", "FAIL", "see what the probe's pods wait for: kubectl -n federation-probe get pods,events")]
    [InlineData("False", "NotEnforced", "", "FAIL", "It is said.")]
    [InlineData("Unknown", "NotProbedYet", "", "note", "It is said.")]
    [InlineData("Unknown", "ProbeNotConfigured", "isolation: {unenforcedNetworkPolicy: Allow}", "note", "It is said.")]
    [InlineData("True", "Enforced", "", null, "")]
    public async Task NetworkThatNobodyTriesOut_IsWrong_WhereNothingIsSoldForIt(string status, string reason, string more, string? verdict, string fix)
    {
        var options = world.Options();
        if (reason == "ProbeFailed") options.Isolation.ProbeImage = "busybox";
        await world.ApplyAsync(DoctorWorld.Datacenter(more));
        try
        {
            await world.StatusAsync(ResourceKind.Of<V1Alpha1Datacenter>(), "north", null, (JsonObject)JsonNode.Parse($$"""
                {"conditions": [{"type": "NetworkPolicyEnforced", "status": "{{status}}", "reason": "{{reason}}", "message": "It is said.", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}
                """)!);
            var said = (await DoctorWorld.LookAsync(options)).Lines.Where(l => l.Contains("datacenter: NetworkPolicyEnforced=", StringComparison.Ordinal));
            if (verdict is null)
            {
                Assert.Empty(said);
                return;
            }

            var line = Assert.Single(said);
            Assert.StartsWith($"{verdict}  datacenter: NetworkPolicyEnforced={status} ({reason}): It is said", line, StringComparison.Ordinal);
            Assert.EndsWith(fix, line, StringComparison.Ordinal);
        }
        finally
        {
            await Kubectl.RunAsync(world.Server, "delete", "datacenter", "north");
            await world.ApplyAsync(DoctorWorld.Datacenter(""));
        }
    }

    [Fact]
    public async Task NodeThatNobodyScrapes_IsNamed()
    {
        await using var played = await PlayedTargets.StartAsync();
        played.Uids = new Dictionary<string, string> { ["kube-system"] = "0b5f6f3e-2a5f-4b63-9d60-1c9f4f9a1c11" };
        // Of one the job names the node, of the other its address stands in the instance.
        using var store = await LivePrometheus.StartAsync("groups: []", $$"""
            - {job_name: kubelet, metrics_path: /metrics/cadvisor, static_configs: [{targets: ["{{played.Authority}}"], labels: {node: one} }, {targets: ["{{played.Authority}}"], labels: {instance: "[2001:db8::2]:10250"} }]}
            """);
        var options = world.Options();
        options.Prometheus.Url = store.Url;
        await store.HasAsync("count(container_cpu_usage_seconds_total{job=\"kubelet\"}) == 6");
        try
        {
            Assert.DoesNotContain((await DoctorWorld.LookAsync(options)).Lines, l => l.Contains("nodes that are ready", StringComparison.Ordinal));
            await world.NodeAsync("one", "10.0.0.1");
            await world.NodeAsync("two", "2001:db8::2");
            // Nothing of a lease runs where others have their own nodes.
            await world.NodeAsync("four", "10.0.0.4", "{taints: [{key: team, value: a, effect: NoSchedule}]}");
            Assert.Contains("ok    metering: the store has the kubelets of all 2 nodes that are ready", (await DoctorWorld.LookAsync(options)).Lines);
            await world.NodeAsync("three", "10.0.0.3");
            Assert.Contains((await DoctorWorld.LookAsync(options)).Lines, l => l.StartsWith("FAIL  metering: of 3 nodes that are ready the store lacks the kubelets of 1 (three), and what runs there is not billed: scrape their /metrics/cadvisor", StringComparison.Ordinal));
            // By labels that name no node they are counted.
            await Kubectl.RunAsync(world.Server, "delete", "node", "one", "two");
            await world.NodeAsync("five", "10.0.0.5");
            Assert.Contains("ok    metering: the store has 2 kubelets, and 2 nodes are ready", (await DoctorWorld.LookAsync(options)).Lines);
            await world.NodeAsync("six", "10.0.0.6");
            Assert.Contains((await DoctorWorld.LookAsync(options)).Lines, l => l.StartsWith("FAIL  metering: the store has 2 of the kubelets of 3 nodes that are ready", StringComparison.Ordinal));
        }
        finally
        {
            await Kubectl.RunAsync(world.Server, "delete", "node", "--all");
        }
    }

    [Fact]
    public async Task RightThatLacks_IsNamed_WithTheRoleThatGivesIt()
    {
        await Kubectl.RunAsync(world.Server, "delete", "clusterrolebinding", "federation-operator");
        try
        {
            string[] lines = [];
            // The server learns of it by a watch of its own.
            await Eventually.TrueAsync(async () => (lines = (await DoctorWorld.LookAsync(world.Options())).Lines).Any(l => l.StartsWith("FAIL  rights", StringComparison.Ordinal)), 30, "the right is taken");
            // That look may have begun before.
            lines = (await DoctorWorld.LookAsync(world.Options())).Lines;
            Assert.Contains("FAIL  rights: it may not patch datacenters/status.compute.federation: bind the chart's ClusterRole federation-operator to the user that the operator is, or add that rule", lines);
            // What its own Role gives it still has.
            Assert.DoesNotContain(lines, l => l.Contains("Role federation-operator in", StringComparison.Ordinal) || l.Contains("in federation-system: bind", StringComparison.Ordinal));
        }
        finally
        {
            await Kubectl.RunAsync(world.Server, "apply", "-f", DoctorWorld.Rights);
        }

        await Eventually.TrueAsync(async () => (await DoctorWorld.LookAsync(world.Options())).Lines.Any(l => l.StartsWith("ok    rights", StringComparison.Ordinal)), 30, "the right is back");
    }

    [Fact]
    public async Task WebhookThatIsAway_IsNamed_AndSoIsWhatItKeepsOut()
    {
        var options = world.Options();
        options.Webhook.Enabled = true;
        Assert.Contains("see in its log why none leads", Failed(await DoctorWorld.LookAsync(options), "FAIL  webhook: no operator has registered itself"), StringComparison.Ordinal);
        await Kubectl.RunAsync(world.Server, "delete", "validatingwebhookconfiguration", "federation-webhook");
        Assert.Contains("helm upgrade makes it again", Failed(await DoctorWorld.LookAsync(options), "FAIL  webhook: there is no ValidatingWebhookConfiguration federation-webhook"), StringComparison.Ordinal);
        var authority = Convert.ToBase64String(await File.ReadAllBytesAsync(world.Server.AuthorityPath, Cancellation));
        await world.ApplyAsync($$"""
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata: {name: federation-webhook}
            webhooks:
            - name: leases.compute.federation
              sideEffects: None
              admissionReviewVersions: [v1]
              failurePolicy: Fail
              clientConfig: {url: "https://127.0.0.1:1/", caBundle: {{authority}} }
              rules: [{apiGroups: [compute.federation], apiVersions: [v1alpha1], resources: [computeleases], operations: [CREATE]}]
            """);
        try
        {
            await Eventually.TrueAsync(async () =>
            {
                var looked = await DoctorWorld.LookAsync(options);
                Assert.Contains("see that an operator's pod runs and that a NetworkPolicy lets the API server in at port", Failed(looked, "FAIL  webhook: 127.0.0.1 at 127.0.0.1:1 does not answer"), StringComparison.Ordinal);
                return looked.Lines.Any(l => l.StartsWith("FAIL  lease: the cluster would not take one", StringComparison.Ordinal) && l.EndsWith("see what refuses it, a webhook or another policy, and let the operator's user pass", StringComparison.Ordinal));
            }, 30, "the server asks that webhook");
        }
        finally
        {
            await Kubectl.RunAsync(world.Server, "delete", "validatingwebhookconfiguration", "federation-webhook");
            await Kubectl.RunAsync(world.Server, "apply", "-f", DoctorWorld.Rights);
        }
    }

    // On a chain of its own: no clock goes back.
    [Fact]
    public async Task ClockThatIsBehind_IsNamed()
    {
        await using var anvil = await Anvil.StartAsync();
        await anvil.SendAsync<object>("evm_increaseTime", 3600);
        await anvil.SendAsync<object>("evm_mine");
        var options = world.Options();
        options.Chain.RpcUrl = anvil.Http;
        Assert.EndsWith("s ahead of this machine: set its clock by NTP", Failed(await DoctorWorld.LookAsync(options), "FAIL  clock: the newest block is"), StringComparison.Ordinal);
    }

    // No such old server is to be had: one that answers as it did.
    [Fact]
    public async Task OldKubernetes_IsNamed()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.MapGet("/version", () => Results.Text("""{"major":"1","minor":"19+","gitVersion":"v1.19.16-eks"}""", "application/json"));
        await app.StartAsync(Cancellation);
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, $"{{apiVersion: v1, kind: Config, current-context: old, contexts: [{{name: old, context: {{cluster: old, user: me}}}}], clusters: [{{name: old, cluster: {{server: \"{app.Urls.First()}\"}}}}], users: [{{name: me, user: {{}}}}]}}", Cancellation);
            var options = world.Options();
            options.Kubeconfig = file;
            Assert.Equal("FAIL  kubernetes: v1.19.16-eks is too old: upgrade it to 1.20 or later", Failed(await DoctorWorld.LookAsync(options), "FAIL  kubernetes:"));
        }
        finally
        {
            File.Delete(file);
        }
    }

    // One line for it, and none for what is right. What hangs on it may be told too: without its chain id no contract is believed.
    private static async Task AssertSaysAsync(OperatorOptions options, string found, string fix)
    {
        var line = Failed(await DoctorWorld.LookAsync(options), found);
        Assert.EndsWith(fix, line, StringComparison.Ordinal);
    }

    private static string Failed((int Code, string[] Lines) looked, string beginning)
    {
        Assert.Equal(1, looked.Code);
        Assert.True(looked.Lines.Count(l => l.StartsWith(beginning, StringComparison.Ordinal)) == 1, string.Join('\n', looked.Lines));
        return looked.Lines.Single(l => l.StartsWith(beginning, StringComparison.Ordinal));
    }
}
