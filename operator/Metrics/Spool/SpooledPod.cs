namespace Federation.Metrics.Spool;

/// <summary>A pod of the node.</summary>
/// <param name="Path">Of its cgroup, as cAdvisor's <c>id</c> says it.</param>
/// <param name="Namespace">By the kubelet; empty while it has not said.</param>
internal sealed record SpooledPod(string Path, string Namespace, string Name);

/// <summary>What one look at a pod showed.</summary>
/// <param name="AtMs">When it was over, unix milliseconds: the pod has used that much by then.</param>
/// <param name="CpuNanoSeconds">Since the cgroup was made.</param>
/// <param name="WorkingSet">Bytes; null where only the counter was looked at.</param>
internal sealed record SpoolSample(SpooledPod Pod, long AtMs, ulong CpuNanoSeconds, ulong? WorkingSet);

/// <summary>A time in which no pod was missed.</summary>
/// <param name="By">The last look that was taken when it was written.</param>
internal sealed record SpoolLook(SpoolSpan Span, SpoolMoment By);
