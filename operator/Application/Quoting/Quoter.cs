using System.Numerics;
using Federation.Application.Holding;
using Federation.Application.Ports;
using Federation.Domain.Placement;
using Federation.Domain.Pricing;

namespace Federation.Application.Quoting;

/// <summary>A signed Offer, or why there is none.</summary>
public sealed record QuoteResult(SignedOffer? Offer, string Reason, string Message)
{
    public static QuoteResult Refuse(string reason, string message) => new(null, reason, message);
}

/// <summary>Answers a Request after a node-level placement check.</summary>
public interface IQuoter
{
    Task<QuoteResult> QuoteAsync(RequestTerms request, CancellationToken cancellation);
}

/// <summary>The quoter of a datacenter: an ordered list of checks, each with its public reason, then a held and signed Offer.</summary>
public sealed class Quoter(IDatacenterStore datacenters, HeldOffers offers, IHasher hasher, TimeProvider clock) : IQuoter
{
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(60);

    public async Task<QuoteResult> QuoteAsync(RequestTerms request, CancellationToken cancellation)
    {
        if (await datacenters.ReadAsync(cancellation) is not { Spec: var datacenter })
            return QuoteResult.Refuse("DatacenterMissing", "This operator has no Datacenter object yet; its admin has to apply one.");
        var prices = PricesFor(request.Resources, datacenter);
        if (CheckTerms(request, datacenter, prices) is { } refused) return refused;
        var notice = Math.Clamp(datacenter.Prices.NoticeSeconds, request.MinNoticeSeconds, request.MaxNoticeSeconds);
        if (CheckDeposit(request, datacenter, prices!, notice) is { } tooLow) return tooLow;

        var expires = Math.Min((clock.GetUtcNow() + Life).ToUnixTimeSeconds(), request.ExpiresAt);
        var salt = new BigInteger(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16), isUnsigned: true);
        var offer = new OfferTerms(request.Resources, prices!, datacenter.Prices.MinCharge, 1, notice, datacenter.Prices.ActivationSeconds, expires, salt);
        return await offers.SignAsync(offer, request, cancellation);
    }

    private QuoteResult? CheckTerms(RequestTerms request, DatacenterSpec datacenter, Prices? prices)
    {
        static QuoteResult No(string reason, string message) => QuoteResult.Refuse(reason, message);
        if (!IsZeroAddress(request.Provider) && !Same(request.Provider, datacenter.Provider))
            return No("OtherProvider", $"The Request is for {request.Provider}; this is {datacenter.Provider}.");
        if (!Same(request.Token, datacenter.Prices.Token))
            return No("OtherToken", $"This datacenter is paid in {datacenter.Prices.Token}, not in {request.Token}.");
        if (request.ExpiresAt <= clock.GetUtcNow().ToUnixTimeSeconds())
            return No("RequestExpired", "The Request has expired; sign a new one.");
        if (request.Resources.CpuMilli == 0 || request.Resources.MemoryMiB == 0)
            return No("ResourcesEmpty", "A lease reserves some CPU and some memory; the contract takes no other.");
        if (new[] { request.Resources.GpuA, request.Resources.GpuB }.Any(slot => slot.IsNone != (slot.Count == 0)))
            return No("GpuSlotIncomplete", "A GPU slot has a class and a count, or neither.");
        if (request.DurationSeconds == 0)
            return No("TermTooShort", "A lease lasts at least one second.");
        if (request.DurationSeconds > datacenter.Prices.MaxDurationSeconds)
            return No("TermTooLong", $"A lease here lasts at most {datacenter.Prices.MaxDurationSeconds} s; {request.DurationSeconds} s were asked for.");
        if (request.MinNoticeSeconds > request.MaxNoticeSeconds)
            return No("NoticeImpossible", "minNoticeSeconds is above maxNoticeSeconds.");
        if (prices is null)
            return No(PlacementReasons.NoMatchingGpu, $"This datacenter sells no such GPU class; it sells: {List(datacenter.Prices.Gpu.Keys)}.");
        return CheckPrices(request, datacenter, prices);
    }

    private static QuoteResult? CheckPrices(RequestTerms request, DatacenterSpec datacenter, Prices prices)
    {
        var (max, wanted) = (request.MaxPrices, request.Resources);
        // Like the contract: the maximum of a meter counts only where some of it is reserved.
        (string Meter, bool Counts, BigInteger Asked, BigInteger Maximum)[] pairs =
        [
            ("cpu", true, prices.Cpu, max.Cpu), ("memory", true, prices.Memory, max.Memory),
            ("storage", wanted.StorageMiB > 0, prices.Storage, max.Storage), ("egress", wanted.EgressKiBps > 0, prices.Egress, max.Egress),
            ("gpuA", wanted.GpuA.Count > 0, prices.GpuA, max.GpuA), ("gpuB", wanted.GpuB.Count > 0, prices.GpuB, max.GpuB),
            ("minCharge", true, datacenter.Prices.MinCharge, request.MaxMinCharge),
        ];
        var above = pairs.Where(p => p.Counts && p.Asked > p.Maximum).Select(p => $"{p.Meter} costs {p.Asked}, at most {p.Maximum} was offered").ToArray();
        return above.Length == 0 ? null : QuoteResult.Refuse("PriceAboveMaximum", string.Join("; ", above) + ".");
    }

    // The contract would refuse the match; said here, it costs the tenant no transaction.
    private static QuoteResult? CheckDeposit(RequestTerms request, DatacenterSpec datacenter, Prices prices, uint notice)
    {
        var needed = Accrual.ClosingReserve(prices, request.Resources, notice) + datacenter.Prices.MinCharge;
        return request.Deposit >= needed ? null : QuoteResult.Refuse(
            "DepositTooLow", $"The deposit is {request.Deposit}; {needed} are needed: the notice of {notice} s at full load and the minimum charge.");
    }

    // Null when a GPU class is not sold here. What is not reserved has no price, as in the terms that the contract makes.
    private Prices? PricesFor(Resources resources, DatacenterSpec datacenter)
    {
        var book = datacenter.Prices;
        var byHash = book.Gpu.ToDictionary(p => ClassHash(p.Key), p => p.Value, StringComparer.OrdinalIgnoreCase);
        BigInteger? Gpu(GpuCount count) => count.IsNone ? 0 : byHash.TryGetValue(count.ClassHash, out var price) ? price : null;
        return Gpu(resources.GpuA) is { } a && Gpu(resources.GpuB) is { } b ? new Prices(
            book.Cpu, book.Memory, resources.StorageMiB > 0 ? book.Storage : 0, resources.EgressKiBps > 0 ? book.Egress : 0, a, b) : null;
    }

    private string ClassHash(string text) => hasher.Keccak256(System.Text.Encoding.UTF8.GetBytes(text));

    private static string List(IEnumerable<string> classes) => string.Join(", ", classes.Order()) is { Length: > 0 } text ? text : "none";

    private static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);

    private static bool IsZeroAddress(string address) => address.AsSpan(2).TrimStart('0').IsEmpty;
}
