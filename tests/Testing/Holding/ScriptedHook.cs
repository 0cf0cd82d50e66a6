using Federation.Application.Holding;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Domain.Pricing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Testing.Holding;

/// <summary>A price hook that answers as it is told, and keeps what it was asked with.</summary>
public sealed class ScriptedHook(Func<PriceBook, PriceHookAnswer> answer) : IPriceHook
{
    public List<PriceBook> Asked { get; } = [];

    /// <summary>Prices of a datacenter that names no hook: one that is asked is a fault.</summary>
    public static Pricer PricerOn(CapacityReader capacities) =>
        new ScriptedHook(_ => throw new InvalidOperationException("Nobody named a hook.")).Pricer(capacities);

    public Pricer Pricer(CapacityReader capacities) => new(capacities, this, NullLogger<Pricer>.Instance);

    public Task<PriceHookAnswer> AskAsync(PriceHook hook, RequestTerms request, PriceBook book, CancellationToken cancellation)
    {
        Asked.Add(book);
        return Task.FromResult(answer(book));
    }
}
