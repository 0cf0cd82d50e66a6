using Federation.Application.Holding;
using Federation.Application.Ports;
using Federation.Domain.Placement;
using Federation.Domain.Pricing;
using Microsoft.Extensions.Logging;

namespace Federation.Application.Quoting;

/// <summary>What a Request costs at this moment: the price book, raised by the curve, then as the hook says. Never less than the price book.</summary>
public sealed class Pricer(CapacityReader capacities, IPriceHook hooks, ILogger<Pricer> log)
{
    // Told once for as long as it stays so: quotes are many.
    private volatile string told = "";

    /// <returns>The prices, or why there are none now.</returns>
    public async Task<(PriceBook? Book, QuoteResult? Refusal)> PriceAsync(PriceBook book, PricingPolicy policy, RequestTerms request, CancellationToken cancellation)
    {
        var now = book;
        if (policy.Curve is { } curve)
        {
            if (await capacities.ReadAsync(fresh: false, cancellation) is not { } view) return (null, HeldOffers.Unread);
            now = Raise(curve, book, view.Book.Classes());
        }

        return policy.Hook is { } hook ? await AskAsync(hook, request, book, now, cancellation) : (now, null);
    }

    private static PriceBook Raise(UtilisationCurve curve, PriceBook book, IReadOnlyList<ClassCapacity> classes)
    {
        var utilisation = classes.ToDictionary(c => c.Class, c => c.UtilisationBps, StringComparer.Ordinal);
        return curve.Raise(book, utilisation[ClassCapacity.Cpu], utilisation[ClassCapacity.Memory], utilisation);
    }

    private async Task<(PriceBook?, QuoteResult?)> AskAsync(PriceHook hook, RequestTerms request, PriceBook floor, PriceBook now, CancellationToken cancellation)
    {
        var answer = await hooks.AskAsync(hook, request, now, cancellation);
        var problem = answer.Book is null ? answer.Problem : string.Join(" ", PriceFloor.Faults(floor, answer.Book));
        Tell(hook, problem);
        if (problem.Length == 0) return (answer.Book, null);
        return hook.FallsBack ? (now, null) : (null, QuoteResult.Refuse(
            "PriceUnavailable", "This datacenter cannot tell its prices right now; ask again in some seconds, or ask another one."));
    }

    private void Tell(PriceHook hook, string problem)
    {
        if (told == problem) return;
        told = problem;
        if (problem.Length == 0) log.LogInformation("The price hook {Url} answers again.", hook.Url);
        else log.LogWarning("The price hook {Url} gave no prices: {Problem} {Consequence}", hook.Url, problem, hook.FallsBack ? "The prices without it count." : "Such Requests are refused.");
    }
}
