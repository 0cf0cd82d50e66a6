using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Federation.Application.Ports;
using Federation.Domain.Pricing;
using Federation.Domain.Requesting;
using Federation.Domain.Workloads;

namespace Federation.Application.Requesting;

/// <summary>What a spec comes to: the wish that is decided on, and the Request that is asked with.</summary>
/// <param name="Fault">Why nothing can be bought for it, for people; null when it can.</param>
internal sealed record ReadRequest(RequestWish Wish, string? Fault);

internal sealed class RequestReader(IHasher hasher)
{
    // What a datacenter may take until it activates; the escrow lies meanwhile.
    private const uint ActivationSeconds = 600;

    private const string ZeroAddress = "0x0000000000000000000000000000000000000000";

    public ReadRequest Read(RequestDemand demand, RequestRecord record)
    {
        var (hash, resources, fault) = ReadWorkload(demand.Workload, record);
        // What runs goes on as it is while nobody can tell what it is to become.
        if (fault is not null && record.Orders.Values.LastOrDefault() is { } last)
            (hash, resources) = record.Book.Purchases.LastOrDefault(p => p.Terms is not null)?.Terms is { } terms ? (terms.SpecHash, terms.Resources) : (last.Request.SpecHash, last.Request.Resources);
        var wish = new RequestWish(demand.IsDeleted, demand.Replicas, hash, resources, demand.DurationSeconds, demand.Most, demand.Placement, demand.Deposit)
        {
            TopUp = demand.TopUp, Renew = demand.Renew, Failover = demand.Failover,
        };
        return new ReadRequest(wish, fault);
    }

    /// <param name="token">That the wallet pays with.</param>
    /// <param name="expiresAt">Unix seconds.</param>
    public static RequestTerms Draft(RequestDemand demand, RequestWish wish, string token, uint durationSeconds, long expiresAt) => new(
        Tenant: ZeroAddress, Sponsor: ZeroAddress, token, Provider: ZeroAddress, wish.SpecHash, wish.Resources, wish.Most.Prices,
        wish.Most.StartFee, wish.Most.MinCharge, wish.Most.ReservationFee, wish.Deposit, Fills: 1, durationSeconds,
        MinNoticeSeconds: 0, demand.MaxNoticeSeconds, ActivationSeconds, wish.Most.MinDowntimeBps, wish.Placement.Capabilities,
        wish.Placement.Auditor.Length > 0 ? wish.Placement.Auditor : ZeroAddress, demand.Arbiter.Length > 0 ? demand.Arbiter : ZeroAddress,
        App: GpuCount.NoClass, Callback: false, expiresAt, Counter: 0, BigInteger.Zero);

    private (string Hash, Resources Resources, string? Fault) ReadWorkload(JsonElement? workload, RequestRecord record)
    {
        if (workload is not { } json) return ("", Resources.None, "spec.workload is missing.");
        var parsed = WorkloadParser.Parse(json);
        if (parsed.Workload is not { } spec) return Refused(parsed.Faults);
        var hash = hasher.Keccak256(CanonicalJson.Encode(json));
        // What is bought and delivered already goes on, whatever is taken of new ones.
        if (!IsBought(record, hash) && WorkloadBounds.Faults(spec, JsonMarshal.GetRawUtf8Value(json).Length).ToArray() is { Length: > 0 } bounds) return Refused(bounds);
        return (hash, WorkloadDemand.Of(spec).Totals(c => hasher.Keccak256(Encoding.UTF8.GetBytes(c))), null);
    }

    private static bool IsBought(RequestRecord record, string hash) =>
        record.Book.Purchases.Any(p => p.Terms is { } terms && string.Equals(terms.SpecHash, hash, StringComparison.OrdinalIgnoreCase)) || record.Orders.Values.Any(o => string.Equals(o.Request.SpecHash, hash, StringComparison.OrdinalIgnoreCase));

    private static (string, Resources, string?) Refused(IReadOnlyList<WorkloadFault> faults) => ("", Resources.None, string.Join(" ", faults.Take(5).Select(f => $"spec.{f}.")));
}
