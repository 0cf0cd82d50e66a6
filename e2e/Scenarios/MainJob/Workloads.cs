namespace Federation.Scenarios.MainJob;

/// <summary>What the tenants of these stories run: <c>spec.workload</c>, JSON.</summary>
internal static class Workloads
{
    /// <summary>CPU that each of them reserves.</summary>
    internal const uint CpuMilli = 100;

    internal const uint MemoryMiB = 64;

    /// <summary>Uses a tenth of a core for an hour: what the kernel counts grows as long as it runs.</summary>
    internal static string Burner { get; } = BurnerOf(3600);

    internal static string BurnerOf(uint seconds) => Service("localhost/federation/burn:1", more: $""", "args":["{seconds}","1000"]""");

    internal static string Web { get; } = Service("localhost/federation/web:1",
        more: """, "ports":[{"name":"http","port":8080}], "readiness":{"port":8080,"httpPath":"/","periodSeconds":1}""");

    /// <summary>No name leads out of a datacenter's network, so no registry answers.</summary>
    internal static string WithoutImage { get; } = Service("registry.example/nobody/nothing:1");

    /// <summary>A job that runs once.</summary>
    internal static string Job(string image, params string[] args) =>
        $$"""{"jobs":[{"name":"work","image":"{{image}}","args":[{{string.Join(",", args.Select(a => $"\"{a}\""))}}],"resources":{"cpu":"{{CpuMilli}}m","memory":"{{MemoryMiB}}Mi"} }]}""";

    /// <summary>A job of several pods, each of which leaves the SHA-256 of its own name.</summary>
    internal static string Shards(int count) => Job(Federation.Harness.Images.BusyboxImages.Digest)
        .Replace("\"args\":[]", $"\"command\":[\"/bin/sh\",\"-c\",\"exec /bin/digest `hostname`\"],\"shards\":{count}", StringComparison.Ordinal)
        .Replace("\"memory\"", "\"ephemeralStorage\":\"16Mi\",\"memory\"", StringComparison.Ordinal);

    /// <summary>A job that is ended, however far it has got.</summary>
    internal static string JobUntil(int deadlineSeconds, string image, params string[] args) =>
        Job(image, args).Replace("\"name\":\"work\"", $"\"name\":\"work\",\"deadlineSeconds\":{deadlineSeconds}", StringComparison.Ordinal);

    /// <summary>A service with further fields of its own, of its resources, or of the workload.</summary>
    internal static string Service(string image = "localhost/federation/burn:1", string cpu = "\"100m\"", string memory = "\"64Mi\"", string more = "", string beside = "", string name = "work") =>
        $$"""{"services":[{"name":"{{name}}","image":"{{image}}","resources":{"cpu":{{cpu}},"memory":{{memory}} }{{more}} }]{{beside}} }""";
}
