using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;
using Federation.Cluster.Entities;
using Federation.Domain.Isolation;

namespace Federation.Cluster.Mapping;

/// <summary>What is wrong with a field.</summary>
internal sealed record FieldFault(string Field, string Problem)
{
    public override string ToString() => $"{Field} {Problem}";
}

/// <summary>
/// What a Datacenter's spec must be beyond its schema: the operator reads none with a fault, and the admission refuses it
/// with all of them. The schema's own forms are asked again, for a server that did not know them.
/// </summary>
internal static partial class DatacenterRules
{
    // The contract's prices have 96 bits.
    private static readonly BigInteger MostPrice = BigInteger.Pow(2, 96) - 1;

    public static IReadOnlyList<FieldFault> Faults(DatacenterEntitySpec spec)
    {
        var faults = new List<FieldFault>();
        void Need(bool holds, string field, string problem)
        {
            if (!holds) faults.Add(new FieldFault(field, problem));
        }

        Need(Is(Address(), spec.Provider), "spec.provider", $"'{spec.Provider}' is no address.");
        Need(IsEndpoint(spec.Endpoint), "spec.endpoint", $"'{spec.Endpoint}' is no URL of a gateway: http(s) with a host, without user, query and fragment.");
        Classes(spec.GpuClasses ?? [], Need);
        Prices(spec.Prices, Need);
        Need(spec.Reserve?.CpuMilli is null or >= 0, "spec.reserve.cpuMilli", "must not be negative.");
        Need(spec.Reserve?.MemoryMiB is null or >= 0, "spec.reserve.memoryMiB", "must not be negative.");
        Need(spec.Bids?.MaxOpen is null or (>= 1 and <= 64), "spec.bids.maxOpen", "must be from 1 to 64.");
        Need(spec.Bids?.SharePercent is null or (>= 1 and <= 100), "spec.bids.sharePercent", "must be from 1 to 100.");
        return faults;
    }

    /// <summary>What is allowed and may still surprise.</summary>
    public static IReadOnlyList<string> Warnings(DatacenterEntitySpec spec)
    {
        var priced = (spec.Prices.Gpu ?? []).Select(p => p.Class).ToHashSet(StringComparer.Ordinal);
        var warnings = (spec.GpuClasses ?? []).Where(c => !priced.Contains(c.Name)).Select(c => $"GPU class {c.Name} has no price in spec.prices.gpu: it is not sold.");
        return spec.Isolation?.UnenforcedNetworkPolicy == UnenforcedNetworkPolicy.Allow
            ? [.. warnings, "spec.isolation.unenforcedNetworkPolicy is Allow: leases are taken even where tenants can reach each other, the nodes and the API server."]
            : [.. warnings];
    }

    private static void Classes(IReadOnlyList<GpuClassEntry> classes, Action<bool, string, string> need)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < classes.Count; i++)
            need(seen.Add(classes[i].Name), $"spec.gpuClasses[{i}].name", $"class {classes[i].Name} is there already.");
    }

    private static void Prices(PriceBookEntry prices, Action<bool, string, string> need)
    {
        need(Is(Address(), prices.Token), "spec.prices.token", $"'{prices.Token}' is no address.");
        (string Name, string Text)[] amounts =
            [("cpu", prices.Cpu), ("memory", prices.Memory), ("storage", prices.Storage), ("egress", prices.Egress), ("minCharge", prices.MinCharge ?? "0"),
             ("startFee", prices.StartFee ?? "0"), ("reservationFee", prices.ReservationFee ?? "0")];
        foreach (var (name, text) in amounts) Amount($"spec.prices.{name}", text, need);
        need(prices.NoticeSeconds is >= 0 and <= uint.MaxValue, "spec.prices.noticeSeconds", $"must be from 0 to {uint.MaxValue}.");
        need(prices.ActivationSeconds is > 0 and <= uint.MaxValue, "spec.prices.activationSeconds", $"must be from 1 to {uint.MaxValue}.");
        need(prices.MaxDurationSeconds is > 0 and <= uint.MaxValue, "spec.prices.maxDurationSeconds", $"must be from 1 to {uint.MaxValue}.");
        need(prices.DowntimeBps is null or (>= 0 and <= 10_000), "spec.prices.downtimeBps", "must be from 0 to 10000.");
        need(prices.MaxRoyaltyBps is null or (>= 0 and <= 10_000), "spec.prices.maxRoyaltyBps", "must be from 0 to 10000.");
        for (var i = 0; i < (prices.Arbiters?.Count ?? 0); i++)
            need(Is(Address(), prices.Arbiters![i]), $"spec.prices.arbiters[{i}]", $"'{prices.Arbiters[i]}' is no address.");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < (prices.Gpu?.Count ?? 0); i++)
        {
            var (at, price) = ($"spec.prices.gpu[{i}]", prices.Gpu![i]);
            need(seen.Add(price.Class), $"{at}.class", $"class {price.Class} has a price already.");
            Amount($"{at}.price", price.Price, need);
        }
    }

    private static void Amount(string field, string text, Action<bool, string, string> need)
    {
        var isAmount = Is(Decimal(), text);
        need(isAmount, field, $"'{text}' is no amount: digits alone, at most 78.");
        if (isAmount) need(BigInteger.Parse(text, CultureInfo.InvariantCulture) <= MostPrice, field, $"{text} is more than the contract can hold: at most {MostPrice}.");
    }

    // A line's end is no part of an address, though it may stand before the pattern's.
    private static bool Is(Regex form, string? text) => text is not null && !text.EndsWith('\n') && form.IsMatch(text);

    private static bool IsEndpoint(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url is { Scheme: "http" or "https", Host.Length: > 0, UserInfo: "", Query: "", Fragment: "" };

    [GeneratedRegex(Patterns.Address)]
    private static partial Regex Address();

    [GeneratedRegex(Patterns.Amount)]
    private static partial Regex Decimal();
}
