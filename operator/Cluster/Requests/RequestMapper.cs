using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Federation.Application.Ports;
using Federation.Cluster.Entities;
using Federation.Cluster.Mapping;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Requesting;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Requests;

/// <summary>A ComputeRequest to what is decided on, and back.</summary>
internal static class RequestMapper
{
    private const int DefaultReplacements = 10;
    private const uint DefaultNotice = 3600;

    // Of the schema: a status that it does not let through would stop everything.
    private const int MostMessage = 2048;

    private static readonly JsonSerializerOptions Record = new(JsonSerializerDefaults.Web)
    {
        RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Converters = { new AmountConverter() },
    };

    public static string KeyOf(V1Alpha1ComputeRequest request) => $"{request.Metadata.Namespace}/{request.Metadata.Name}";

    /// <exception cref="FormatException">An amount that the schema would not let through.</exception>
    public static RequestDemand ToDemand(V1Alpha1ComputeRequest request)
    {
        var (spec, key) = (request.Spec, KeyOf(request));
        var (place, prices, fees, escrow) = (spec.Placement ?? new PlacementEntry(), spec.MaxPrices, spec.MaxFees ?? new MaxFeesEntry(), spec.Escrow);
        var most = new Ceiling(
            new Prices(Amount(prices.Cpu), Amount(prices.Memory), Amount(prices.Storage), Amount(prices.Egress), Amount(prices.GpuA), Amount(prices.GpuB)),
            Amount(fees.Start), Amount(fees.MinCharge), Amount(fees.Reservation)) { MinDowntimeBps = (ushort)(spec.MinDowntimeBps ?? 0) };
        var rules = new PlacementRules(
            place.Spread ?? Spread.Datacenter, place.Regions ?? [], place.Allow ?? [], place.Deny ?? [], Bits(place.Capabilities), place.Auditor ?? "", Amount(place.MinStake));
        return new RequestDemand(
            key, request.Metadata.Generation ?? 0, request.Metadata.DeletionTimestamp is not null, spec.Workload, spec.Replicas ?? 1, (uint)spec.DurationSeconds, spec.Token ?? "",
            most, rules, Amount(escrow.Deposit), spec.Arbiter ?? "", (uint)(spec.MaxNoticeSeconds ?? DefaultNotice))
        {
            TopUp = escrow.TopUp is { } topUp ? new TopUpPolicy(topUp.BelowSeconds, Amount(topUp.Amount), Amount(topUp.Max)) : null,
            Renew = spec.Renew is { } renew ? new RenewPolicy(renew.BeforeSeconds) : null,
            Failover = spec.Failover is { } failover ? new FailoverPolicy(failover.NotReadySeconds, failover.SilentSeconds, failover.MaxReplacements ?? DefaultReplacements) : null,
        };
    }

    /// <exception cref="FormatException">Not what this operator writes: to begin from nothing would forget money.</exception>
    public static RequestRecord ToRecord(ComputeRequestStatus? status)
    {
        if (status is null) return RequestRecord.New;
        var purchases = new List<Purchase>();
        var orders = new Dictionary<LeaseId, OrderRecord>();
        foreach (var lease in status.Leases)
        {
            var kept = Read(lease);
            var id = LeaseId.Parse(lease.LeaseId);
            purchases.Add(new Purchase(lease.Replica, id, new Place(lease.Provider, lease.Region ?? ""), kept.ExpiresAt, kept.OfferExpiresAt, Amount(lease.Funded))
            {
                Terms = kept.Terms, Leaving = lease.Leaving, TroubleSince = kept.TroubleSince, SilentSince = kept.SilentSince, IsExcused = kept.IsExcused, IsMisplaced = kept.IsMisplaced,
                Spent = Amount(lease.Spent), Held = Amount(lease.Escrow),
            });
            orders[id] = new OrderRecord(kept.Request, kept.Offer, kept.FromBlock);
        }

        return new RequestRecord(new RequestBook(status.ObservedGeneration, purchases)
        {
            Ended = [.. status.Ended.Select(e => new EndedSlot(e.Replica, e.Reason))],
            Avoided = [.. status.Avoided.Select(a => new Avoidance(a.Provider, a.Until))],
            Replacements = status.Replacements,
            SpentEarlier = Amount(status.SpentEarlier),
        }, orders)
        {
            Transactions = RequestHistory.ToSent(status.Transactions), Comparisons = RequestHistory.ToComparisons(status.Choices),
        };
    }

