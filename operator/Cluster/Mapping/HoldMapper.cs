using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Serialization;
using Federation.Domain.Leases;
using Federation.Domain.Placement;
using Federation.Domain.Pricing;

namespace Federation.Cluster.Mapping;

/// <summary>Holds, and shares of nodes, as the short JSON that lies in a ConfigMap and in a namespace's annotation.</summary>
internal static class HoldMapper
{
    private static readonly JsonSerializerOptions Options = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static string ToText(IReadOnlyList<Hold> holds) => JsonSerializer.Serialize(holds.Select(h => new HoldEntry
    {
        Id = h.Id,
        Request = h.Request,
        Payer = h.Payer,
        Cpu = h.Resources.CpuMilli,
        Memory = h.Resources.MemoryMiB,
        Storage = h.Resources.StorageMiB,
        Egress = h.Resources.EgressKiBps,
        GpuA = h.Resources.GpuA.IsNone ? null : h.Resources.GpuA.ClassHash,
        CountA = h.Resources.GpuA.Count,
        GpuB = h.Resources.GpuB.IsNone ? null : h.Resources.GpuB.ClassHash,
        CountB = h.Resources.GpuB.Count,
        Shares = [.. h.Shares.Select(ToEntry)],
        Expires = h.ExpiresAt,
        Leases = [.. h.Leases.Select(l => l.Hex)],
        Caller = h.Caller.Length == 0 ? null : h.Caller,
        Bid = h.IsBid,
        Amends = h.Amends?.Lease.Hex,
        Nonce = h.Amends?.Nonce ?? 0,
        Deposit = h.Deposit.IsZero ? null : h.Deposit.ToString(CultureInfo.InvariantCulture),
    }), Options);

    /// <exception cref="FormatException">Not what <see cref="ToText(IReadOnlyList{Hold})"/> writes.</exception>
    public static IReadOnlyList<Hold> FromText(string text) => [.. Parse<HoldEntry[]>(text).Select(h => new Hold(
        Needed(h.Id),
        Needed(h.Request),
        Needed(h.Payer),
        new Resources(h.Cpu, h.Memory, h.Storage, h.Egress, Gpu(h.GpuA, h.CountA), Gpu(h.GpuB, h.CountB)),
        [.. (h.Shares ?? []).Select(FromEntry)],
        h.Expires,
        [.. (h.Leases ?? []).Select(LeaseId.Parse)])
    {
        Caller = h.Caller ?? "",
        IsBid = h.Bid,
        Amends = h.Amends is null ? null : new AmendedLease(LeaseId.Parse(h.Amends), h.Nonce),
        Deposit = h.Deposit is null ? 0 : BigInteger.Parse(h.Deposit, NumberStyles.None, CultureInfo.InvariantCulture),
    })];

    /// <returns>Null when there are none.</returns>
    public static string? ToText(IReadOnlyList<NodeShare> shares) => shares.Count == 0 ? null : JsonSerializer.Serialize(shares.Select(ToEntry), Options);

    /// <returns>Empty when there is no text, or none that can be read: then a place is looked for anew.</returns>
    public static IReadOnlyList<NodeShare> SharesFrom(string? text)
    {
        try
        {
            return text is null ? [] : [.. Parse<ShareEntry[]>(text).Select(FromEntry)];
        }
        catch (FormatException)
        {
            return [];
        }
    }

    private static GpuCount Gpu(string? hash, ushort count) => hash is null ? GpuCount.None : new GpuCount(hash, count);

    private static ShareEntry ToEntry(NodeShare s) => new() { Node = s.Node, Cpu = s.CpuMilli, Memory = s.MemoryBytes, Gpu = s.GpuClass, Count = s.Gpus };

    private static NodeShare FromEntry(ShareEntry s) => s is { Cpu: >= 0, Memory: >= 0, Count: >= 0 }
        ? new(Needed(s.Node), s.Cpu, s.Memory, s.Gpu, s.Count)
        : throw new FormatException("A share is below zero.");

    private static string Needed(string? text) => text ?? throw new FormatException("A field is missing.");

    private static T Parse<T>(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(text, Options) ?? throw new FormatException("It is empty.");
        }
        catch (JsonException e)
        {
            throw new FormatException(e.Message, e);
        }
    }

    private sealed record HoldEntry
    {
        public string? Id { get; init; }
        public string? Request { get; init; }
        public string? Payer { get; init; }
        public string? Caller { get; init; }
        public string? Deposit { get; init; }
        public bool Bid { get; init; }
        public string? Amends { get; init; }
        public uint Nonce { get; init; }
        public uint Cpu { get; init; }
        public uint Memory { get; init; }
        public uint Storage { get; init; }
        public uint Egress { get; init; }
        public string? GpuA { get; init; }
        public ushort CountA { get; init; }
        public string? GpuB { get; init; }
        public ushort CountB { get; init; }
        public ShareEntry[]? Shares { get; init; }
        public long Expires { get; init; }
        public string[]? Leases { get; init; }
    }

    private sealed record ShareEntry
    {
        public string? Node { get; init; }
        public long Cpu { get; init; }
        public long Memory { get; init; }
        public string? Gpu { get; init; }
        public long Count { get; init; }
    }
}
