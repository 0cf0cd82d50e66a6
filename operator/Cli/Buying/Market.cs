using System.Numerics;
using Federation.Application.Ports;
using Federation.Chain.Bindings.Parameters;
using Federation.Chain.Tenancy;
using Federation.Cli.Access;
using Federation.Cli.Reading;
using Federation.Domain.Pricing;
using Federation.Domain.Requesting;
using Federation.Ethereum;
using Federation.Gateway;

namespace Federation.Cli.Buying;

/// <summary>What one datacenter answered: an offer that holds what it was asked, or why there is none.</summary>
/// <param name="Deposit">Smallest units that its lease would begin with.</param>
/// <param name="Reason">CamelCase; empty where there is an offer.</param>
internal sealed record Answer(Candidate From, PreparedOrder? Order, SignedOffer? Offer, BigInteger Deposit, string Reason, string Message)
{
    public static Answer No(Candidate from, string reason, string message) => new(from, null, null, 0, reason, message);

    /// <summary>The same, as the domain chooses among them.</summary>
    public Quote ToQuote() => new(From, Offer!.Terms.Prices, Offer.Terms.StartFee, Offer.Terms.MinCharge, Offer.Terms.ReservationFee, Offer.Terms.ExpiresAt);
}

/// <summary>Asks datacenters at the same time what a wish would cost; each is asked with a Request of its own, which is good nowhere else.</summary>
internal sealed class Market(ChainDoor chain, GatewayDoor gateways, HttpQuoteDesk desk, EvmTenantOrders orders, TimeProvider clock)
{
    // Longer than an offer holds, so that the block may come; short, because what was signed shall not lie about.
    private static readonly TimeSpan OrderLife = TimeSpan.FromSeconds(90);

    private const uint ActivationSeconds = 600;
    private const int MostAsked = 64;

    public async Task<IReadOnlyList<Answer>> AskAsync(Wish wish, Address token, uint seconds, TimeSpan patience, CancellationToken cancellation)
    {
        var all = await chain.DatacentersAsync(token, wish.Placement.Auditor, cancellation);
        var asked = all.Where(c => wish.Placement.Excludes(c) is null).OrderByDescending(c => c.Stake).ThenBy(c => c.Place.Provider, StringComparer.OrdinalIgnoreCase).Take(MostAsked).ToArray();
        var bounty = (await chain.Client.CallAsync(chain.Contracts.Parameters, new SnapshotFunction { Token = token }, ct: cancellation)).ReturnValue3.Bounty;
        var expires = Math.Max(await chain.TimeAsync(cancellation), clock.GetUtcNow().ToUnixTimeSeconds()) + (long)OrderLife.TotalSeconds;
        var answers = await Task.WhenAll(asked.Select(c => AskOneAsync(c, wish, token, seconds, bounty, expires, patience, cancellation)));
        return [.. answers, .. all.Except(asked).Select(c => Answer.No(c, wish.Placement.Excludes(c) ?? "NotAsked", "it was not asked"))];
    }

    /// <summary>The cheapest of the answers that may be taken.</summary>
    public static Answer? Choose(IReadOnlyList<Answer> answers, Wish wish, uint seconds, long now)
    {
        var offers = answers.Where(a => a.Offer is not null).ToDictionary(a => a.ToQuote());
        return QuoteChoice.Choose(offers.Keys, wish.Most, wish.Resources, seconds, wish.Placement, [], now) is { } chosen ? offers[chosen] : null;
    }

    private async Task<Answer> AskOneAsync(Candidate from, Wish wish, Address token, uint seconds, BigInteger bounty, long expires, TimeSpan patience, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var timer = clock.CreateTimer(_ => limit.Cancel(), null, patience, Timeout.InfiniteTimeSpan);
        try
        {
            var deposit = wish.Deposit;
            if (deposit is null)
            {
                var info = await new GatewayClient(gateways.Open(gateways.Checked(from.Endpoint))).ReadInfoAsync(limit.Token);
                if (wish.Gpus.FirstOrDefault(g => !info.Prices.Gpu.ContainsKey(g.Key)).Key is { } missing) return Answer.No(from, "GpuClassNotSold", $"it sells no {missing}");
                deposit = DepositOf(info.Prices, wish, seconds, bounty);
            }

            var order = await orders.PrepareAsync(Draft(wish, from.Place.Provider, token.ToString(), seconds, deposit.Value, expires), limit.Token);
            var answer = await desk.QuoteAsync(from.Endpoint, order, limit.Token);
            if (answer.Answer is not { } offer) return Answer.No(from, answer.Reason, answer.Message);
            return FaultOf(offer, order, from, token) is { } fault ? Answer.No(from, "OfferInvalid", fault) : new Answer(from, order, offer, deposit.Value, "", "");
        }
        catch (Exception e) when (e is GatewayException or CliException { Code: ExitCodes.Refused })
        {
            return Answer.No(from, "NoAnswer", e.Message);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return Answer.No(from, "NoAnswer", $"no answer within {patience.TotalSeconds:0.#} s");
        }
    }

    // A whole term at full load and what has to stay for the notice, by the least that is asked: what is not used comes back.
    private static BigInteger DepositOf(PriceBook book, Wish wish, uint seconds, BigInteger bounty)
    {
        BigInteger Gpu(int slot) => slot < wish.Gpus.Count ? book.Gpu[wish.Gpus[slot].Key] : 0;
        var prices = new Prices(book.Cpu, book.Memory, book.Storage, book.Egress, Gpu(0), Gpu(1));
        return BigInteger.Max(book.MinCharge, book.StartFee + Accrual.RateCap(prices, wish.Resources, seconds)) + Accrual.ClosingReserve(prices, wish.Resources, book.NoticeSeconds, bounty) + 1;
    }

    internal static RequestTerms Draft(Wish wish, string provider, string token, uint seconds, BigInteger deposit, long expires)
    {
        var nobody = Address.Zero.ToString();
        return new RequestTerms(
            nobody, Sponsor: nobody, token, provider, wish.SpecHash, wish.Resources, wish.Most.Prices, wish.Most.StartFee, wish.Most.MinCharge, wish.Most.ReservationFee, deposit, Fills: 1, seconds,
            MinNoticeSeconds: 0, wish.MaxNoticeSeconds, ActivationSeconds, MinDowntimeBps: 0, wish.Placement.Capabilities, wish.Placement.Auditor.Length > 0 ? wish.Placement.Auditor : nobody,
            wish.Arbiter.Length > 0 ? wish.Arbiter : nobody, App: GpuCount.NoClass, Callback: false, expires, Counter: 0, BigInteger.Zero);
    }

    // What a gateway says costs nothing to say: it is held to the registry's key and to what was asked.
    private string? FaultOf(SignedOffer offer, PreparedOrder order, Candidate from, Address token)
    {
        if (!string.Equals(offer.Provider, from.Place.Provider, StringComparison.OrdinalIgnoreCase)) return $"the Offer is of {offer.Provider}";
        if (!string.Equals(offer.Token, token.ToString(), StringComparison.OrdinalIgnoreCase)) return $"the Offer is in the token {offer.Token}";
        return orders.FaultOf(offer, order.Request, from.OperatorKey);
    }
}
