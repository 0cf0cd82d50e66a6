using Federation.Application.Settings;
using Federation.Domain.Placement;

namespace Federation.Host.Options;

/// <summary>How much may be asked of this datacenter: what is quoted is held, so quotes have to end somewhere.</summary>
public sealed class QuotesSection
{
    // They lie in one object of at most 1 MiB; a hold on one node takes some 600 bytes of it.
    private const int MostHolds = 1000;

    /// <summary>Open quotes of one payer.</summary>
    [Reloadable]
    public int PerPayer { get; set; } = HoldLimits.Usual.PerPayer;

    /// <summary>Open quotes that were asked for from one network address, whoever pays.</summary>
    [Reloadable]
    public int PerCaller { get; set; } = HoldLimits.Usual.PerCaller;

    /// <summary>Open quotes and bids of all.</summary>
    [Reloadable]
    public int Total { get; set; } = HoldLimits.Usual.Total;

    /// <summary>Quotes that one network address may ask for in a minute, open or refused.</summary>
    [Reloadable]
    public int PerMinute { get; set; } = 120;

    public HoldLimits Limits => HoldLimits.Usual with { PerPayer = PerPayer, PerCaller = PerCaller, Total = Total };

    public IEnumerable<string> Faults()
    {
        if (Total is < 1 or > MostHolds) yield return $"Quotes:Total must be from 1 to {MostHolds}: all holds lie in one object.";
        if (PerPayer < 1 || PerPayer > PerCaller) yield return "Quotes:PerPayer must be at least 1, and at most Quotes:PerCaller: a payer asks from some address.";
        if (PerCaller < 1 || PerCaller > Total) yield return "Quotes:PerCaller must be at least 1, and at most Quotes:Total.";
        if (PerMinute < 1) yield return "Quotes:PerMinute must be at least 1.";
    }
}
