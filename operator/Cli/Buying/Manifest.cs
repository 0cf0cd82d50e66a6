using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Chain;
using Federation.Domain.Pricing;
using Federation.Domain.Requesting;
using Federation.Domain.Workloads;
using Federation.Kubernetes.Configuration;

namespace Federation.Cli.Buying;

/// <summary>What somebody wants to rent: of a file, and of flags over it.</summary>
/// <param name="Workload">As it is delivered; its hash goes on chain.</param>
/// <param name="Gpus">Devices by the text of their class, in the order of the Request's two slots.</param>
/// <param name="Most">The most that is paid.</param>
/// <param name="Deposit">Smallest units; null: what the whole term costs at full load.</param>
/// <param name="Token">Empty: the settings' own.</param>
internal sealed record Wish(
    JsonNode Workload, string SpecHash, Resources Resources, IReadOnlyList<KeyValuePair<string, ulong>> Gpus, Ceiling Most, PlacementRules Placement, uint? DurationSeconds, BigInteger? Deposit,
    string Token, string Arbiter, uint MaxNoticeSeconds)
{
    /// <summary>What it may cost as a whole.</summary>
    public Limits Limits { get; init; } = new(null, null, null);

    /// <summary>What the manifest says that this program does not do; for people.</summary>
    public IReadOnlyList<string> Undone { get; init; } = [];
}

/// <summary>Reads a workload out of a manifest: of a ComputeLease, of a ComputeRequest with all that it says of price and place, or alone.</summary>
internal static class Manifest
{
    private const uint UsualNoticeSeconds = 3_600;
    private const int ToldFaults = 5;

    private static readonly KeccakHasher Hasher = new();

    // What goes on when a command has ended: what is never done to its lease, and what does it by hand.
    private static readonly (string Path, string Done, string Hand)[] Afterwards =
    [
        ("spec.escrow.topUp", "topped up", "extend --amount"), ("spec.renew", "renewed", "extend --duration"), ("spec.failover", "replaced", "create"),
    ];

    /// <summary>Whatever it costs: who signs the match has seen the offer.</summary>
    public static Ceiling Anything { get; } = new(new Prices(PriceBook.Most, PriceBook.Most, PriceBook.Most, PriceBook.Most, PriceBook.Most, PriceBook.Most), PriceBook.Most, PriceBook.Most, PriceBook.Most);

    /// <exception cref="CliException">It is none, or its workload has faults; each is named.</exception>
    public static Wish Read(string text, string origin)
    {
        JsonNode root;
        try
        {
            root = YamlToJson.Read(text) is [var one] ? one : throw new FormatException("it has not exactly one document");
        }
        catch (FormatException e)
        {
            throw new CliException(ExitCodes.Usage, $"{origin}: {e.Message}", e);
        }

        if (root is not JsonObject manifest) throw new CliException(ExitCodes.Usage, $"{origin} is no manifest.");
        try
        {
            return (string?)manifest["kind"] switch
            {
                "ComputeRequest" => OfRequest(SpecOf(manifest, "computerequests", origin), origin),
                "ComputeLease" => OfLease(SpecOf(manifest, "computeleases", origin), origin),
                null when manifest["services"] is not null || manifest["jobs"] is not null => Of(manifest, origin),
                var kind => throw new CliException(ExitCodes.Usage, $"{origin} is neither a ComputeLease nor a ComputeRequest with a workload, nor one alone (services, jobs){(kind is null ? "" : $": it is a {kind}")}."),
            };
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException or OverflowException)
        {
            throw new CliException(ExitCodes.Usage, $"{origin}: {e.Message}", e);
        }
    }

    private static Wish OfRequest(JsonObject spec, string origin)
    {
        if ((long?)spec["replicas"] is > 1 and var replicas)
            throw new CliException(ExitCodes.Usage, $"{origin} wants {replicas} replicas: one command rents one lease. Set replicas to 1 and run it so many times, each with a --provider of its own where they shall stand apart, or have a tenant's operator do it (kubectl apply).");
        var wish = Of(spec["workload"] ?? throw new FormatException("spec.workload is missing"), origin);
        BigInteger Price(string name) => Amount(spec["maxPrices"]?[name]) ?? 0;
        var place = spec["placement"];
        return wish with
        {
            DurationSeconds = (uint?)(long?)spec["durationSeconds"],
            Token = Account(spec["token"], "spec.token"),
            Most = new Ceiling(new Prices(Price("cpu"), Price("memory"), Price("storage"), Price("egress"), Price("gpuA"), Price("gpuB")), Fee("start"), Fee("minCharge"), Fee("reservation")) { MinDowntimeBps = (ushort?)(long?)spec["minDowntimeBps"] ?? 0 },
            Placement = new PlacementRules(Spread.None, Texts(place?["regions"]), Texts(place?["allow"]), Texts(place?["deny"]), Bits((string?)place?["capabilities"]), Account(place?["auditor"], "spec.placement.auditor"), Amount(place?["minStake"]) ?? 0),
            Deposit = Amount(spec["escrow"]?["deposit"]),
            Arbiter = Account(spec["arbiter"], "spec.arbiter"),
            MaxNoticeSeconds = (uint?)(long?)spec["maxNoticeSeconds"] ?? UsualNoticeSeconds,
            Limits = new Limits(null, null, Fee("reservation")),
            Undone = AfterwardsOf(spec) is { } left ? [$"{origin}: {left}"] : [],
        };

        BigInteger Fee(string name) => Amount(spec["maxFees"]?[name]) ?? 0;
    }

