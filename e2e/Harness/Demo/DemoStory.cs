using System.Numerics;

namespace Federation.Harness.Demo;

/// <summary>One lease of the demo: what the tenant asks for and when it ends.</summary>
/// <param name="Workload">The manifest's <c>spec.workload</c>, JSON.</param>
/// <param name="GpuClass">Empty: none.</param>
/// <param name="Deposit">Smallest units.</param>
/// <param name="EndsBy">Who is expected to end it.</param>
internal sealed record DemoStory(
    string Name,
    string Workload,
    uint CpuMilli,
    uint MemoryMiB,
    string GpuClass,
    ushort GpuCount,
    BigInteger Deposit,
    DemoEnd EndsBy)
{
    /// <summary>It runs the app that was registered on chain, whose author gets a royalty.</summary>
    public bool RunsApp { get; init; }

    /// <summary>Length of the term.</summary>
    public uint DurationSeconds { get; init; } = 3600;

    /// <summary>Persistent volumes of its pods.</summary>
    public uint VolumesMiB { get; init; }

    /// <summary>Of what it sends, on average, so much can be billed.</summary>
    public uint EgressKiBps { get; init; }

    public const string A100 = "nvidia.com/gpu/NVIDIA-A100-SXM4-80GB/81920";

    /// <summary>Scratch space of each pod, as the workload schema's default is.</summary>
    public const uint StorageMiB = 64;

    private const string H100 = "nvidia.com/gpu/NVIDIA-H100-SXM5-80GB/81559";

    /// <summary>All amounts in a token of six decimals: a million is one.</summary>
    public static IReadOnlyList<DemoStory> All { get; } =
    [
        new("web", Service("web", "localhost/federation/web:1", [], 100, 64, """, "ports":[{"name":"http","port":8080}], "readiness":{"port":8080,"httpPath":"/","periodSeconds":1}"""), 100, 64, "", 0, 20_000_000, DemoEnd.TenantAtTheEnd),
        new("batch", Batch(75, 300, 1000), 300, 64, A100, 2, 60_000_000, DemoEnd.TenantWhenComplete) { RunsApp = true },
        new("early", Service("burner", "localhost/federation/burn:1", ["3600", "1000"], 250, 64, ""), 250, 64, "", 0, 20_000_000, DemoEnd.TenantEarly),
        // Ten seconds of notice at full load are reserved; the rest lasts for a minute of work.
        new("drained", Service("burner", "localhost/federation/burn:1", ["3600", "1000"], 250, 64, ""), 250, 64, "", 0, 190_000, DemoEnd.Escrow),
        new("impossible", Batch(10, 100, 100, H100), 100, 64, H100, 1, 20_000_000, DemoEnd.NeverStarts),
    ];

    private static string Service(string name, string image, string[] args, int cpu, int memory, string more) =>
        $$"""{"services":[{"name":"{{name}}","image":"{{image}}","args":[{{Quoted(args)}}],"resources":{"cpu":"{{cpu}}m","memory":"{{memory}}Mi"}{{more}}}]}""";

    private static string Batch(int seconds, int cpu, int burn, string gpu = A100) =>
        $$$"""{"jobs":[{"name":"train","image":"localhost/federation/burn:1","args":["{{{seconds}}}","{{{burn}}}"],"resources":{"cpu":"{{{cpu}}}m","memory":"64Mi","gpu":{"class":"{{{gpu}}}","count":{{{(gpu == A100 ? 2 : 1)}}} } } }]}""";

    private static string Quoted(string[] args) => string.Join(",", args.Select(a => $"\"{a}\""));
}

internal enum DemoEnd
{
    TenantAtTheEnd,
    TenantWhenComplete,
    TenantEarly,
    Escrow,
    NeverStarts,
}
