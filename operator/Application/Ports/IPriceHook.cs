using Federation.Domain.Pricing;

namespace Federation.Application.Ports;

/// <summary>A program of the administrator's that says what a Request costs.</summary>
public interface IPriceHook
{
    /// <summary>Asks it, within its time. It is not asked again when it fails.</summary>
    /// <param name="book">What would be asked without it.</param>
    Task<PriceHookAnswer> AskAsync(PriceHook hook, RequestTerms request, PriceBook book, CancellationToken cancellation);
}

/// <param name="Book">Null when there was no answer, or none that can be understood.</param>
/// <param name="Problem">Why not, for the administrator; empty when there is one.</param>
public sealed record PriceHookAnswer(PriceBook? Book, string Problem);
