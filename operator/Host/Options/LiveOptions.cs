using Federation.Application.Settings;
using Federation.Chain.Options;
using Federation.Domain.Placement;
using Federation.Domain.Settlement;
using Federation.Gateway.Access;

namespace Federation.Host.Options;

/// <summary>Of a datacenter's operator, what its reloadable options say now: each is where those look who go by it.</summary>
internal sealed class LiveOptions(OperatorOptions first)
{
    /// <summary>An Offer that was given before stands as it was signed: these are of what is asked for next.</summary>
    public Live<HoldLimits> Holds { get; } = new(first.Quotes.Limits);

    public Live<int> QuotesPerMinute { get; } = new(first.Quotes.PerMinute);

    public Live<AccessOptions> Access { get; } = new(first.Access.ToOptions());

    public Live<SettlementRules> Settling { get; } = new(first.Settling.Rules);

    public Live<SendingOptions> Sending { get; } = new(first.Chain.Sending);

    public LogLevels Levels { get; } = new(first.Log);

    public void Take(OperatorOptions next)
    {
        Holds.Set(next.Quotes.Limits);
        QuotesPerMinute.Set(next.Quotes.PerMinute);
        Access.Set(next.Access.ToOptions());
        Settling.Set(next.Settling.Rules);
        Sending.Set(next.Chain.Sending);
        Levels.Take(next.Log);
    }
}
