using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Entities;
using Federation.Cluster.Manifests;
using Federation.Domain.Hostnames;
using Federation.Domain.Isolation;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Workloads;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Mapping;

/// <summary>The Datacenter object to what the application reads, and the application's report to its status.</summary>
internal static class DatacenterMapper
{
    private const long MostBids = 16;
    private const long BidShare = 50;
    private const long HookMilliseconds = 1000;
    private const long ExposedPorts = 4;
    private const long DnsPort = 53;

    /// <summary>Where the administrator says nothing, or cannot be understood.</summary>
    public static KeepPolicy UsualKeep { get; } = new(GraceMs: 3_600_000, RetentionMs: 0) { StartMs = 900_000 };

    /// <exception cref="ClusterException">The spec contradicts itself or cannot be read.</exception>
    public static DatacenterRecord ToRecord(JsonObject datacenter)
    {
        var name = datacenter.Text("metadata", "name") ?? "";
        try
        {
            var entity = datacenter.Deserialize<V1Alpha1Datacenter>(KubernetesJson.Options)!;
            if (DatacenterRules.Faults(entity.Spec) is { Count: > 0 } faults) throw new FormatException(string.Join(" ", faults));
            return new DatacenterRecord(
                name, entity.Metadata.Generation ?? 0, ToSpec(entity.Spec), entity.Status is { } status ? ToReport(status) : null);
        }
        catch (Exception e) when (e is JsonException or FormatException or OverflowException or ArgumentException)
        {
            throw new ClusterException(IDatacenterStore.Invalid, $"Datacenter {name} cannot be used: {e.Message}", isTransient: false, e);
        }
    }

    public static DatacenterSpec ToSpec(DatacenterEntitySpec spec) => new(
        spec.Provider,
        spec.Region,
        spec.Endpoint,
        (spec.GpuClasses ?? []).ToDictionary(c => c.Name, c => new GpuPlacement(c.Resource, c.NodeLabels ?? new Dictionary<string, string>(), c.RuntimeClass ?? "")),
        ToPrices(spec.Prices),
        spec.StorageClass ?? "",
        spec.Reserve?.CpuMilli ?? 0,
        spec.Reserve?.MemoryMiB ?? 0)
    {
        Intake = spec.Intake ?? Intake.Open,
        StorageMiB = spec.StorageMiB,
        LeastVolumeMiB = spec.LeastVolumeMiB ?? 0,
        Bids = spec.Bids is { Enabled: true } bids ? new BidPolicy((int)(bids.MaxOpen ?? MostBids), (int)(bids.SharePercent ?? BidShare)) : null,
        UnenforcedNetworkPolicy = spec.Isolation?.UnenforcedNetworkPolicy ?? UnenforcedNetworkPolicy.Refuse,
        UserNamespaces = spec.Isolation?.UserNamespaces ?? UserNamespaces.Prefer,
        NameServers = [.. (spec.Isolation?.NameServers ?? []).Select(s => new NameServer(s.NamespaceLabels ?? new Dictionary<string, string>(), s.PodLabels ?? new Dictionary<string, string>(), s.Cidr ?? "", (ushort)(s.Port ?? DnsPort)))],
        Pricing = ToPricing(spec.Pricing),
        RuntimeClass = spec.RuntimeClass ?? "",
        Payout = spec.Payout ?? "",
        Capabilities = spec.Capabilities is { } bits ? ToBits(bits) : null,
        Stake = spec.Stake is { } stake ? BigInteger.Parse(stake, CultureInfo.InvariantCulture) : null,
        Auditors = spec.Auditors ?? [],
        Ports = spec.Ports is { } ports ? new PortPolicy((int)(ports.MaxPerLease ?? ExposedPorts), ports.Type == PortType.LoadBalancer, ports.Address ?? "")
        {
            MaxTotal = (int?)ports.MaxTotal, Range = ports.Range is { } range ? PortRange.Parse(range) : null,
        } : PortPolicy.None,
        Keep = new KeepPolicy(spec.Keep?.GraceSeconds * 1000 ?? UsualKeep.GraceMs, spec.Keep?.RetentionSeconds * 1000 ?? UsualKeep.RetentionMs)
        {
            StartMs = spec.Keep?.StartSeconds * 1000 ?? UsualKeep.StartMs,
        },
        Ingress = spec.Ingress is { } ingress ? ToIngress(ingress) : null,
        Images = new ImageSources(
            Paths(spec.Images?.Preloaded), (spec.Images?.Registries ?? []).ToDictionary(r => ImageReference.ParsePath(r.Name).Registry, r => new Uri(r.Endpoint)))
        {
            MostMiB = spec.Images?.MaxSizeMiB ?? ImageSources.UsualMostMiB, Allowed = Paths(spec.Images?.Allowed), Signers = [.. (spec.Images?.Signatures ?? []).Select(s => new ImageSigner(ImageReference.ParsePath(s.Prefix), s.Keys))],
        },
    };

