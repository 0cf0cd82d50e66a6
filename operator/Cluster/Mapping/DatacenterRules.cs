using System.Globalization;
using System.Net;
using System.Numerics;
using System.Text.RegularExpressions;
using Federation.Application.Ports;
using Federation.Cluster.Entities;
using Federation.Cluster.Images;
using Federation.Domain.Isolation;
using Federation.Domain.Pricing;
using Federation.Domain.Workloads;

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
    // Thirty days.
    private const long MostKept = 2_592_000;

    // An exbibyte.
    private const long MostStorageMiB = 1_099_511_627_776;

    private const long MostLeastVolumeMiB = 1024 * 1024;

    // A tebibyte.
    private const long MostImageMiB = 1_048_576;

    // 256 addresses: servers stand beside each other, networks are larger.
    private const int NameServerBits = 8;

    public static IReadOnlyList<FieldFault> Faults(DatacenterEntitySpec spec)
    {
        var faults = new List<FieldFault>();
        void Need(bool holds, string field, string problem)
        {
            if (!holds) faults.Add(new FieldFault(field, problem));
        }

        Need(Is(Address(), spec.Provider), "spec.provider", $"'{spec.Provider}' is no address.");
        Need(IsEndpoint(spec.Endpoint), "spec.endpoint", $"'{spec.Endpoint}' is no URL of a gateway: http(s) with a host, without user, query and fragment.");
        Need(spec.Payout is null || Is(Address(), spec.Payout), "spec.payout", $"'{spec.Payout}' is no address.");
        Need(spec.Capabilities is null || Is(Bits(), spec.Capabilities), "spec.capabilities", $"'{spec.Capabilities}' is no bit map: write 0x and 1 to 64 hex digits in lower case.");
        Need(spec.Stake is null || Is(Decimal(), spec.Stake), "spec.stake", $"'{spec.Stake}' is no amount: digits alone, at most 78.");
        Auditors(spec.Auditors ?? [], Need);
        Classes(spec.GpuClasses ?? [], Need);
        Prices(spec.Prices, Need);
        Pricing(spec, Need);
        Need(spec.Reserve?.CpuMilli is null or >= 0, "spec.reserve.cpuMilli", "must not be negative.");
        Need(spec.Reserve?.MemoryMiB is null or >= 0, "spec.reserve.memoryMiB", "must not be negative.");
        Need(spec.StorageMiB is null or (>= 0 and <= MostStorageMiB), "spec.storageMiB", $"must be from 0 to {MostStorageMiB}.");
        Need(spec.LeastVolumeMiB is null or (>= 1 and <= MostLeastVolumeMiB), "spec.leastVolumeMiB", $"must be from 1 to {MostLeastVolumeMiB}.");
        Need(spec.Bids?.MaxOpen is null or (>= 1 and <= 64), "spec.bids.maxOpen", "must be from 1 to 64.");
        Need(spec.Bids?.SharePercent is null or (>= 1 and <= 100), "spec.bids.sharePercent", "must be from 1 to 100.");
        Need(spec.Keep?.GraceSeconds is null or (>= 0 and <= MostKept), "spec.keep.graceSeconds", $"must be from 0 to {MostKept}.");
        Need(spec.Keep?.StartSeconds is null or (>= 0 and <= MostKept), "spec.keep.startSeconds", $"must be from 0 to {MostKept}.");
        Need(spec.Keep?.RetentionSeconds is null or (>= 0 and <= MostKept), "spec.keep.retentionSeconds", $"must be from 0 to {MostKept}.");
        Need(spec.Ports?.MaxPerLease is null or (>= 1 and <= 64), "spec.ports.maxPerLease", "must be from 1 to 64.");
        Need(spec.Ports?.MaxTotal is null or (>= 1 and <= 65_535), "spec.ports.maxTotal", "must be from 1 to 65535.");
        Need(spec.Ports?.Range is null || PortRange.Parse(spec.Ports.Range) is not null, "spec.ports.range", $"'{spec.Ports?.Range}' is no range of ports: write the first and the last one, such as 30000-30099.");
        Need(spec.Ports is not { Range: not null, Type: PortType.NodePort }, "spec.ports.range", "is for load balancers: nodes' ports come from the API server's own range (--service-node-port-range).");
        Need(spec.Ports?.Address is null or { Length: 0 } || Uri.CheckHostName(spec.Ports.Address) != UriHostNameType.Unknown, "spec.ports.address", $"'{spec.Ports?.Address}' is no host: write a name or an address, without port.");
        Need(spec.RuntimeClass is null or { Length: 0 } || ObjectName().IsMatch(spec.RuntimeClass), "spec.runtimeClass", $"'{spec.RuntimeClass}' is no name of a RuntimeClass.");
        NameServers(spec.Isolation?.NameServers ?? [], Need);
        Images(spec.Images, Need);
        IngressRules.Check(spec.Ingress, Need);
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

    private static void Auditors(IReadOnlyList<string> auditors, Action<bool, string, string> need)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < auditors.Count; i++)
        {
            need(Is(Address(), auditors[i]), $"spec.auditors[{i}]", $"'{auditors[i]}' is no address.");
            need(seen.Add(auditors[i]), $"spec.auditors[{i}]", $"{auditors[i]} is there already.");
        }
    }

    // Without labels it would be every pod of the cluster, on that port; with a wide range every machine of the network.
    private static void NameServers(IReadOnlyList<NameServerEntry> servers, Action<bool, string, string> need)
    {
        foreach (var (index, server) in servers.Index())
        {
            var at = $"spec.isolation.nameServers[{index}]";
            need(server.PodLabels is { Count: > 0 } != server.Cidr is not null, at, "must have either podLabels, at least one, or a cidr.");
            need(server.NamespaceLabels is null || server.Cidr is null, $"{at}.namespaceLabels", "need podLabels beside them.");
            var network = IPNetwork.TryParse(server.Cidr, out var range) ? range : (IPNetwork?)null;
            need(server.Cidr is null || network is not null, $"{at}.cidr", $"'{server.Cidr}' is no network: write its first address and the length of its prefix, such as 169.254.20.10/32.");
            need(network is not { } known || HostBits(known) <= NameServerBits, $"{at}.cidr", $"'{server.Cidr}' has more than 256 addresses: that port of each of them would be open to leases. Name the servers' own addresses.");
            need(server.Port is null or (>= 1 and <= 65_535), $"{at}.port", "must be from 1 to 65535.");
        }
    }

    private static int HostBits(IPNetwork network) => (8 * network.BaseAddress.GetAddressBytes().Length) - network.PrefixLength;

    private static void Classes(IReadOnlyList<GpuClassEntry> classes, Action<bool, string, string> need)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < classes.Count; i++)
            need(seen.Add(classes[i].Name), $"spec.gpuClasses[{i}].name", $"class {classes[i].Name} is there already.");
    }

    private static void Images(ImagesEntry? images, Action<bool, string, string> need)
    {
        need(images?.MaxSizeMiB is null or (>= 0 and <= MostImageMiB), "spec.images.maxSizeMiB", $"must be from 0 to {MostImageMiB}.");
        Paths("preloaded", images?.Preloaded ?? [], need);
        Paths("allowed", images?.Allowed ?? [], need);
        Signers(images?.Signatures ?? [], need);
        var (registries, seen) = (images?.Registries ?? [], new HashSet<ImagePath>());
        for (var i = 0; i < registries.Count; i++)
        {
            var (at, registry) = ($"spec.images.registries[{i}]", registries[i]);
            var name = ImageReference.PathFault(registry.Name) is null ? ImageReference.ParsePath(registry.Name) : null;
            need(name is { Repository: "", Registry: not "localhost" }, $"{at}.name", $"'{registry.Name}' is no registry that an image reference can name.");
            need(name is null || seen.Add(name), $"{at}.name", $"registry {registry.Name} is there already.");
            need(IsEndpoint(registry.Endpoint) && new Uri(registry.Endpoint).AbsolutePath == "/", $"{at}.endpoint", $"'{registry.Endpoint}' is no URL of a registry: http(s) with a host, without user, path, query and fragment.");
        }
    }

    private static void Paths(string field, IReadOnlyList<string> paths, Action<bool, string, string> need)
    {
        for (var i = 0; i < paths.Count; i++) Path($"spec.images.{field}[{i}]", paths[i], need);
    }

    private static void Path(string field, string path, Action<bool, string, string> need) =>
        need(ImageReference.PathFault(path) is null, field, $"'{path}' is no path of images: {ImageReference.PathFault(path)}. Write registry and path or the start of it, such as registry.example/base.");

    private static void Signers(IReadOnlyList<ImageSignerEntry> signers, Action<bool, string, string> need)
    {
        var seen = new HashSet<ImagePath>();
        for (var i = 0; i < signers.Count; i++)
        {
            var (at, signer) = ($"spec.images.signatures[{i}]", signers[i]);
            var path = ImageReference.PathFault(signer.Prefix) is null ? ImageReference.ParsePath(signer.Prefix) : null;
            Path($"{at}.prefix", signer.Prefix, need);
            need(path is null || seen.Add(path), $"{at}.prefix", $"{path} is there already: write all of its keys there.");
            need(path is not { Registry: "localhost" }, $"{at}.prefix", "is for images that the nodes have already: no signature of theirs is looked for.");
            need(signer.Keys.Count > 0, $"{at}.keys", "must name a public key at least.");
            for (var k = 0; k < signer.Keys.Count; k++)
                need(SimpleSigning.IsKey(signer.Keys[k]), $"{at}.keys[{k}]", "is no public key of ECDSA on P-256 in PEM: write what cosign public-key prints. A private key does not belong here.");
        }
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

    private static void Pricing(DatacenterEntitySpec spec, Action<bool, string, string> need)
    {
        if (spec.Pricing?.Hook is { } hook)
        {
            need(IsEndpoint(hook.Url, withQuery: true), "spec.pricing.hook.url", $"'{hook.Url}' is no URL to be asked: http(s) with a host, without user and fragment.");
            need(hook.TimeoutMilliseconds is null or (>= 50 and <= 5000), "spec.pricing.hook.timeoutMilliseconds", "must be from 50 to 5000.");
        }

        if (spec.Pricing?.Curve is not { } curve) return;
        need(UtilisationCurve.Fault(Points(curve)) is null, "spec.pricing.curve", UtilisationCurve.Fault(Points(curve)) ?? "");
        if (curve.Count == 0) return;
        // Then no quote can come to more than the contract can hold.
        var most = curve.Max(p => p.FactorBps);
        (string Field, string Text)[] raised =
            [("cpu", spec.Prices.Cpu), ("memory", spec.Prices.Memory), .. (spec.Prices.Gpu ?? []).Select((p, i) => ($"gpu[{i}].price", p.Price))];
        foreach (var (field, text) in raised.Where(r => Is(Decimal(), r.Text)))
        {
            var price = BigInteger.Parse(text, CultureInfo.InvariantCulture);
            need(price > PriceBook.Most || UtilisationCurve.Times(price, most) <= PriceBook.Most, $"spec.prices.{field}", $"{text} times the curve's highest factor is more than the contract can hold: at most {PriceBook.Most}.");
        }
    }

    private static void Amount(string field, string text, Action<bool, string, string> need)
    {
        var isAmount = Is(Decimal(), text);
        need(isAmount, field, $"'{text}' is no amount: digits alone, at most 78.");
        if (isAmount) need(BigInteger.Parse(text, CultureInfo.InvariantCulture) <= PriceBook.Most, field, $"{text} is more than the contract can hold: at most {PriceBook.Most}.");
    }

    // A line's end is no part of an address, though it may stand before the pattern's.
    private static bool Is(Regex form, string? text) => text is not null && !text.EndsWith('\n') && form.IsMatch(text);

    private static bool IsEndpoint(string text, bool withQuery = false) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url is { Scheme: "http" or "https", Host.Length: > 0, UserInfo: "", Fragment: "" } && (withQuery || url.Query.Length == 0);

    // A number that is none of a point's stays one.
    private static CurvePoint[] Points(IReadOnlyList<CurvePointEntry> points) =>
        [.. points.Select(p => new CurvePoint((int)Math.Clamp(p.UtilisationBps, int.MinValue, int.MaxValue), (int)Math.Clamp(p.FactorBps, int.MinValue, int.MaxValue)))];

    [GeneratedRegex(@"\A[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\z")]
    private static partial Regex ObjectName();

    [GeneratedRegex(Patterns.Address)]
    private static partial Regex Address();

    [GeneratedRegex(Patterns.Bits)]
    private static partial Regex Bits();

    [GeneratedRegex(Patterns.Amount)]
    private static partial Regex Decimal();
}
