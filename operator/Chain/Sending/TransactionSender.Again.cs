using Federation.Application.Ports;
using Federation.Chain.Signing;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;
using Microsoft.Extensions.Logging;

namespace Federation.Chain.Sending;

// What is sent again: the same with a higher fee, and what was given up for the same purpose.
public sealed partial class TransactionSender
{
    // Whoever gave one up asks again, and the first may still be mined. At its own nonce only one of both is; at a lower one both would be. So the
    // places before it are used first, by transactions that do nothing: what lies there is of something else, and may be wanted no more.
    private async Task<SendOutcome?> ClearWayAsync(IReadOnlyList<string> purposes, CancellationToken cancellation)
    {
        while (purposes.Count > 0)
        {
            var (filler, said) = await InTurnAsync(() => FillBeforeAsync(purposes, cancellation), cancellation);
            if (filler is null) return said;
            log.LogInformation("{Transaction} does nothing but use nonce {Nonce}, which comes before what was sent for the same", filler.LastHash, filler.Nonce);
            var used = await FollowAsync(filler, cancellation);
            if (open.All.Contains(filler)) return SendOutcome.Refused($"A nonce before what was sent for the same is not used yet: {used.Error}");
        }

        return null;
    }

    /// <returns>What fills the lowest place before the one for the same purpose; or none, and what has become of that or is in the way: null where it can be replaced now.</returns>
    private async Task<(PendingTransaction? Filler, SendOutcome? Said)> FillBeforeAsync(IReadOnlyList<string> purposes, CancellationToken cancellation)
    {
        if (open.Held(purposes) is not { } held) return (null, null);
        var count = await client.GetTransactionCountAsync(Address, BlockParameter.Latest, cancellation);
        if (held.Nonce < count) return (null, await UsedAsync(held, cancellation));
        if (held.IsWatched) return (null, SendOutcome.Refused(IsWaitedFor(held.Nonce)));
        return open.Next(count).Nonce < held.Nonce ? await SubmitAsync(Address, [], [], 0, cancellation, held.Nonce) : (null, null);
    }

    /// <summary>What the term's journal holds, that of earlier terms included: what is mined first, then what is waited for. What is taken of it elsewhere stays in it.</summary>
    /// <exception cref="ClusterException">The journal could not be read.</exception>
    /// <exception cref="RpcTransportException">The node could not be reached.</exception>
    internal async Task<IReadOnlyList<RecalledTransaction>> RecallAsync(CancellationToken cancellation)
    {
        if (term is { } current) await AdoptAsync(current, cancellation);
        return
        [
            .. book.Mined.Select(m => new RecalledTransaction(m.Transaction.Purposes, m.Hash, m.Succeeded ? null : "It was mined and reverted.")),
            .. open.All.Select(t => new RecalledTransaction(t.Purposes, t.LastHash, null)),
        ];
    }

    /// <summary>Whether something was signed for one of these that may still be mined; where the journal is unread, perhaps.</summary>
    internal bool MayBeMined(IReadOnlyCollection<string> purposes) => (term is not null && !isRead) || open.Held(purposes) is not null;

    // Mined while nobody waited for it: that is what was wanted.
    private async Task<SendOutcome> UsedAsync(HeldPlace held, CancellationToken cancellation)
    {
        var answers = await client.Rpc.SendBatchAsync([.. held.Same.SelectMany(t => t.Hashes).Select(h => new RpcRequest("eth_getTransactionReceipt", h))], cancellation);
        var receipt = answers.Select(a => a.Get<TransactionReceipt?>()).FirstOrDefault(r => r is not null);
        open.Used(held.Nonce, held.Same);
        if (receipt is null) return SendOutcome.Refused($"Nonce {held.Nonce}, which was signed for the same, is used by now; whether the same is wanted still is looked at anew.");
        if (term is not null) book.NoteMined(held.Same.First(t => t.Hashes.Contains(receipt.TransactionHash)), receipt);
        return await FinishAsync(receipt, cancellation);
    }

    // What was there may have changed since the way was cleared.
    private ((ulong Nonce, PendingTransaction? Left) Place, string? Taken) PlaceFor(IReadOnlyList<string> purposes, ulong count)
    {
        var next = open.Next(count);
        if (!OneOfEach || open.Held(purposes) is not { } held) return (next, null);
        if (held.Nonce < count) return (next, $"Nonce {held.Nonce}, which was signed for the same, is used by now.");
        return ((held.Nonce, held.Left), held.IsWatched ? IsWaitedFor(held.Nonce) : held.Nonce > next.Nonce ? $"Nonce {next.Nonce} comes before what was sent for the same." : null);
    }

    private static string IsWaitedFor(ulong nonce) => $"Nonce {nonce}, which was signed for the same, is waited for; only one of both can take effect.";

    private async Task<T> InTurnAsync<T>(Func<Task<T>> act, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            return await act();
        }
        finally
        {
            turn.Release();
        }
    }

    // The latest version goes out again in any case: a pool that restarted or was full has forgotten it.
    private async Task BumpAsync(PendingTransaction pending, bool isNext, CancellationToken cancellation)
    {
        try
        {
            var wanted = await fees.ReadAsync(cancellation) ?? pending.Fee;
            if (fence?.Refusal is not null) return;
            // One that has to wait for another's nonce gains nothing by a higher fee.
            var more = isNext ? pending.Fee.Bump(wanted, options.Current.MaxFeePerGas) : null;
            if (more is not null || pending.Latest is null) await SignAgainAsync(pending, more ?? pending.Fee, cancellation);
            if (fence?.Refusal is not null) return;
            await Broadcast.SendAsync(client, pending.Latest!, cancellation);
            pending.Sent();
        }
        catch (Exception e) when (e is RpcTransportException or RpcResponseException or SignerUnavailableException or ClusterException)
        {
            log.LogWarning("Nonce {Nonce} is not mined and could not be replaced now: {Reason}", pending.Nonce, e.Message);
        }
    }

    private async Task SignAgainAsync(PendingTransaction pending, Fee fee, CancellationToken cancellation)
    {
        var before = pending.Latest;
        if (!pending.Add(await signer.SignTransactionAsync(pending.Draft with { MaxFeePerGas = fee.Max, MaxPriorityFeePerGas = fee.Priority }, cancellation))) return;
        try
        {
            await SaveAsync(cancellation);
        }
        catch
        {
            pending.TakeBack(before);
            throw;
        }

        metrics?.Bumps.Add(1);
        log.LogWarning("Nonce {Nonce} is not mined: replaced by {Transaction} with at most {Fee} wei per gas", pending.Nonce, pending.LastHash, fee.Max);
        At?.Invoke(SendStep.Bumped, pending.Purposes);
    }
}
