using System.Numerics;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Mapping;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Microsoft.Extensions.Logging;

namespace Federation.Chain.Ledger;

/// <summary>Sums the payments of one provider's leases.</summary>
internal sealed class EarnedLogs(EthereumClient client, LedgerOptions options, LeaseTokens tokens, ILogger log, ChainMetrics? metrics)
{
    private readonly LogWalk walk = new(client, options.LogRange, log, metrics);

    public async Task<BigInteger> ReadAsync(Address token, ulong from, ulong to, CancellationToken cancellation)
    {
        var logs = await walk.ReadAsync([LogFilter.ForEvent<LeasePaidEventDTO>(options.LeaseManager, null, options.Provider)], from, to, cancellation);
        var sum = BigInteger.Zero;
        foreach (var one in logs[0])
            if (walk.Decode(one, Payment) is { } paid && tokens.Of(paid.LeaseId.ToLeaseId()) == token) sum += paid.Amount - paid.Royalty - paid.Fee;
        return sum;
    }

    private LeasePaidEventDTO Payment(Log one)
    {
        var paid = one.DecodeEvent<LeasePaidEventDTO>().Event;
        return paid.Provider == options.Provider ? paid : throw new InvalidDataException($"it is of provider {paid.Provider}");
    }
}
