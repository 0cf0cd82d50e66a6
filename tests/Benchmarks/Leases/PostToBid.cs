using Federation.Chain.Bindings.Market;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;

namespace Federation.Benchmarks.Leases;

/// <summary>The open path: how soon a Request that is posted on chain has this datacenter's bid there.</summary>
internal sealed class PostToBid : IBenchmark
{
    // Each tenant may have some bids open at once, and no more.
    private const int Posts = 100;
    private const int Renters = 25;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(500);

    public string Name => "post-to-bid";

    public string What => $"{Posts} Requests posted one after the other, real control plane, chain (a block per second) and operator; from the block of the post to the block of the bid";

    public async IAsyncEnumerable<Figure> RunAsync()
    {
        await using var rental = await Rental.StartAsync(nodes: 50, "64", Renters, Posts / Renters);
        var posts = new List<Task<string>>();
        for (var i = 0; i < Posts; i++)
        {
            posts.Add(rental.Renters[i % Renters].PostAsync(default));
            await Task.Delay(Pace, TimeProvider.System);
        }

        using var rpc = new JsonRpcClient(new Uri(rental.Federation.AnvilUrl));
        var (market, client, waits, blocks) = (rental.Chain.Contracts.Market, new EthereumClient(rpc), new Samples(), new Samples());
        foreach (var hash in (await Task.WhenAll(posts)).Select(Bytes32.Parse))
        {
            var post = await BlockAsync(client, LogFilter.ForEvent<RequestPostedEventDTO>(market, hash));
            var bid = await BlockAsync(client, LogFilter.ForEvent<BidPlacedEventDTO>(market, hash));
            waits.Add((rental.SeenAt(bid) - rental.SeenAt(post)).TotalMilliseconds);
            blocks.Add(bid - post);
        }

        yield return new Figure("blocks from post to bid, P50", blocks.Percentile(0.5), "", Ceiling: 2);
        // The post has to be one block deep, and the bid needs a block of its own.
        yield return new Figure("post to bid, P50", waits.Percentile(0.5), "ms", Ceiling: 2_000);
        yield return new Figure("post to bid, P95", waits.Percentile(0.95), "ms", Ceiling: 2_000);
        yield return new Figure("post to bid, P99", waits.Percentile(0.99), "ms", Ceiling: 2_000);
    }

    // Waits without end: who runs a benchmark sees that it does not come to its end.
    private static async Task<ulong> BlockAsync(EthereumClient client, LogFilter filter)
    {
        while (true)
        {
            if (await client.GetLogsAsync(filter with { FromBlock = BlockParameter.AtNumber(0) }, default) is [{ } log, ..]) return log.BlockNumber;
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }
}
