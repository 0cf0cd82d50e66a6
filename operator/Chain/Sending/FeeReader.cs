using System.Numerics;
using Federation.Application.Settings;
using Federation.Chain.Options;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;

namespace Federation.Chain.Sending;

/// <summary>What the next block is likely to cost.</summary>
internal sealed class FeeReader(EthereumClient client, Live<SendingOptions> options)
{
    private const int Blocks = 10;

    /// <returns>Null when the present base fee is above the cap.</returns>
    public async Task<Fee?> ReadAsync(CancellationToken cancellation)
    {
        var (baseFee, priority) = await LookAsync(cancellation);
        return Fee.For(baseFee, BigInteger.Max(priority, options.Current.MinPriorityFeePerGas), options.Current.MaxFeePerGas);
    }

    /// <returns>What a unit of gas costs in the next block; null when that is above the cap.</returns>
    public async Task<BigInteger?> ReadPriceAsync(CancellationToken cancellation)
    {
        var (baseFee, priority) = await LookAsync(cancellation);
        var price = baseFee + BigInteger.Max(priority, options.Current.MinPriorityFeePerGas);
        return price > options.Current.MaxFeePerGas ? null : price;
    }

    private async Task<(BigInteger Base, BigInteger Priority)> LookAsync(CancellationToken cancellation)
    {
        try
        {
            var history = await client.GetFeeHistoryAsync(Blocks, BlockParameter.Latest, [50], cancellation);
            var rewards = (history.Reward ?? []).Where(r => r.Count > 0).Select(r => r[0]).Order().ToArray();
            return (history.BaseFeePerGas[^1], rewards.Length == 0 ? BigInteger.Zero : rewards[rewards.Length / 2]);
        }
        catch (RpcResponseException)
        {
            // Not every chain has eth_feeHistory. What a legacy transaction would pay covers base fee and tip.
            return (await client.GetGasPriceAsync(cancellation), BigInteger.Zero);
        }
    }
}
