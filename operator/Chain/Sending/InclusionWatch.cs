using Federation.Chain.Options;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;

namespace Federation.Chain.Sending;

internal enum Inclusion
{
    Waiting,
    Mined,

    /// <summary>Another transaction took the nonce.</summary>
    Superseded,

    /// <summary>Time for a higher fee.</summary>
    Late,
    GivenUp,

    /// <summary>A lower nonce has to be used first, and nobody waits for that one.</summary>
    Behind,
}

/// <summary>Looks whether a transaction, or one of its replacements, has been mined.</summary>
internal sealed class InclusionWatch(EthereumClient client, PendingTransaction pending, Address sender, SendingOptions options, TimeProvider clock)
{
    private readonly long started = clock.GetTimestamp();
    private long stepped = clock.GetTimestamp();
    private ulong? steppedAt;
    private bool isLate;
    private ulong? gap;

    /// <summary>Of this nonce, and the first that no block has used: the lowest between them that nobody waits for. Null: nothing gives way to it.</summary>
    public Func<ulong, ulong, ulong?>? Gap { get; init; }

    public TransactionReceipt? Receipt { get; private set; }

    /// <summary>The first nonce that no block has used, at the last look.</summary>
    public ulong Next { get; private set; }

    /// <summary>No other nonce has to be used before this one, at the last look.</summary>
    public bool IsNext => Next == pending.Nonce;

    public async Task<Inclusion> LookAsync(CancellationToken cancellation)
    {
        try
        {
            // The nonce is read before the receipts: mined in between, it shows among them.
            Next = await client.GetTransactionCountAsync(sender, BlockParameter.Latest, cancellation);
            if (await FindReceiptAsync(cancellation)) return Inclusion.Mined;
            if (Next > pending.Nonce) return await GoneAsync(cancellation) ? Inclusion.Superseded : Inclusion.Waiting;
            var head = await client.GetBlockNumberAsync(cancellation);
            steppedAt ??= head;
            if (IsBehind()) return Inclusion.Behind;
            return Clock(head);
        }
        catch (Exception e) when (e is RpcTransportException or RpcResponseException)
        {
            // The node is away: the transaction may be mined meanwhile, so nothing is concluded but time.
            return clock.GetElapsedTime(started) > options.GiveUpAfter ? Inclusion.GivenUp : Inclusion.Waiting;
        }
    }

    // After a reorg, say. Waiting on, it and others would take the places of what could fill the gap. Not at once, for whoever is there may be
    // about to; and twice, for of several nodes behind one address one may be late.
    private bool IsBehind()
    {
        var before = gap;
        gap = isLate ? Gap?.Invoke(pending.Nonce, Next) : null;
        return gap is not null && gap == before;
    }

    private Inclusion Clock(ulong head)
    {
        if (clock.GetElapsedTime(started) > options.GiveUpAfter) return Inclusion.GivenUp;
        var late = head >= steppedAt + options.BumpAfterBlocks || clock.GetElapsedTime(stepped) >= options.BumpAfter;
        if (!late) return Inclusion.Waiting;
        (steppedAt, stepped, isLate) = (head, clock.GetTimestamp(), true);
        return Inclusion.Late;
    }

    private async Task<bool> FindReceiptAsync(CancellationToken cancellation)
    {
        var answers = await client.Rpc.SendBatchAsync([.. pending.Hashes.Select(h => new RpcRequest("eth_getTransactionReceipt", h))], cancellation);
        Receipt = answers.Select(a => a.Get<TransactionReceipt?>()).FirstOrDefault(r => r is not null);
        return Receipt is not null;
    }

    // Nodes behind one address may differ by a block: the receipt gets a second chance before the nonce counts as lost.
    private async Task<bool> GoneAsync(CancellationToken cancellation)
    {
        await Task.Delay(options.PollInterval, clock, cancellation);
        return !await FindReceiptAsync(cancellation);
    }
}
