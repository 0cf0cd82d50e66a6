using Federation.Testing;

namespace Federation.Kubernetes.Tests.Support;

internal static class Ports
{
    /// <summary>Ports that nobody listens on, all different.</summary>
    public static int[] Free(int count) => [.. Enumerable.Range(0, count).Select(_ => FreePorts.Take())];
}
