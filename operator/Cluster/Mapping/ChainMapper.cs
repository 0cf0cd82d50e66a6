using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Entities;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Mapping;

/// <summary><c>spec.chain</c> to terms and back, without loss.</summary>
internal static class ChainMapper
{
    public static JsonObject ToJson(MatchedLease lease, ChainIdentity chain) =>
        (JsonObject)JsonSerializer.SerializeToNode(ToSpec(lease, chain), KubernetesJson.Options)!;

    /// <returns>Null when <c>spec.chain</c> is missing or unreadable.</returns>
    public static ChainSpec? Read(JsonNode? chain)
    {
        try
        {
            return chain?.Deserialize<ChainSpec>(KubernetesJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <returns>Null when a value cannot be what it should.</returns>
    public static LeaseTerms? ToTerms(ChainSpec chain)
    {
        try
        {
            return new LeaseTerms(
                chain.Tenant, chain.Payer, chain.Provider, chain.Token, chain.SpecHash, ToResources(chain.Resources), ToPrices(chain.Prices),
                Number(chain.StartFee), Number(chain.MinCharge), Number(chain.ReservationFee),
                checked((uint)chain.DurationSeconds), checked((uint)chain.NoticeSeconds), chain.ActivateBy, checked((ushort)chain.DowntimeBps),
                chain.Arbiter, chain.RoyaltyTo, checked((ushort)chain.RoyaltyBps), chain.Callback, ToParameters(chain.Parameters));
        }
        catch (Exception e) when (e is OverflowException or FormatException or NullReferenceException)
        {
            return null;
        }
    }

    private static ChainSpec ToSpec(MatchedLease lease, ChainIdentity chain) => new()
    {
        ChainId = checked((long)chain.ChainId),
        LeaseManager = chain.LeaseManager,
        LeaseId = lease.Id.Hex,
        Tenant = lease.Terms.Tenant,
        Payer = lease.Terms.Payer,
        Provider = lease.Terms.Provider,
        Token = lease.Terms.Token,
        SpecHash = lease.Terms.SpecHash,
        Resources = FromResources(lease.Terms.Resources),
        Prices = FromPrices(lease.Terms.Prices),
        StartFee = Text(lease.Terms.StartFee),
        MinCharge = Text(lease.Terms.MinCharge),
        ReservationFee = Text(lease.Terms.ReservationFee),
        DurationSeconds = lease.Terms.DurationSeconds,
        NoticeSeconds = lease.Terms.NoticeSeconds,
        ActivateBy = lease.Terms.ActivateBy,
        DowntimeBps = lease.Terms.DowntimeBps,
        Arbiter = lease.Terms.Arbiter,
        RoyaltyTo = lease.Terms.RoyaltyTo,
        RoyaltyBps = lease.Terms.RoyaltyBps,
        Callback = lease.Terms.Callback,
        Parameters = FromParameters(lease.Terms.Parameters),
        MatchedBlock = checked((long)lease.Block),
    };

    private static ChainParameters FromParameters(LeaseParameters p) => new()
    {
        SubmitSeconds = p.SubmitSeconds,
        MaturitySeconds = p.MaturitySeconds,
        RulingSeconds = p.RulingSeconds,
        FeeBps = p.FeeBps,
        Slice = Text(p.Slice),
        Penalty = Text(p.Penalty),
        DisputeBond = Text(p.DisputeBond),
        ArbiterFee = Text(p.ArbiterFee),
        Bounty = Text(p.Bounty),
    };

    private static LeaseParameters ToParameters(ChainParameters p) => checked(new LeaseParameters(
        (uint)p.SubmitSeconds, (uint)p.MaturitySeconds, (uint)p.RulingSeconds, (ushort)p.FeeBps,
        Number(p.Slice), Number(p.Penalty), Number(p.DisputeBond), Number(p.ArbiterFee), Number(p.Bounty)));

    private static ChainResources FromResources(Resources r) => new()
    {
        CpuMilli = r.CpuMilli,
        MemoryMiB = r.MemoryMiB,
        StorageMiB = r.StorageMiB,
        EgressKiBps = r.EgressKiBps,
        GpuA = new ChainGpu { ClassHash = r.GpuA.ClassHash, Count = r.GpuA.Count },
        GpuB = new ChainGpu { ClassHash = r.GpuB.ClassHash, Count = r.GpuB.Count },
    };

    private static Resources ToResources(ChainResources r) => checked(new Resources(
        (uint)r.CpuMilli, (uint)r.MemoryMiB, (uint)r.StorageMiB, (uint)r.EgressKiBps,
        new GpuCount(r.GpuA.ClassHash, (ushort)r.GpuA.Count), new GpuCount(r.GpuB.ClassHash, (ushort)r.GpuB.Count)));

    private static ChainPrices FromPrices(Prices p) => new()
    {
        Cpu = Text(p.Cpu), Memory = Text(p.Memory), Storage = Text(p.Storage),
        Egress = Text(p.Egress), GpuA = Text(p.GpuA), GpuB = Text(p.GpuB),
    };

    private static Prices ToPrices(ChainPrices p) =>
        new(Number(p.Cpu), Number(p.Memory), Number(p.Storage), Number(p.Egress), Number(p.GpuA), Number(p.GpuB));

    public static string Text(BigInteger value) => value.ToString(CultureInfo.InvariantCulture);

    public static BigInteger Number(string text) => BigInteger.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
}

/// <summary>The contract whose leases these are.</summary>
public sealed record ChainIdentity(ulong ChainId, string LeaseManager);