    private static Wish OfLease(JsonObject spec, string origin) => Of(spec["workload"] ?? throw new FormatException("spec.workload is missing"), origin) with
    {
        Undone =
        [
            .. spec["chain"] is null ? [] : (string[])[$"{origin}: spec.chain is what another lease was agreed to be: nothing of it is asked for. Flags say how long and for how much."],
            .. spec["export"] is null ? [] : (string[])[$"{origin}: spec.export is not delivered, the workload alone is: patch it into the lease with kubectl when it runs."],
        ],
    };

    // Beside the workload, that is read by itself.
    private static JsonObject SpecOf(JsonObject manifest, string plural, string origin)
    {
        if (new KindSchema(plural).Faults(manifest) is { Count: > 0 } faults)
            throw new CliException(ExitCodes.Usage, $"{origin} is no {manifest["kind"]} that the API server would take:\n{string.Join("\n", faults.Take(ToldFaults).Select(f => $"  {f}"))}{(faults.Count > ToldFaults ? $"\n  and {faults.Count - ToldFaults} more" : "")}");
        var spec = manifest["spec"] as JsonObject ?? throw new FormatException("spec is missing");
        return spec["placement"] is { } place && place["auditor"] is not null && place["capabilities"] is null
            ? throw new FormatException("spec.placement.auditor attests capabilities: name those that are needed, in spec.placement.capabilities")
            : spec;
    }

    private static string? AfterwardsOf(JsonObject spec)
    {
        var left = Afterwards.Where(a => a.Path.Split('.').Skip(1).Aggregate((JsonNode?)spec, (node, name) => node?[name]) is not null).ToArray();
        if (left.Length == 0) return null;
        var (all, done) = (string.Join(", ", left.Select(a => a.Path)), string.Join(" nor ", left.Select(a => a.Done)));
        return $"{all} {(left.Length > 1 ? "are" : "is")} what a tenant's operator does: a lease of this command is {(left.Length > 1 ? "neither" : "not")} {done}. "
            + $"Apply the manifest to a cluster with one, or see to it yourself: {string.Join(", ", left.Select(a => $"kubectl compute {a.Hand}"))}.";
    }

    private static Wish Of(JsonNode workload, string origin)
    {
        using var document = JsonDocument.Parse(workload.ToJsonString());
        var parsed = WorkloadParser.Parse(document.RootElement);
        var faults = parsed.Workload is null ? parsed.Faults : [.. WorkloadBounds.Faults(parsed.Workload, JsonMarshal.GetRawUtf8Value(document.RootElement).Length)];
        if (parsed.Workload is not { } spec || faults.Count > 0) throw new CliException(ExitCodes.Usage, $"{origin}: the workload has faults:\n{string.Join("\n", faults.Take(ToldFaults).Select(f => $"  {f}"))}");
        var demand = WorkloadDemand.Of(spec);
        var resources = demand.Totals(c => Hasher.Keccak256(Encoding.UTF8.GetBytes(c)));
        return new Wish(workload.DeepClone(), Hasher.Keccak256(CanonicalJson.Encode(document.RootElement)), resources, demand.Gpus, Anything, PlacementRules.None, null, null, "", "", UsualNoticeSeconds);
    }

    private static string Account(JsonNode? node, string where) => (string?)node is not { Length: > 0 } text ? ""
        : Ethereum.Address.TryParse(text, out _) ? text : throw new FormatException($"{where} '{text}' is no address: 0x and 40 hex digits");

    private static BigInteger? Amount(JsonNode? node) => node?.ToString() is { Length: > 0 } text ? BigInteger.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) : null;

    private static string[] Texts(JsonNode? node) => node is JsonArray list ? [.. list.Select(t => t?.ToString() ?? "")] : [];

    private static BigInteger Bits(string? text) => text is { Length: > 2 } && text.StartsWith("0x", StringComparison.Ordinal) ? BigInteger.Parse("0" + text[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture) : 0;
}
