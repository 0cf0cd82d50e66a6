using System.Numerics;
using Federation.Application.Ports;
using Federation.Chain;
using Federation.Chain.Bindings.Parameters;
using Federation.Chain.Signing;
using Federation.Chain.Tenancy;
using Federation.Cli.Access;
using Federation.Cli.Output;
using Federation.Cli.Reading;
using Federation.Domain.Pricing;
using Federation.Domain.Requesting;
using Federation.Ethereum;
using Federation.Ethereum.JsonRpc;
using Federation.Gateway;

namespace Federation.Cli.Buying;

/// <summary>What one datacenter answered: an offer that holds what it was asked, or why there is none.</summary>
/// <param name="Deposit">Smallest units that its lease would begin with.</param>
/// <param name="Reason">CamelCase; empty where there is an offer.</param>
internal sealed record Answer(Candidate From, PreparedOrder? Order, SignedOffer? Offer, BigInteger Deposit, string Reason, string Message)
{
    /// <summary>Seconds of the term that the deposit pays at full load.</summary>
    public long LastsSeconds { get; init; }

    /// <summary>Smallest units that would pay the whole term at full load.</summary>
    public BigInteger WholeDeposit { get; init; }

    /// <summary>Unix seconds; its Request is over then, too.</summary>
    public long ExpiresAt => Math.Min(Offer!.Terms.ExpiresAt, Order!.Request.ExpiresAt);

    public static Answer No(Candidate from, string reason, string message) => new(from, null, null, 0, reason, message);

    /// <summary>The same, as the domain chooses among them.</summary>
    public Quote ToQuote() => new(From, Offer!.Terms.Prices, Offer.Terms.StartFee, Offer.Terms.MinCharge, Offer.Terms.ReservationFee, ExpiresAt) { DowntimeBps = Offer.Terms.DowntimeBps };
}

/// <summary>Asks datacenters at the same time what a wish would cost; each is asked with a Request of its own, which is good nowhere else.</summary>
internal sealed class Market(ChainDoor chain, GatewayDoor gateways, HttpQuoteDesk desk, EvmTenantOrders orders, TimeProvider clock)
{
    // Longer than an offer holds, so that the block may come; short, because what was signed shall not lie about.
    private static readonly TimeSpan OrderLife = TimeSpan.FromSeconds(90);

    private const uint ActivationSeconds = 600;
    // Escrow comes back, and lies idle until then.
    private const int MostTimesWhole = 2;

    private sealed record Ask(Wish Wish, Address Token, TokenUnits Units, uint Seconds, BigInteger Bounty, long Expires);

    public async Task<IReadOnlyList<Answer>> AskAsync(Wish wish, Address token, TokenUnits units, uint seconds, TimeSpan patience, CancellationToken cancellation)
    {
        var all = await chain.DatacentersAsync(token, wish.Placement.Auditor, cancellation);
        var asked = all.Where(c => wish.Placement.Excludes(c) is null).OrderByDescending(c => c.Stake).ThenBy(c => c.Place.Provider, StringComparer.OrdinalIgnoreCase).Take(QuoteChoice.MostAsked).ToArray();
        var bounty = (await chain.Client.CallAsync(chain.Contracts.Parameters, new SnapshotFunction { Token = token }, ct: cancellation)).ReturnValue3.Bounty;
        var expires = Math.Max(await chain.TimeAsync(cancellation), clock.GetUtcNow().ToUnixTimeSeconds()) + (long)OrderLife.TotalSeconds;
        var ask = new Ask(wish, token, units, seconds, bounty, expires);
        using var slots = new SemaphoreSlim(QuoteChoice.MostAtOnce);
        var answers = await Task.WhenAll(asked.Select(async c =>
        {
            await slots.WaitAsync(cancellation);
            try
            {
                return await AskOneAsync(c, ask, patience, cancellation);
            }
            finally
            {
                slots.Release();
            }
        }));
        return [.. answers, .. all.Except(asked).Select(c => wish.Placement.Excludes(c) is { } rule
            ? Answer.No(c, rule, "it was not asked")
            : Answer.No(c, "NotAsked", $"of more than {QuoteChoice.MostAsked} datacenters those with the most stake were asked; --provider names another one"))];
    }

    /// <summary>The cheapest of the answers that may be taken.</summary>
    public static Answer? Choose(IReadOnlyList<Answer> answers, Wish wish, uint seconds, long now)
    {
        var offers = answers.Where(a => a.Offer is not null).ToDictionary(a => a.ToQuote());
        return QuoteChoice.Choose(offers.Keys, wish.Most, wish.Resources, seconds, wish.Placement, [], now) is { } chosen ? offers[chosen] : null;
    }

