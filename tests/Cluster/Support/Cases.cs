using System.Security.Cryptography;
using Federation.Application.Ports;
using Federation.Cluster.Manifests;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Workloads;

namespace Federation.Cluster.Tests.Support;

/// <summary>A stand-in for Keccak-256: any hash serves where only equality counts.</summary>
internal sealed class TestHasher : IHasher
{
    public string Keccak256(ReadOnlySpan<byte> data) => "0x" + Convert.ToHexStringLower(SHA256.HashData(data));
}

/// <summary>Leases and workloads that the tests share.</summary>
internal static class Cases
{
    public const string GpuClass = "nvidia.com/gpu/NVIDIA-A100-SXM4-80GB/81920";

    private static int count;

    public static GpuPlacement Placement { get; } = new(
        "nvidia.com/gpu",
        new Dictionary<string, string> { ["nvidia.com/gpu.product"] = "NVIDIA-A100-SXM4-80GB", ["nvidia.com/gpu.memory"] = "81920" },
        "nvidia");

    public static string Hash(string text) => new TestHasher().Keccak256(System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>An id that no other test of this run has.</summary>
    public static LeaseId NewId() => LeaseId.Parse(Hash($"{Guid.NewGuid()}{Interlocked.Increment(ref count)}"));

    public static LeaseTerms Terms(ushort gpus = 0) => new(
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        Hash("workload"),
        new Resources(1500, 2048, 1024, 100, gpus == 0 ? GpuCount.None : new GpuCount(Hash(GpuClass), gpus), GpuCount.None),
        new Prices(1_000_000, 200_000, 10_000, 5_000, 90_000_000, 0),
        70, 1000, 30, 3600, 60, 1_800_000_000, 5000, "0x0000000000000000000000000000000000000000", "0x27b1fdb04752bbc536007a920d24acb045561c26", 250, true,
        new LeaseParameters(600, 86_400, 1_209_600, 50, 5_000_000, 500_000, 10_000_000, 2_000_000, 10_000));

    public static MatchedLease Lease(LeaseTerms? terms = null) => new(NewId(), terms ?? Terms(), 77);

    public static ContainerSpec Container(string name, int replicas = 1, GpuDemand? gpu = null) =>
        new(name, "registry.example/app:1", [], [], [], [], new ContainerResources(500, 512, 64, gpu), replicas);

    public static WorkloadSpec Web { get; } = new(
        [new ServiceSpec(
            Container("web", 2) with { Command = ["/bin/serve"], Args = ["--port", "8080", ""], Env = [new("MODE", "fast"), new("EMPTY", "")], EnvFrom = ["keys"] },
            [new PortSpec("http", 8080, "TCP"), new PortSpec("udp-53", 53, "UDP")], [], new ProbeSpec(8080, "/healthz", 5))],
        []);

    public static WorkloadSpec Batch { get; } = new([], [new JobSpec(Container("train", 2, new GpuDemand(GpuClass, 1)), 3600, 3)]);

    public static WorkloadSpec Stateful { get; } = new(
        [new ServiceSpec(Container("db") with { ImagePullSecrets = ["registry", "mirror"] }, [new PortSpec("tcp-5432", 5432, "TCP")], [new VolumeSpec("data", 2048, "/var/lib/data")], new ProbeSpec(5432, null, 10))],
        []);

    /// <summary>A service and a job with all that may stand around a program.</summary>
    public static WorkloadSpec Furnished { get; } = new(
        [new ServiceSpec(
            Container("game") with
            {
                Env = [new("TOKEN", "") { From = new KeyReference(SourceKind.Secret, "keys", "token") }, new("LEVEL", "") { From = new KeyReference(SourceKind.ConfigMap, "settings", "LEVEL") }],
                EnvFrom = ["keys"], EnvFromConfigMaps = ["settings"],
                Scratch = [new ScratchSpec("shm", 128, "/dev/shm", true), new ScratchSpec("cache", 32, "/var/cache", false)],
                Files = [new FilesSpec(SourceKind.Secret, "tls", "/etc/tls"), new FilesSpec(SourceKind.ConfigMap, "settings", "/etc/game")],
            },
            [new PortSpec("http", 8080, "TCP"), new PortSpec("play", 7777, "UDP") { IsExposed = true }, new PortSpec("chat", 7778, "TCP") { IsExposed = true }],
            [new VolumeSpec("worlds", 256, "/worlds")],
            new ProbeSpec(8080, "/ready", 5))
        {
            Liveness = new ProbeSpec(8080, "/alive", 30) { FailureThreshold = 2 },
            Startup = new ProbeSpec(7778, null, 5) { FailureThreshold = 60 },
        }],
        [new JobSpec(
            Container("map") with { Scratch = [new ScratchSpec("work", 64, "/tmp", true)], Files = [new FilesSpec(SourceKind.ConfigMap, "settings", "/settings")] }, 0, 0)]);

    public static EnsureWorkload Ensure(LeaseId id, LeaseTerms terms, WorkloadSpec workload) =>
        new(id, terms, workload, terms.SpecHash, new Dictionary<string, GpuPlacement> { [GpuClass] = Placement });

    public static WorkloadContext Context(LeaseId id) => new(
        id, Hash("workload"), new Dictionary<string, GpuPlacement> { [GpuClass] = Placement }, new Dictionary<string, string> { [GpuClass] = "a" }, "fast");
}
