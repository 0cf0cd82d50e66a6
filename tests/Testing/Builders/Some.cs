using System.Numerics;
using System.Text;
using System.Text.Json;
using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Domain.Pricing;
using Federation.Domain.Results;
using Federation.Domain.Workloads;

namespace Federation.Testing.Builders;

/// <summary>Plain values where a test does not care which.</summary>
public static class Some
{
    public const string Tenant = "0x00000000000000000000000000000000000000A1";
    public const string Provider = "0x00000000000000000000000000000000000000B2";
    public const string Token = "0x00000000000000000000000000000000000000C3";
    public const string NoAddress = "0x0000000000000000000000000000000000000000";
    public const string GpuClass = "nvidia.com/gpu/NVIDIA-A100-SXM4-80GB/81920";

    public static readonly string GpuClassHash = FakeHasher.Instance.Keccak256(Encoding.UTF8.GetBytes(GpuClass));

    public static GpuPlacement GpuPlacement { get; } = new("nvidia.com/gpu", new Dictionary<string, string>(), "");

    /// <summary>One service with a GPU that a lease of <see cref="Resources"/> may run.</summary>
    public static JsonElement Workload { get; } = WorkloadNamed("web");

    /// <summary>Another one, hence another hash.</summary>
    public static JsonElement OtherWorkload { get; } = WorkloadNamed("other");

    /// <summary>One job of two shards, which ends with <see cref="JobText"/>.</summary>
    public static JsonElement JobWorkload { get; } = JsonDocument.Parse(
        """{"jobs":[{"name":"sum","image":"docker.io/library/busybox:1.37","shards":2,"resources":{"cpu":"500m","memory":"512Mi"}}]}""").RootElement.Clone();

    /// <summary>One service with a persistent volume of 512 MiB.</summary>
    public static JsonElement VolumeWorkload { get; } = JsonDocument.Parse("""
        {"services":[{"name":"db","image":"docker.io/library/postgres:16","resources":{"cpu":"1","memory":"1Gi","ephemeralStorage":"1Gi"},
          "volumes":[{"name":"data","size":"512Mi","mountPath":"/data"}]}]}
        """).RootElement.Clone();

    /// <summary>What each shard of the job leaves.</summary>
    public const string JobText = "the answer is 42";

    /// <summary>What <see cref="JobWorkload"/> comes to.</summary>
    public static ResultOutcome JobOutcome { get; } = OutcomeOf(FakeHasher.Instance.Keccak256(Encoding.UTF8.GetBytes(JobText)));

    /// <summary>The workload with that hash.</summary>
    public static JsonElement WorkloadOf(string specHash) => new[] { Workload, OtherWorkload, JobWorkload, VolumeWorkload }.Single(w => HashOf(w) == specHash);

    public static string HashOf(JsonElement workload) => FakeHasher.Instance.Keccak256(CanonicalJson.Encode(workload));

    public static string SpecHash { get; } = HashOf(Workload);

    public static LeaseId LeaseId(int number) => Domain.Leases.LeaseId.Parse($"0x{number:x16}{new string('0', 48)}");

    public static Resources Resources { get; } = new(2000, 4096, 2048, 1024, new GpuCount(GpuClassHash, 1), GpuCount.None);

    /// <summary>Odd numbers: a mistake in rounding shows.</summary>
    public static Prices Prices { get; } = new(1_000_003, 200_017, 10_007, 5_003, 7_000_013, 0);

    public static LeaseParameters Parameters { get; } = new(
        SubmitSeconds: 1200, MaturitySeconds: 120, RulingSeconds: 3600, FeeBps: 50, Slice: 5003, Penalty: 500, DisputeBond: 100, ArbiterFee: 20, Bounty: 17);

    public static LeaseTerms Terms { get; } = new(
        Tenant, Tenant, Provider, Token, SpecHash, Resources, Prices,
        StartFee: 0, MinCharge: 0, ReservationFee: 3, DurationSeconds: 7200, NoticeSeconds: 60, ActivateBy: FakeClock.StartMs / 1000 + 600,
        DowntimeBps: 5000, Arbiter: NoAddress, RoyaltyTo: NoAddress, RoyaltyBps: 0, Callback: false, Parameters);

    /// <summary>Far more money than it costs, no wishes beyond what it reserves.</summary>
    public static RequestTerms Request { get; } = new(
        Tenant, NoAddress, Token, Provider, SpecHash, Resources, Prices,
        MaxStartFee: 0, MaxMinCharge: 10, MaxReservationFee: 0, Deposit: 1_000_000, Fills: 1, DurationSeconds: 3600, MinNoticeSeconds: 0, MaxNoticeSeconds: 600,
        MaxActivationSeconds: 600, MinDowntimeBps: 0, RequiredCapabilities: 0, Auditor: NoAddress, Arbiter: NoAddress, App: GpuCount.NoClass,
        Callback: false, ExpiresAt: long.MaxValue, Counter: 0, Salt: 0);

    public static OfferTerms Offer { get; } = new(
        Resources, Prices, StartFee: 0, MinCharge: 10, ReservationFee: 0, Volume: 1, NoticeSeconds: 60, ActivationSeconds: 300, DowntimeBps: 0, MaxRoyaltyBps: 0,
        NoAddress, FakeClock.StartMs / 1000 + 60, Salt: 1);

    public static LeasePolicy Policy { get; } = new(
        EpochMs: 60_000, SettleEveryMs: 120_000, RetentionMs: 300_000, ScrapeDelayMs: 5_000, MaxGapMs: 30_000, CoverageThreshold: 0.95);

    /// <summary>Far more than the tests burn.</summary>
    public static BigInteger Deposit { get; } = 10_000_000_000;

    public static PlacementResult Fitting { get; } = new(new Dictionary<string, IReadOnlyList<string>>(), "", "");

    public static PlacementResult NotFitting { get; } =
        new(new Dictionary<string, IReadOnlyList<string>>(), PlacementReasons.NotEnoughGpu, "Free: 0 of 4.");

    public static NodeSnapshot Node(string name = "node-a", int gpus = 8) => new(
        name,
        new NodeResources(64_000, 256L << 30, 1024L << 30, new Dictionary<string, long> { ["nvidia.com/gpu"] = gpus }),
        110,
        null,
        gpus > 0 ? new Dictionary<string, string> { [GpuClass] = "nvidia.com/gpu" } : new Dictionary<string, string>());

    private static ResultOutcome OutcomeOf(string digest) => new(ResultFold.Combine([digest, digest], FakeHasher.Instance.Keccak256), 0);

    private static JsonElement WorkloadNamed(string name) => JsonDocument.Parse($$"""
        {"services":[{"name":"{{name}}","image":"docker.io/library/nginx:1.27",
          "resources":{"cpu":"1","memory":"1Gi","ephemeralStorage":"1Gi","gpu":{"class":"{{GpuClass}}","count":1} } } ] }
        """).RootElement.Clone();
}
