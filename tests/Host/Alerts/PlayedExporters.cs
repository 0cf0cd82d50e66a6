using System.Globalization;
using System.Text;

namespace Federation.Host.Tests.Alerts;

/// <summary>
/// What kube-state-metrics and NVIDIA's DCGM exporter say, by their own names and labels: of a node with three devices, of which a lease has one,
/// one works for nobody, and one is too old to have profiling counters.
/// </summary>
internal static class PlayedExporters
{
    private const string Node = "node-1";
    private const string Pod = "web-0";
    private const string Container = "web";

    // What DCGM says of a field that a device does not have.
    private const double Blank = 9223372036854775794;

    private static readonly string[] Phases = ["Pending", "Succeeded", "Failed", "Unknown", "Running"];

    private static readonly (string Uuid, string Model, double? Active)[] Devices =
    [
        ("GPU-604ac76c-d9cf-fef3-62e9-d92044ab6e52", "NVIDIA A100-SXM4-80GB", 0.75),
        ("GPU-2d19c4b1-7f0e-4c35-9d1c-5a3f60be7711", "NVIDIA A100-SXM4-80GB", 0.5),
        ("GPU-9a0b31f7-03c6-4d4a-8d80-f1f4a1ce2c05", "Tesla P40", null),
    ];

    /// <param name="uids">Of the leases' pods, by namespace.</param>
    public static string KubeState(IReadOnlyDictionary<string, string> uids)
    {
        var text = new StringBuilder();
        foreach (var (resource, unit, amount) in new[] { ("cpu", "core", 64), ("nvidia_com_gpu", "integer", Devices.Length) })
            text.Append(CultureInfo.InvariantCulture, $"kube_node_status_allocatable{{node=\"{Node}\",resource=\"{resource}\",unit=\"{unit}\"}} {amount}\n");
        foreach (var (space, uid) in uids)
        {
            var pod = $"namespace=\"{space}\",pod=\"{Pod}\",uid=\"{uid}\"";
            text.Append(CultureInfo.InvariantCulture, $"kube_pod_info{{{pod},host_ip=\"192.0.2.1\",node=\"{Node}\",created_by_kind=\"StatefulSet\",created_by_name=\"web\"}} 1\n");
            foreach (var phase in Phases) text.Append(CultureInfo.InvariantCulture, $"kube_pod_status_phase{{{pod},phase=\"{phase}\"}} {(phase == "Running" ? 1 : 0)}\n");
            text.Append(Request(pod, "cpu", "core"));
        }

        foreach (var (space, uid) in uids.Take(1)) text.Append(Request($"namespace=\"{space}\",pod=\"{Pod}\",uid=\"{uid}\"", "nvidia_com_gpu", "integer"));
        return text.ToString();
    }

    /// <param name="uids">Of the leases' pods, by namespace: the first one's has a device.</param>
    /// <param name="seconds">Since the devices began to use energy.</param>
    public static string Dcgm(IReadOnlyDictionary<string, string> uids, double seconds)
    {
        var text = new StringBuilder();
        for (var gpu = 0; gpu < Devices.Length; gpu++)
        {
            var (uuid, model, active) = Devices[gpu];
            // Empty, where a device belongs to no pod.
            var (space, pod, container) = gpu == 0 && uids.Count > 0 ? (uids.Keys.First(), Pod, Container) : ("", "", "");
            var labels = $"gpu=\"{gpu}\",UUID=\"{uuid}\",pci_bus_id=\"00000000:0{gpu}:00.0\",device=\"nvidia{gpu}\",modelName=\"{model}\",Hostname=\"{Node}\",container=\"{container}\",namespace=\"{space}\",pod=\"{pod}\"";
            void Say(string name, double value) => text.Append(CultureInfo.InvariantCulture, $"{name}{{{labels}}} {value}\n");
            if (active is { } share) Say("DCGM_FI_PROF_GR_ENGINE_ACTIVE", share);
            Say("DCGM_FI_DEV_GPU_UTIL", 100 * (active ?? 0.25));
            Say("DCGM_FI_DEV_FB_USED", 20_480);
            Say("DCGM_FI_DEV_XID_ERRORS", gpu switch { 0 => 0, 1 => 79, _ => Blank });
            // Millijoules, at 250 W.
            Say("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", Math.Floor(seconds * 250_000));
        }

        return text.ToString();
    }

    private static string Request(string pod, string resource, string unit) => $"kube_pod_container_resource_requests{{{pod},container=\"{Container}\",node=\"{Node}\",resource=\"{resource}\",unit=\"{unit}\"}} 1\n";
}
