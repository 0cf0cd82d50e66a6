using System.Globalization;
using System.Text.Json.Nodes;
using Federation.Harness.Machine;
using Federation.Harness.Naming;

namespace Federation.Harness.Starting;

/// <summary>kubelet and kube-proxy of one datacenter: its only node.</summary>
internal sealed class Node(Site site, Readiness readiness)
{
    private const int EvictionMiB = 100;
    private const int PodProcesses = 128;

    internal async Task StartAsync(ApiServer api, CancellationToken ct)
    {
        Cgroups.Create(site.Namespace);
        await File.WriteAllTextAsync(site.PathOf("kubelet.yaml"), KubeletConfig(), ct);
        var process = site.Start("kubelet", "kubelet",
            $"--config={site.PathOf("kubelet.yaml")}", $"--kubeconfig={site.KubeconfigOf("kubelet")}",
            $"--hostname-override={site.NodeName}", $"--node-ip={site.Address}",
            $"--root-dir={site.PathOf("kubelet")}", $"--cert-dir={site.PathOf("kubelet-certs")}",
            "--container-runtime=remote", $"--container-runtime-endpoint=unix://{site.ContainerdSocket}",
            // cAdvisor finds containers only when it is told where containerd is; metering wants fresh counters.
            $"--containerd={site.ContainerdSocket}", $"--housekeeping-interval={site.ScrapeInterval.TotalMilliseconds / 2}ms");
        site.Start("kube-proxy", "kube-proxy", $"--kubeconfig={site.KubeconfigOf("kube-proxy")}", $"--hostname-override={site.NodeName}",
            "--proxy-mode=iptables", $"--cluster-cidr={site.PodCidr}",
            // These belong to the machine's first network namespace and cannot be set from another.
            "--conntrack-max-per-core=0", "--conntrack-tcp-timeout-established=0s", "--conntrack-tcp-timeout-close-wait=0s");
        await readiness.UntilAsync($"{site.Name}: node", TimeSpan.FromSeconds(120), token => ReadyAsync(api, token), ct, process, site.LogOf("kubelet"));
    }

    /// <summary>
    /// Null when the node takes pods and the default service account is there, without which no pod can be made.
    /// </summary>
    internal async Task<string?> ReadyAsync(ApiServer api, CancellationToken ct)
    {
        var node = await api.GetAsync($"/api/v1/nodes/{site.NodeName}", ct);
        var ready = node!["status"]?["conditions"]?.AsArray().FirstOrDefault(c => (string?)c!["type"] == "Ready");
        if ((string?)ready?["status"] != "True") return $"node {site.NodeName} is not Ready: {(string?)ready?["message"]}";
        if (node["spec"]?["taints"] is JsonArray { Count: > 0 } taints) return $"node {site.NodeName} is tainted: {taints.ToJsonString()}";
        await api.GetAsync("/api/v1/namespaces/default/serviceaccounts/default", ct);
        return null;
    }

    private string KubeletConfig() => $$"""
        apiVersion: kubelet.config.k8s.io/v1beta1
        kind: KubeletConfiguration
        failSwapOn: false
        cgroupDriver: cgroupfs
        cgroupRoot: /{{site.Namespace}}
        authentication:
          anonymous: {enabled: false}
          webhook: {enabled: true}
          x509: {clientCAFile: "{{site.Credentials.AuthorityPath}}"}
        authorization: {mode: Webhook}
        healthzPort: 10248
        readOnlyPort: 0
        clusterDNS: ["{{NameService.Address}}"]
        clusterDomain: {{NameTable.Domain}}
        # No quota counts processes: only the node bounds them.
        podPidsLimit: {{PodProcesses}}
        # Who fills its disk is found out sooner than within the usual minute.
        volumeStatsAggPeriod: 5s
        serializeImagePulls: false
        # A node that has just come up says so with its next report; the default is 10 s.
        nodeStatusUpdateFrequency: 2s
        # What a busy kubelet let slip is looked at again before any limit of a test; the default is a minute.
        syncFrequency: 10s
        kubeAPIQPS: 50
        kubeAPIBurst: 100
        eventRecordQPS: 50
        # Images come from no registry: once collected as garbage they would be gone.
        imageGCHighThresholdPercent: 100
        evictionHard: {memory.available: "{{EvictionMiB}}Mi", nodefs.available: "1%", imagefs.available: "1%"}
        systemReserved: { {{Reserved()}} }

        """;

    /// <summary>What the system keeps so that pods get no more than the datacenter's specification says.</summary>
    private string Reserved()
    {
        List<string> parts = [];
        if (site.Spec.AllocatableMilliCpu is { } cpu) parts.Add($"cpu: \"{Environment.ProcessorCount * 1000 - cpu}m\"");
        if (site.Spec.AllocatableMemoryMiB is { } memory) parts.Add($"memory: \"{MachineKiB() - ((long)(memory + EvictionMiB) << 10)}Ki\"");
        return string.Join(", ", parts);
    }

    private static long MachineKiB() => long.Parse(
        File.ReadLines("/proc/meminfo").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
}