    public static DatacenterEntityStatus ToStatus(
        DatacenterReport report, DatacenterEntityStatus? before, long generation, DateTimeOffset now) => new()
        {
            ObservedGeneration = generation,
            Conditions = ConditionMapper.ToEntity(report.Conditions, before?.Conditions ?? [], generation, now),
            Capacity = report.Capacity is { } capacity ? CapacityMapper.ToEntity(capacity) : before?.Capacity ?? [],
            Devices = report.Capacity is { } classes ? CapacityMapper.Devices(classes) : before?.Devices,
            Chain = new ChainStatus { Head = (long)report.ChainHead, Finalized = (long)report.ChainFinalized, LagSeconds = report.ChainLagSeconds },
            Registration = report.Registration is { } standing ? ToEntity(standing) : before?.Registration,
            Leases = report.Leases,
            Earnings = ChainMapper.Text(report.Earnings.Amount),
            EarningsSource = report.Earnings.Source is { } source
                ? new EarningsSourceStatus { ChainId = checked((long)source.ChainId), LeaseManager = source.LeaseManager, Provider = source.Provider, Token = source.Token, ThroughBlock = checked((long)report.Earnings.ThroughBlock) }
                : null,
        };

    /// <summary>These conditions in place of those of their types; all else as it was.</summary>
    public static DatacenterEntityStatus WithConditions(DatacenterEntityStatus before, IReadOnlyList<LeaseCondition> conditions, long generation, DateTimeOffset now)
    {
        var written = ConditionMapper.ToEntity(conditions, before.Conditions, generation, now);
        return before with { ObservedGeneration = generation, Conditions = [.. written, .. before.Conditions.Where(b => written.All(w => w.Type != b.Type))] };
    }

    public static DatacenterReport ToReport(DatacenterEntityStatus status) => new(
        ConditionMapper.FromEntity(status.Conditions),
        (ulong)Math.Max(0, status.Chain?.Head ?? 0),
        (ulong)Math.Max(0, status.Chain?.Finalized ?? 0),
        status.Chain?.LagSeconds ?? 0,
        checked((int)status.Leases),
        ToEarnings(status));

    private static Earnings ToEarnings(DatacenterEntityStatus status) => status.EarningsSource is { } source
        ? new Earnings(ChainMapper.Number(status.Earnings), new EarningsSource((ulong)Math.Max(0, source.ChainId), source.LeaseManager, source.Provider, source.Token), (ulong)Math.Max(0, source.ThroughBlock))
        : new Earnings(ChainMapper.Number(status.Earnings), null, 0);

    private static RegistrationStatus ToEntity(RegistryStanding standing) => new()
    {
        Operator = standing.Operator, Payout = standing.Payout, Active = standing.IsActive,
        Stake = ChainMapper.Text(standing.Stake), FreeStake = ChainMapper.Text(standing.FreeStake),
        Capabilities = BitMap.Text(standing.Capabilities), PriceBook = standing.PriceBook.AsSpan().TrimStart("0x").Length == 0 ? null : standing.PriceBook,
        Attestations = standing.Attestations.Count == 0 ? null : [.. standing.Attestations.Select(a => new AttestationStatus
        {
            Auditor = a.Auditor, Bits = BitMap.Text(a.Bits), ExpiresAt = a.ExpiresAt == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(a.ExpiresAt),
        })],
    };

    // The zero before it keeps the first digit from being a sign.
    private static BigInteger ToBits(string text) => BigInteger.Parse($"0{text.AsSpan(2)}", NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private static ImagePath[] Paths(IReadOnlyList<string>? paths) => [.. (paths ?? []).Select(ImageReference.ParsePath)];

    private static IngressPolicy ToIngress(IngressEntry ingress) => new(
        ingress.ClassName ?? "",
        ingress.Gateway is { } gateway ? new GatewayReference(gateway.Namespace, gateway.Name, gateway.SectionName ?? "") : null,
        Hostname.Canonical(ingress.Domain ?? ""),
        ingress.Https ?? false,
        [.. ingress.From.Select(f => new TrafficSource(f.NamespaceLabels ?? new Dictionary<string, string>(), f.PodLabels ?? new Dictionary<string, string>(), f.Cidr ?? ""))])
    {
        TakesCertificates = ingress.TenantCertificates ?? false,
    };

    private static PricingPolicy? ToPricing(PricingEntry? pricing)
    {
        if (pricing is null or { Curve: null, Hook: null }) return null;
        var curve = pricing.Curve is { } points ? new UtilisationCurve(ToPoints(points)) : null;
        var hook = pricing.Hook is { } entry
            ? new PriceHook(new Uri(entry.Url), TimeSpan.FromMilliseconds(entry.TimeoutMilliseconds ?? HookMilliseconds), entry.OnFailure == HookFailure.Fallback)
            : null;
        return new PricingPolicy(curve, hook);
    }

    internal static CurvePoint[] ToPoints(IReadOnlyList<CurvePointEntry> points) =>
        [.. points.Select(p => checked(new CurvePoint((int)p.UtilisationBps, (int)p.FactorBps)))];

    private static PriceBook ToPrices(PriceBookEntry prices) => checked(new PriceBook(
        prices.Token,
        ChainMapper.Number(prices.Cpu), ChainMapper.Number(prices.Memory), ChainMapper.Number(prices.Storage), ChainMapper.Number(prices.Egress),
        (prices.Gpu ?? []).ToDictionary(p => p.Class, p => ChainMapper.Number(p.Price)),
        ChainMapper.Number(prices.StartFee ?? "0"), ChainMapper.Number(prices.MinCharge ?? "0"), ChainMapper.Number(prices.ReservationFee ?? "0"),
        (uint)prices.NoticeSeconds, (uint)prices.ActivationSeconds, (uint)prices.MaxDurationSeconds,
        (ushort)(prices.DowntimeBps ?? 0), (ushort)(prices.MaxRoyaltyBps ?? 0), prices.Arbiters ?? []));
}