    public static ComputeRequestStatus ToStatus(RequestReport report, IReadOnlyList<ConditionEntry> before, DateTimeOffset now)
    {
        var book = report.Record.Book;
        return new ComputeRequestStatus
        {
            ObservedGeneration = book.Generation,
            Conditions = ConditionMapper.ToEntity(report.Conditions, before, book.Generation, now),
            Wallet = report.Wallet,
            ReadyReplicas = report.Purchases.Count(p => p.Step.IsReady && !p.Purchase.IsLeaving),
            Funded = Text(book.Purchases.Aggregate(BigInteger.Zero, (sum, p) => sum + p.Funded)),
            Spent = Text(book.Spent),
            Escrow = Text(book.Held),
            SpentEarlier = Text(book.SpentEarlier),
            Leases = [.. report.Purchases.Where(p => report.Record.Orders.ContainsKey(p.Purchase.Id)).Select(p => ToStatus(p, report.Record.Orders[p.Purchase.Id]))],
            Ended = [.. book.Ended.Select(e => new EndedReplicaStatus { Replica = e.Slot, Reason = e.Reason })],
            Avoided = [.. book.Avoided.Select(a => new AvoidedStatus { Provider = a.Provider, Until = a.Until })],
            Replacements = book.Replacements,
            Transactions = RequestHistory.ToStatus(report.Record.Transactions),
            Choices = RequestHistory.ToStatus(report.Record.Comparisons),
        };
    }

    public static JsonNode ToJson(ComputeRequestStatus status) => JsonSerializer.SerializeToNode(status, KubernetesJson.Options)!;

    private static RequestLeaseStatus ToStatus(PurchaseReport report, OrderRecord order)
    {
        var (purchase, step) = (report.Purchase, report.Step);
        var kept = new KeptPurchase(order.Request, order.Offer, order.FromBlock, purchase.ExpiresAt, purchase.OfferExpiresAt)
        {
            Terms = purchase.Terms, TroubleSince = purchase.TroubleSince, SilentSince = purchase.SilentSince, IsExcused = purchase.IsExcused, IsMisplaced = purchase.IsMisplaced,
        };
        return new RequestLeaseStatus
        {
            Replica = purchase.Slot, LeaseId = purchase.Id.Hex, Provider = purchase.Place.Provider, Region = NullIfEmpty(purchase.Place.Region),
            Reason = NullIfEmpty(Said.Word(step.Reason)), Message = NullIfEmpty(Said.Sentence(step.Hint.Length > 0 ? $"{step.Message} {step.Hint}".Trim() : step.Message, MostMessage)), Ready = step.IsReady, Endpoints = Said.Endpoints(report.Endpoints),
            Funded = Text(purchase.Funded), Spent = Text(purchase.Spent), Escrow = Text(purchase.Held), Leaving = purchase.Leaving, Record = JsonSerializer.SerializeToElement(kept, Record),
        };
    }

    private static KeptPurchase Read(RequestLeaseStatus lease)
    {
        try
        {
            return lease.Record?.Deserialize<KeptPurchase>(Record) ?? throw new FormatException($"status.leases: lease {lease.LeaseId} has no record.");
        }
        catch (JsonException e)
        {
            throw new FormatException($"status.leases: the record of lease {lease.LeaseId} is not what this operator writes: {e.Message}", e);
        }
    }

    private static BigInteger Amount(string? text) => text is null ? 0 : BigInteger.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    // A digit before it, or the first bit would be a sign.
    private static BigInteger Bits(string? text) => text is null ? 0 : BigInteger.Parse("0" + text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private static string Text(BigInteger amount) => amount.ToString(CultureInfo.InvariantCulture);

    // Old servers take an empty text in a custom resource for null.
    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    /// <summary>What people need not read.</summary>
    private sealed record KeptPurchase(RequestTerms Request, SignedOffer Offer, ulong FromBlock, long ExpiresAt, long OfferExpiresAt)
    {
        public LeaseTerms? Terms { get; init; }

        public long TroubleSince { get; init; }

        public long SilentSince { get; init; }

        public bool IsExcused { get; init; }

        public bool IsMisplaced { get; init; }
    }

    private sealed class AmountConverter : JsonConverter<BigInteger>
    {
        public override BigInteger Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            BigInteger.TryParse(reader.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var amount) ? amount : throw new JsonException("an amount is a string of decimal digits");

        public override void Write(Utf8JsonWriter writer, BigInteger value, JsonSerializerOptions options) => writer.WriteStringValue(Text(value));
    }
}