    private async Task<Answer> AskOneAsync(Candidate from, Ask ask, TimeSpan patience, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var timer = clock.CreateTimer(_ => limit.Cancel(), null, patience, Timeout.InfiniteTimeSpan);
        try
        {
            if (ask.Wish.Deposit is { } given) return await QuoteAsync(from, ask, given, limit.Token);

            // What goes into escrow stands in what it is asked with, and it is asked once: a first Offer would be held beside the second one, count
            // against what the wallet has, and raise the price where that follows utilisation. So it is what the published prices come to.
            var info = await gateways.Ask(gateways.Checked(from.Endpoint)).ReadInfoAsync(limit.Token);
            if (OfferRules.FaultOf(info, from.Place.Provider, from.PriceBook, chain, ask.Token.ToString()) is { } fault) return Answer.No(from, "InfoInvalid", fault);
            if (ask.Wish.Gpus.FirstOrDefault(g => !info.Prices.Gpu.ContainsKey(g.Key)).Key is { } missing) return Answer.No(from, "GpuClassNotSold", $"it sells no {missing}");
            var answer = await QuoteAsync(from, ask, DepositOf(info.Prices, ask), limit.Token);
            // Of what it says of itself not all is published: fees are not.
            return answer.Offer is not null && answer.Deposit > MostTimesWhole * answer.WholeDeposit
                ? Answer.No(from, "OfferInvalid", $"by its gateway {ask.Units.Show(answer.Deposit)} have to go into escrow, by its offer {ask.Units.Show(answer.WholeDeposit)}: --deposit says how much shall")
                : answer;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return Answer.No(from, "NoAnswer", $"no answer within {patience.TotalSeconds:0.#} s");
        }
        catch (Exception e) when (e is GatewayException or CliException { Code: ExitCodes.Refused })
        {
            return Answer.No(from, "NoAnswer", e.Message);
        }
        // A stranger's answer may break in any way; it is that stranger's answer alone.
        catch (Exception e) when (e is not (OperationCanceledException or CliException or LedgerException or RpcTransportException or RpcResponseException or TenantKeyException or SignerUnavailableException))
        {
            return Answer.No(from, "AnswerUnreadable", $"its answer cannot be read: {e.Message}");
        }
    }

    private async Task<Answer> QuoteAsync(Candidate from, Ask ask, BigInteger deposit, CancellationToken cancellation)
    {
        if (deposit > PriceBook.Most) return Answer.No(from, "DepositAboveMaximum", "no contract holds the escrow that its prices need");
        if (ask.Wish.Limits.Deposit is { } most && deposit > most) return Answer.No(from, "DepositAboveMaximum", $"{ask.Units.Show(deposit)} would go into escrow, --max-deposit is {ask.Units.Show(most)}");
        var order = await orders.PrepareAsync(Draft(ask.Wish, from.Place.Provider, ask.Token.ToString(), ask.Seconds, deposit, ask.Expires), cancellation);
        var answer = await desk.QuoteAsync(from.Endpoint, order, cancellation);
        if (answer.Answer is not { } offer) return Answer.No(from, answer.Reason, answer.Message);
        if (FaultOf(offer, order, from, ask.Token) is { } forged) return Answer.No(from, "OfferInvalid", forged);
        return OfferRules.FaultOf(offer.Terms, order.Request, ask.Wish.Limits, ask.Bounty, ask.Units) is { } fault
            ? Answer.No(from, "OfferInvalid", fault)
            : new Answer(from, order, offer, deposit, "", "") { LastsSeconds = OfferRules.LastsOf(offer.Terms, order.Request, ask.Bounty), WholeDeposit = DepositOf(offer.Terms, ask) };
    }

    private static BigInteger DepositOf(PriceBook book, Ask ask)
    {
        BigInteger Gpu(int slot) => slot < ask.Wish.Gpus.Count ? book.Gpu[ask.Wish.Gpus[slot].Key] : 0;
        var prices = new Prices(book.Cpu, book.Memory, book.Storage, book.Egress, Gpu(0), Gpu(1));
        return OfferRules.DepositOf(prices, book.StartFee, book.MinCharge, book.NoticeSeconds, ask.Wish.Resources, ask.Seconds, ask.Bounty);
    }

    private static BigInteger DepositOf(OfferTerms offer, Ask ask) =>
        OfferRules.DepositOf(offer.Prices, offer.StartFee, offer.MinCharge, offer.NoticeSeconds, ask.Wish.Resources, ask.Seconds, ask.Bounty);

    internal static RequestTerms Draft(Wish wish, string provider, string token, uint seconds, BigInteger deposit, long expires)
    {
        var nobody = Address.Zero.ToString();
        return new RequestTerms(
            nobody, Sponsor: nobody, token, provider, wish.SpecHash, wish.Resources, wish.Most.Prices, wish.Most.StartFee, wish.Most.MinCharge, BigInteger.Min(wish.Most.ReservationFee, wish.Limits.FeeFor(deposit)), deposit, Fills: 1, seconds,
            MinNoticeSeconds: 0, wish.MaxNoticeSeconds, ActivationSeconds, wish.Most.MinDowntimeBps, wish.Placement.Capabilities, wish.Placement.Auditor.Length > 0 ? wish.Placement.Auditor : nobody,
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
