using System.Diagnostics;
using System.Text.Json.Nodes;
using Federation.Chain.Bindings.Market;
using Federation.Cluster.Entities;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;
using Federation.Harness.Load;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;

namespace Federation.Benchmarks.Leases;

/// <summary>The open path: how soon a Request that is posted on chain has this datacenter's bid there.</summary>
internal sealed class PostToBid : IBenchmark
{
    // A datacenter may have 64 bids open, and an open one is over a minute after its post.
    private const int Posts = 60;
    private const int Renters = 20;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan TimeForBids = TimeSpan.FromSeconds(65);

    public string Name => "post-to-bid";

    public string What => $"{Posts} Requests posted one after the other, real control plane, chain (a block per second) and operator; from the block of the post to the block of the bid";

    public async IAsyncEnumerable<Figure> RunAsync()
    {
        await using var rental = await Rental.StartAsync(nodes: 50, "64", Renters, Posts / Renters);
        await rental.Admin.Resource(ResourceKind.Of<V1Alpha1Datacenter>()).PatchAsync(
            rental.Datacenter.Name, null, V1Patch.Merge(new JsonObject { ["spec"] = new JsonObject { ["bids"] = new JsonObject { ["maxOpen"] = 64 } } }));
        using var rpc = new JsonRpcClient(new Uri(rental.Federation.AnvilUrl));
        var (client, bids) = (new EthereumClient(rpc), new List<Task<(ulong Post, ulong? Bid)>>());
        for (var i = 0; i < Posts; i++)
        {
            bids.Add(PostAsync(rental, rental.Renters[i % Renters], client));
            await Task.Delay(Pace, TimeProvider.System);
        }

        var (waits, blocks, unanswered) = (new Samples(), new Samples(), 0);
        foreach (var (post, bid) in await Task.WhenAll(bids))
        {
            if (bid is null) unanswered++;
            else waits.Add((rental.SeenAt(bid.Value) - rental.SeenAt(post)).TotalMilliseconds);
            if (bid is not null) blocks.Add(bid.Value - post);
        }

        yield return new Figure("posts that nobody bid for", unanswered, "", Target: 0);
        if (waits.Count == 0) yield break;
        // The post has to be one block deep, and the bid needs a block of its own.
        var least = 2 * rental.BlockTime.TotalMilliseconds;
        yield return new Figure("blocks from post to bid, P50", blocks.Percentile(0.5), "", Ceiling: 2);
        yield return new Figure("post to bid, P50", waits.Percentile(0.5), "ms", Ceiling: least);
        yield return new Figure("post to bid, P95", waits.Percentile(0.95), "ms", Target: 5_000, Ceiling: least);
        yield return new Figure("post to bid, longest", waits.Percentile(1), "ms", Ceiling: least);
    }

    private static async Task<(ulong Post, ulong? Bid)> PostAsync(Rental rental, Renter renter, EthereumClient client)
    {
        var (market, hash) = (rental.Chain.Contracts.Market, Bytes32.Parse(await renter.PostAsync(default)));
        var post = await FindAsync(client, LogFilter.ForEvent<RequestPostedEventDTO>(market, hash));
        return (post!.Value, await FindAsync(client, LogFilter.ForEvent<BidPlacedEventDTO>(market, hash)));
    }

    // No bid is taken after the time for bids.
    private static async Task<ulong?> FindAsync(EthereumClient client, LogFilter filter)
    {
        var begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) < TimeForBids)
        {
            if (await client.GetLogsAsync(filter with { FromBlock = BlockParameter.AtNumber(0) }, default) is [{ } log, ..]) return log.BlockNumber;
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        }

        return null;
    }
}
