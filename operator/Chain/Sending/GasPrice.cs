using System.Numerics;
using Federation.Application.Ports;
using Federation.Application.Settings;
using Federation.Chain.Options;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;

namespace Federation.Chain.Sending;

/// <summary>The price of gas, asked for at most once a block of Ethereum's.</summary>
public sealed class GasPrice(EthereumClient client, Live<SendingOptions> options, TimeProvider clock) : IGasPrice
{
    private static readonly TimeSpan Lasts = TimeSpan.FromSeconds(12);

    private readonly FeeReader fees = new(client, options);
    private volatile Known? known;

    /// <inheritdoc/>
    public async Task<BigInteger?> ReadAsync(CancellationToken cancellation)
    {
        if (known is { } last && clock.GetElapsedTime(last.At) < Lasts) return last.Price;
        try
        {
            known = new Known(await fees.ReadPriceAsync(cancellation), clock.GetTimestamp());
            return known.Price;
        }
        catch (Exception e) when (e is RpcTransportException or RpcResponseException)
        {
            return null;
        }
    }

    private sealed record Known(BigInteger? Price, long At);
}
