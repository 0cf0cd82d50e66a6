using System.Globalization;
using System.Text.Json.Nodes;

namespace Federation.Harness.Starting;

/// <summary>Puts the specified GPUs and labels on a node, as a device plugin and feature discovery would.</summary>
internal static class Hardware
{
    internal const string GpuResource = "nvidia.com/gpu";

    /// <summary>Null when the node shows the hardware; safe to repeat.</summary>
    internal static Task<string?> ApplyAsync(Site site, ApiServer api, CancellationToken ct) =>
        ApplyAsync(site.NodeName, site.Spec, api, ct);

    /// <summary>
    /// The same for a kubelet that was started again: only after its first report, in which it forgets extended
    /// resources that no device plugin told it of.
    /// </summary>
    internal static async Task<string?> RestoreAsync(Datacenter datacenter, ApiServer api, DateTimeOffset startedAt, CancellationToken ct)
    {
        var node = await api.GetAsync($"/api/v1/nodes/{datacenter.NodeName}", ct);
        var ready = node!["status"]!["conditions"]!.AsArray().First(condition => (string?)condition!["type"] == "Ready")!;
        var heartbeat = DateTimeOffset.Parse((string)ready["lastHeartbeatTime"]!, CultureInfo.InvariantCulture);
        return heartbeat <= startedAt ? "the kubelet has not reported yet" : await ApplyAsync(datacenter.NodeName, datacenter.Spec!, api, ct);
    }

    private static async Task<string?> ApplyAsync(string nodeName, DatacenterSpec spec, ApiServer api, CancellationToken ct)
    {
        var path = $"/api/v1/nodes/{nodeName}";
        var labels = new JsonObject { ["federation.test/datacenter"] = spec.Name };
        foreach (var (key, value) in spec.Labels.Concat(spec.Gpu?.Labels ?? new Dictionary<string, string>())) labels[key] = value;
        await api.PatchAsync(path, "application/merge-patch+json", new JsonObject { ["metadata"] = new JsonObject { ["labels"] = labels } }, ct);
        if (spec.Gpu is not { } gpu) return null;

        var capacity = new JsonObject { ["op"] = "add", ["path"] = "/status/capacity/nvidia.com~1gpu", ["value"] = $"{gpu.Count}" };
        await api.PatchAsync($"{path}/status", "application/json-patch+json", new JsonArray(capacity), ct);
        // The kubelet derives allocatable from capacity with its next heartbeat; saying it here saves the wait.
        var allocatable = new JsonObject { ["op"] = "add", ["path"] = "/status/allocatable/nvidia.com~1gpu", ["value"] = $"{gpu.Count}" };
        await api.PatchAsync($"{path}/status", "application/json-patch+json", new JsonArray(allocatable), ct);
        var node = await api.GetAsync(path, ct);
        return (string?)node!["status"]!["allocatable"]![GpuResource] == $"{gpu.Count}" ? null : $"{GpuResource} is not allocatable yet";
    }
}
