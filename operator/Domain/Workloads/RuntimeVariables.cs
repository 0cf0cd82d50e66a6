namespace Federation.Domain.Workloads;

/// <summary>
/// Variables that runtimes obey on the node, outside of the container. A workload may not set them; an image can, by its own ENV, and a Secret
/// of <c>envFrom</c>: so each is written into every pod, where it overrules both.
/// </summary>
public static class RuntimeVariables
{
    /// <summary>The loader runs these inside the GPU runtime's hooks, which are root on the node.</summary>
    public static IReadOnlyList<string> Loader { get; } = ["LD_PRELOAD", "LD_AUDIT"];

    /// <summary>The GPU runtime opens further devices by these, whatever the scheduler granted: of the network, of storage, of GPUs of other pods.</summary>
    public static IReadOnlyList<string> Gates { get; } =
        ["NVIDIA_MIG_CONFIG_DEVICES", "NVIDIA_MIG_MONITOR_DEVICES", "NVIDIA_IMEX_CHANNELS", "NVIDIA_GDRCOPY", "NVIDIA_GDS", "NVIDIA_MOFED", "NVIDIA_NVSWITCH"];

    /// <summary>Which devices a pod sees: the device plugin writes its vendor's for a pod that was granted some.</summary>
    public static IReadOnlyList<string> Devices { get; } =
        ["NVIDIA_VISIBLE_DEVICES", "AMD_VISIBLE_DEVICES", "ASCEND_VISIBLE_DEVICES", "CAMBRICON_VISIBLE_DEVICES", "HABANA_VISIBLE_DEVICES"];

    public static IReadOnlySet<string> All { get; } = new HashSet<string>([.. Loader, .. Gates, .. Devices], StringComparer.OrdinalIgnoreCase);
}
