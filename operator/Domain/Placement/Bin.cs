namespace Federation.Domain.Placement;

/// <summary>What is still free on a node while pods are tried on it. Changes in place: placing is undone exactly by removing.</summary>
internal sealed class Bin
{
    private readonly string[] classes;
    private readonly long[] devices;

    // All that leases have or may have of it: a part of that CPU has the same part of those pods, and of that scratch space.
    private long allCpuMilli;
    private long allPods;
    private long allEphemeralBytes;

    public Bin(NodeSnapshot node)
    {
        Name = node.Name;
        CpuMilli = Math.Max(0, node.Free.CpuMilli);
        MemoryBytes = Math.Max(0, node.Free.MemoryBytes);
        EphemeralBytes = Math.Max(0, node.Free.EphemeralBytes);
        Pods = Math.Max(0, node.FreePods);
        (allCpuMilli, allPods, allEphemeralBytes) = (CpuMilli, Pods, EphemeralBytes);
        if (node.GpuClasses.Count == 0)
        {
            (classes, devices) = ([], []);
            return;
        }

        var exact = node.ExactClasses().ToArray();
        classes = Array.ConvertAll(exact, g => g.Class);
        devices = Array.ConvertAll(exact, g => Math.Max(0, node.Free.Extended.GetValueOrDefault(g.Resource)));
    }

    private Bin(Bin other)
    {
        (Name, CpuMilli, MemoryBytes, EphemeralBytes, Pods) = (other.Name, other.CpuMilli, other.MemoryBytes, other.EphemeralBytes, other.Pods);
        (classes, devices) = (other.classes, [.. other.devices]);
        (allCpuMilli, allPods, allEphemeralBytes) = (other.allCpuMilli, other.allPods, other.allEphemeralBytes);
    }

    public string Name { get; }
    public long CpuMilli { get; private set; }
    public long MemoryBytes { get; private set; }
    public long EphemeralBytes { get; private set; }
    public long Pods { get; private set; }

    /// <summary>Free devices of all classes.</summary>
    public long Devices
    {
        get
        {
            long sum = 0;
            foreach (var free in devices) sum += free;
            return sum;
        }
    }

    public IReadOnlyList<string> Classes => classes;

    public Bin Copy() => new(this);

    public long FreeGpus(string gpuClass) => Array.IndexOf(classes, gpuClass) is >= 0 and var at ? devices[at] : 0;

    public bool Takes(PodDemand pod) =>
        Pods > 0
        && pod.CpuMilli <= CpuMilli
        && pod.MemoryBytes <= MemoryBytes
        && pod.EphemeralBytes <= EphemeralBytes
        && (pod.GpuClass is null || pod.GpuCount <= FreeGpus(pod.GpuClass));

    public void Place(PodDemand pod)
    {
        Change(pod.CpuMilli, pod.MemoryBytes, pod.EphemeralBytes, pod.GpuClass, pod.GpuCount, 1);
        Pods--;
    }

    public void Remove(PodDemand pod)
    {
        Change(pod.CpuMilli, pod.MemoryBytes, pod.EphemeralBytes, pod.GpuClass, pod.GpuCount, -1);
        Pods++;
    }

    /// <summary>As much of the share as is free here. The pod that will use it is counted apart: it may use several shares.</summary>
    public NodeShare Take(NodeShare wanted)
    {
        var taken = wanted with
        {
            Node = Name,
            CpuMilli = Math.Min(wanted.CpuMilli, CpuMilli),
            MemoryBytes = Math.Min(wanted.MemoryBytes, MemoryBytes),
            Gpus = wanted.GpuClass is null ? 0 : Math.Min(wanted.Gpus, FreeGpus(wanted.GpuClass)),
        };
        Change(taken.CpuMilli, taken.MemoryBytes, 0, taken.GpuClass, taken.Gpus, 1);
        return taken;
    }

    /// <summary>Undoes a <see cref="Take"/>.</summary>
    public void Give(NodeShare taken) => Change(taken.CpuMilli, taken.MemoryBytes, 0, taken.GpuClass, taken.Gpus, -1);

    /// <summary>Pods that come with so much of its CPU.</summary>
    public long PodsFor(long cpuMilli) => PartFor(cpuMilli, allPods);

    /// <summary>Bytes of scratch space that come with so much of its CPU.</summary>
    public long ScratchFor(long cpuMilli) => PartFor(cpuMilli, allEphemeralBytes);

    /// <summary>A lease has this of it already.</summary>
    public void Count(NodeUse use) => (allCpuMilli, allPods, allEphemeralBytes) =
        (allCpuMilli + use.Amount.CpuMilli, allPods + use.Pods, allEphemeralBytes + use.Amount.EphemeralBytes);

    /// <summary>As many pods as are wanted and left.</summary>
    public long TakePods(long wanted)
    {
        var taken = Math.Clamp(wanted, 0, Pods);
        Pods -= taken;
        return taken;
    }

    public void GivePods(long count) => Pods += count;

    /// <summary>As many bytes of scratch space as are wanted and left.</summary>
    public long TakeScratch(long wanted)
    {
        var taken = Math.Clamp(wanted, 0, EphemeralBytes);
        EphemeralBytes -= taken;
        return taken;
    }

    public void GiveScratch(long bytes) => EphemeralBytes += bytes;

    /// <summary>Two bins that are free alike take the same pods: trying both is wasted.</summary>
    public bool IsLike(Bin other)
    {
        if (Pods != other.Pods || CpuMilli != other.CpuMilli || MemoryBytes != other.MemoryBytes || EphemeralBytes != other.EphemeralBytes) return false;
        if (classes.Length != other.classes.Length) return false;
        for (var i = 0; i < classes.Length; i++)
            if (Array.IndexOf(other.classes, classes[i]) is not (>= 0 and var at) || other.devices[at] != devices[i]) return false;
        return true;
    }

    private long PartFor(long cpuMilli, long all) => allCpuMilli <= 0 ? 0 : (long)((Int128)all * cpuMilli / allCpuMilli);

    private void Change(long cpuMilli, long memoryBytes, long ephemeralBytes, string? gpuClass, long gpus, int sign)
    {
        CpuMilli -= sign * cpuMilli;
        MemoryBytes -= sign * memoryBytes;
        EphemeralBytes -= sign * ephemeralBytes;
        if (gpuClass is not null && gpus != 0) devices[Array.IndexOf(classes, gpuClass)] -= sign * gpus;
    }
}
