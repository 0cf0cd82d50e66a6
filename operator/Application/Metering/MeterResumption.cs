using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Settlement;
using Federation.Domain.Usage;

namespace Federation.Application.Metering;

/// <summary>Looks up where a lease's metering goes on whose object knows less than the chain has settled. While it knows as much, nothing is read.</summary>
public sealed class MeterResumption(ISettlements settlements, EvidenceKeeper evidence, IHasher hasher)
{
    /// <param name="view">The lease as the chain was last read.</param>
    /// <returns>The same status where nothing is lost.</returns>
    public async Task<MeterStart> ReadAsync(LeaseView view, LeaseStatus status, bool isChainAway, CancellationToken cancellation)
    {
        if (!Resumption.IsBehind(view, status)) return new MeterStart(status, null, null);
        if (isChainAway) return MeterStart.Unknown(status, "The chain cannot be read.");
        try
        {
            if (await settlements.ReadSettledAsync(view.Id, view.Confirmed, view.MatchedBlock, view.ConfirmedBlock, cancellation) is not { } settled)
                return MeterStart.Unknown(status, "The chain's logs show no settlement.");
            var lines = settled.EvidenceRoot is { } root ? await evidence.FindAsync(view.Id, root, cancellation) : null;
            var stand = lines is null ? null : EvidenceCheck.StandAfter(view.Id, lines, hasher.Keccak256);
            return new MeterStart(Resumption.From(view, status, settled.Last, settled.EvidenceRoot, stand), settled.Last, null);
        }
        catch (Exception error) when (error is LedgerException or EvidenceException)
        {
            return MeterStart.Unknown(status, error.Message);
        }
    }
}

/// <summary>What a look at a lease goes on from.</summary>
/// <param name="Status">As the object has it, or as far as the chain and the evidence show it.</param>
/// <param name="Last">The chain's last receipt, where the object had not reached it.</param>
/// <param name="Error">Why that cannot be told, for people; null: it can.</param>
public sealed record MeterStart(LeaseStatus Status, SettledUsage? Last, string? Error)
{
    internal static MeterStart Unknown(LeaseStatus status, string error) =>
        new(status, null, $"What this object knew of the lease's usage was lost or set back, and where it stood cannot be looked up: {error}");

    /// <summary>What was read of the window, if any could be.</summary>
    internal MeteringNews Judge(MeteringNews news) => Last is { } last && !Resumption.Covers(news.Position, last) ? news with { IsBelowSettled = true } : news;
}
