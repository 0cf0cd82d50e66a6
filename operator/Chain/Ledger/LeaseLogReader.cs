using Federation.Application.Ports;
using Federation.Chain.Bindings;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Mapping;
using Federation.Domain.Leases;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Microsoft.Extensions.Logging;

namespace Federation.Chain.Ledger;

/// <summary>Reads the matches and amendments of one provider from the logs, and which leases they name at all.</summary>
internal sealed class LeaseLogReader(EthereumClient client, LedgerOptions options, LeaseTokens tokens, ILogger log, ChainMetrics? metrics)
{
    private readonly LogWalk walk = new(client, options.LogRange, log, metrics, new LogWitness(client, log));

    private readonly LogFilter[] news =
    [
        LogFilter.ForEvent<LeaseMatchedEventDTO>(options.LeaseManager, null, null, options.Provider),
        LogFilter.ForEvent<LeaseAmendedEventDTO>(options.LeaseManager, null, options.Provider),
    ];

    private readonly LogFilter[] touching = TouchingLogs.Filters(options);

    public async Task<LeaseNews> ReadAsync(ulong from, ulong to, CancellationToken cancellation) =>
        NewsOf(await walk.ReadAsync(news, from, to, cancellation));

    public async Task<LedgerChanges> ReadChangesAsync(ulong newsFrom, ulong touchedFrom, ulong to, CancellationToken cancellation)
    {
        var logs = await walk.ReadAsync(
            [.. news.Select(f => new LogQuestion(f, newsFrom, IsWitnessed: true)), .. touching.Select(f => new LogQuestion(f, touchedFrom))], to, cancellation);
        return new LedgerChanges(NewsOf(logs), TouchingLogs.LeasesOf(logs.Skip(news.Length)));
    }

    private LeaseNews NewsOf(IReadOnlyList<IReadOnlyList<Log>> logs)
    {
        var (matched, amended, replaced) = (new Dictionary<LeaseId, MatchedLease>(), new Dictionary<LeaseId, LeaseTerms>(), new List<ReplacedTerms>());
        // The same lease may be matched anew after a reorg: where it stands last counts. Of its terms, the last ones.
        foreach (var one in logs[0])
            if (walk.Decode(one, Match) is { } match)
            {
                matched[match.Id] = match;
                tokens.Learn(match.Id, Address.Parse(match.Terms.Token));
            }

        foreach (var one in logs[1])
            if (walk.Decode(one, Amendment) is { } change)
            {
                if ((matched.GetValueOrDefault(change.Id)?.Terms ?? amended.GetValueOrDefault(change.Id)) is { } before)
                    replaced.Add(new ReplacedTerms(change.Id, before, change.Block));
                if (matched.TryGetValue(change.Id, out var lease)) matched[change.Id] = lease with { Terms = change.Terms };
                else amended[change.Id] = change.Terms;
            }

        return new LeaseNews([.. matched.Values], amended) { Replaced = replaced };
    }

    private MatchedLease Match(Log one)
    {
        var match = one.DecodeEvent<LeaseMatchedEventDTO>().Event;
        CheckProvider(match.Provider, match.Terms);
        if (LeaseMapping.LeaseIdOf(match.RequestHash, match.FillIndex) != match.LeaseId)
            throw new InvalidDataException("the lease id does not follow from the Request");
        return new MatchedLease(match.LeaseId.ToLeaseId(), match.Terms.ToDomain(), one.BlockNumber);
    }

    private MatchedLease Amendment(Log one)
    {
        var change = one.DecodeEvent<LeaseAmendedEventDTO>().Event;
        CheckProvider(change.Provider, change.Terms);
        return new MatchedLease(change.LeaseId.ToLeaseId(), change.Terms.ToDomain(), one.BlockNumber);
    }

    private void CheckProvider(Address provider, Terms terms)
    {
        if (provider != options.Provider || terms.Provider != options.Provider)
            throw new InvalidDataException($"it is of provider {terms.Provider}");
    }
}
