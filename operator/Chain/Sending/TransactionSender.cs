using System.Diagnostics;
using Federation.Application.Ports;
using Federation.Application.Settings;
using Federation.Application.Telemetry;
using Federation.Chain.Options;
using Federation.Chain.Signing;
using Federation.Domain.Leases;
using Federation.Ethereum;
using Federation.Ethereum.Abi;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;
using Federation.Ethereum.Signing;
using Federation.Ethereum.Transactions;
using Microsoft.Extensions.Logging;

namespace Federation.Chain.Sending;

/// <summary>
/// The one sender of a key: one transaction at a time is simulated, signed and sent; several may wait for their blocks.
/// Nonces come from the chain and not from memory, those that are waited for aside, so that a restart, a foreign transaction
/// of the same key and a gap are all the same to it. What it left behind unmined is replaced by the next transaction, which
/// is safe because whoever wanted the old one asks again. In a term of leadership each transaction is in the journal before it
/// leaves; the next term goes on with those that a node knows, and sends none of them twice.
/// </summary>
/// <param name="fence">Null: the key sends at any time.</param>
public sealed partial class TransactionSender(
    EthereumClient client, ulong chainId, ISigner signer, Live<SendingOptions> options, TimeProvider clock, ILogger<TransactionSender> log, ChainMetrics? metrics = null, ISendFence? fence = null) : IDisposable
{
    // Between simulation and block others may warm or cool storage slots.
    private const ulong GasMarginPercent = 20;
    private const int NonceAttempts = 3;

    private readonly SemaphoreSlim turn = new(1);
    private readonly WatchedSigner signer = WatchedSigner.Of(signer, clock);
    private readonly FeeReader fees = new(client, options);
    private readonly OpenNonces open = new();
    private readonly SendBook book = new();
    private volatile SendingTerm? term;
    private CancellationToken termLife;
    private IReadOnlyList<Adopted> adopted = [];
    private volatile bool isRead;
    private volatile string? journalProblem;
    private volatile string? unwritten;
    private ulong? yielded;

    /// <summary>The account that sends and pays.</summary>
    public Address Address => signer.Address;

    /// <summary>Why what was sent before cannot be read, or what is to be sent not written, for people: nothing is sent meanwhile. Null when both can, or nobody has tried yet.</summary>
    public string? JournalProblem => journalProblem ?? unwritten;

    /// <summary>How long a transaction of the key that is not of this process may take before its place is taken. Zero: no time at all, for a key with one program.</summary>
    public TimeSpan YieldsFor { get; init; }

    /// <summary>What waits behind a nonce that nobody fills makes room for what does. Only where all that the key sends takes effect once, however often it is sent.</summary>
    public bool GivesWay { get; init; }

    /// <summary>What is sent for a purpose takes effect each time: no second one is ever beside a first one that may still be mined.</summary>
    public bool OneOfEach { get; init; }

    /// <summary>Tests end the process here; with the purposes of the transaction.</summary>
    internal Action<SendStep, IReadOnlyList<string>>? At { get; set; }

    public void Dispose()
    {
        turn.Dispose();
        book.Dispose();
    }

    /// <summary>From here on everything is in this term's journal; what is there of earlier terms is gone on with.</summary>
    /// <param name="life">Ends with the term.</param>
    public void BeginTerm(SendingTerm next, CancellationToken life)
    {
        (term, termLife, adopted, isRead, journalProblem, unwritten) = (next, life, [], false, null, null);
        open.Clear();
        book.Clear();
    }

    /// <summary>Goes on with what earlier terms left, and looks whether what was mined stays so.</summary>
    public async Task RunAsync(TimeSpan interval, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                await LookBackAsync(cancellation);
            }
            catch (Exception e) when (!cancellation.IsCancellationRequested)
            {
                log.LogWarning("What was sent before could not be looked at; it is tried again: {Reason}", e.Message);
            }

            await Task.Delay(interval, clock, cancellation);
        }
    }

    /// <summary>One look at what is mined and not final.</summary>
    /// <exception cref="RpcTransportException">The node could not be reached.</exception>
    /// <exception cref="ClusterException">The journal could not be read, or not be written still.</exception>
    public async Task LookBackAsync(CancellationToken cancellation)
    {
        if (term is not { } current) return;
        await AdoptAsync(current, cancellation);
        // With nothing to send, nobody else would find out that it can be written again.
        if (unwritten is not null) await SaveAsync(cancellation);
        await Past().ConfirmAsync(current.Finalized(), At, cancellation);
    }

    /// <summary>Which of these an earlier term sent in one transaction, and what comes of that; null when it sent none.</summary>
    internal async Task<(IReadOnlySet<string> Purposes, Task<SendOutcome> Outcome)?> TakeAdoptedAsync(IReadOnlyCollection<string> purposes, CancellationToken cancellation)
    {
        if (term is not { } current) return null;
        foreach (var one in await AdoptAsync(current, cancellation))
            if (one.Take(purposes) is { Count: > 0 } taken) return (taken, one.Outcome);
        return null;
    }

    /// <summary>Simulates, signs, sends, and waits until it is mined.</summary>
    /// <exception cref="RpcTransportException">The node could not be reached before anything was sent.</exception>
    /// <exception cref="SignerUnavailableException">Nothing was signed, and nothing sent.</exception>
    public Task<SendOutcome> SendAsync(Address contract, FunctionMessage message, CancellationToken cancellation, IReadOnlyList<string>? purposes = null, ulong spareGas = 0) =>
        SendAsync(contract, message.EncodeCall(), cancellation, purposes, spareGas);

    /// <param name="to">Null: <paramref name="data"/> creates a contract.</param>
    /// <param name="purposes">What it is for, as the journal keeps it.</param>
    /// <param name="spareGas">Beside the usual margin: for what may take another way in its block than in the estimate.</param>
    /// <exception cref="RpcTransportException">The node could not be reached before anything was sent.</exception>
    /// <exception cref="SignerUnavailableException">Nothing was signed, and nothing sent.</exception>
    public async Task<SendOutcome> SendAsync(Address? to, byte[] data, CancellationToken cancellation, IReadOnlyList<string>? purposes = null, ulong spareGas = 0)
    {
        using var span = Spans.Start("transaction");
        var outcome = await RunAsync(to, data, purposes ?? [], spareGas, cancellation);
        var name = outcome switch { { Error: null } => "mined", { Receipt: not null } => "reverted", { Hash: null } => "refused", _ => "failed" };
        metrics?.Transactions.Add(1, ChainMetrics.Tag("outcome", name));
        Tell(span, outcome, name, purposes ?? []);
        metrics?.GasUsed.Add((long)(outcome.Receipt?.GasUsed ?? 0));
        return outcome;
    }

    private static void Tell(Activity? span, SendOutcome outcome, string name, IReadOnlyList<string> purposes)
    {
        span?.SetTag("federation.transaction.outcome", name).SetTag("federation.transaction.hash", outcome.Hash?.ToString())
            .SetTag("federation.transaction.block", (long?)outcome.Receipt?.BlockNumber).About(LeasesOf(purposes));
        if (outcome.Error is { } error) span?.Failed(error);
    }

    // A purpose names what is wanted, and of which lease.
    private static IEnumerable<LeaseId> LeasesOf(IEnumerable<string> purposes) =>
        purposes.SelectMany(p => p.Split(' ').Skip(1).Take(1)).SelectMany(word => LeaseId.TryParse(word, out var lease) ? new[] { lease } : []);

    private async Task<SendOutcome> RunAsync(Address? to, byte[] data, IReadOnlyList<string> purposes, ulong spareGas, CancellationToken cancellation)
    {
        if (term is { } current) await AdoptAsync(current, cancellation);
        PendingTransaction? pending;
        SendOutcome? refused;
        try
        {
            if (OneOfEach && await ClearWayAsync(purposes, cancellation) is { } first) return first;
            (pending, refused) = await InTurnAsync(() => SubmitAsync(to, data, purposes, spareGas, cancellation), cancellation);
        }
        catch (ClusterException e)
        {
            return SendOutcome.Refused($"Nothing is sent that the journal does not hold, and it was not written: {e.Message}");
        }

        return pending is null ? refused! : await FollowAsync(pending, cancellation);
    }

    private async Task<SendOutcome> FollowAsync(PendingTransaction pending, CancellationToken cancellation)
    {
        using var span = Spans.Start("transaction.await");
        span?.SetTag("federation.transaction.hash", pending.LastHash.ToString()).About(LeasesOf(pending.Purposes));
        try
        {
            return await WaitAsync(pending, cancellation);
        }
        finally
        {
            open.Leave(pending);
        }
    }

    private async Task<IReadOnlyList<Adopted>> AdoptAsync(SendingTerm current, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            if (isRead) return adopted;
            Task<IReadOnlyList<Adopted>> more = null!;
            LeaseScopes.StartApart(() => more = Past().AdoptAsync(current.Journal, chainId, p => FollowAsync(p, termLife), r => FinishAsync(r, termLife), cancellation));
            (adopted, isRead, journalProblem) = ([.. adopted, .. await more], true, null);
            return adopted;
        }
        catch (ClusterException e)
        {
            journalProblem = e.Message;
            throw;
        }
        finally
        {
            turn.Release();
        }
    }

    private LookBack Past() => new(client, Address, open, book, log, metrics);

    /// <param name="below">It is to have a nonce below this one, or none.</param>
    /// <returns>What is in the pool and must be waited for, or why nothing was sent.</returns>
    private async Task<(PendingTransaction? Pending, SendOutcome? Refused)> SubmitAsync(
        Address? to, byte[] data, IReadOnlyList<string> purposes, ulong spareGas, CancellationToken cancellation, ulong below = ulong.MaxValue)
    {
        // Whose place it is to be is not asked, and what it changes is in the estimate.
        var isFree = await LetThroughAsync(cancellation);
        ulong gas;
        try
        {
            gas = await client.EstimateGasAsync(new CallInput { From = Address, To = to, Data = data }, ct: cancellation);
        }
        catch (RpcResponseException e)
        {
            return (null, SendOutcome.Refused(ContractErrors.Explain(e) ?? e.RpcMessage) with { IsReverted = Refusals.IsOfTheCall(e) });
        }

        var draft = new Eip1559Transaction
        {
            ChainId = chainId, Nonce = 0, MaxFeePerGas = 0, MaxPriorityFeePerGas = 0, To = to, Data = data,
            Gas = gas + (gas * GasMarginPercent / 100) + spareGas,
        };
        for (var attempt = 1; ; attempt++)
        {
            if (await fees.ReadAsync(cancellation) is not { } fee)
                return (null, SendOutcome.Refused($"The base fee is above the cap of {options.Current.MaxFeePerGas} wei per gas; sending waits."));
            var (answer, pending, reason) = await PlaceAsync(draft, purposes, fee, isFree, below, cancellation);
            if (answer == BroadcastAnswer.Sent) return (pending, null);
            if (answer == BroadcastAnswer.Withheld) return (null, SendOutcome.Refused(reason));
            if (answer == BroadcastAnswer.Underpriced && isFree)
            {
                await LetThroughAsync(cancellation);
                isFree = false;
                continue;
            }
            if (answer != BroadcastAnswer.NonceUsed || attempt == NonceAttempts) return (null, SendOutcome.Refused($"The node did not take the transaction: {reason}"));
            log.LogWarning("Nonce {Nonce} of {Sender} was used by another transaction; trying the next", pending.Nonce, Address);
        }
    }

    /// <summary>Waits until the pool holds nothing of the key that is not of this process: whether that was worth it, and it holds nothing.</summary>
    private async Task<bool> LetThroughAsync(CancellationToken cancellation)
    {
        for (var since = clock.GetTimestamp(); term is null && clock.GetElapsedTime(since) < YieldsFor; await Task.Delay(options.Current.PollInterval, clock, cancellation))
        {
            var (nonce, left) = open.Next(await client.GetTransactionCountAsync(Address, BlockParameter.Latest, cancellation));
            if (left is not null || nonce == yielded) return false;
            if (await client.GetTransactionCountAsync(Address, BlockParameter.Pending, cancellation) <= nonce) return true;
            // Once for each: what is to be sent may not hold for as long again.
            if (clock.GetElapsedTime(since) + options.Current.PollInterval >= YieldsFor) yielded = nonce;
        }

        return false;
    }

    /// <summary>Signs for the next nonce and broadcasts; where the pool holds another transaction with it, offers more for the place, unless that has to be free.</summary>
    private async Task<(BroadcastAnswer Answer, PendingTransaction Pending, string Reason)> PlaceAsync(
        Eip1559Transaction draft, IReadOnlyList<string> purposes, Fee fee, bool isFree, ulong below, CancellationToken cancellation)
    {
        var ((nonce, left), taken) = PlaceFor(purposes, await client.GetTransactionCountAsync(Address, BlockParameter.Latest, cancellation));
        if (nonce >= below) taken ??= "The nonces before what was sent for the same are used by now.";
        At?.Invoke(SendStep.NonceRead, purposes);
        // The one left behind is another call: mined after all, it must not pass for this one.
        var pending = new PendingTransaction(draft with { Nonce = nonce }, purposes);
        if (taken is not null) return (BroadcastAnswer.Withheld, pending, taken);
        // At the cap it may be one that the pool has forgotten: a pool that has it says that more is wanted.
        if (left is not null) fee = left.Fee.Bump(fee, options.Current.MaxFeePerGas) ?? left.Fee;
        var answer = BroadcastAnswer.Refused;
        try
        {
            while (true)
            {
                if (fence?.Refusal is { } closed) return (BroadcastAnswer.Withheld, pending, closed);
                pending.Add(await signer.SignTransactionAsync(pending.Draft with { MaxFeePerGas = fee.Max, MaxPriorityFeePerGas = fee.Priority }, cancellation));
                At?.Invoke(SendStep.Signed, purposes);
                open.Watch(pending);
                await SaveAsync(cancellation);
                At?.Invoke(SendStep.Journaled, purposes);
                // Signing and writing down take their time, and a process may sleep at any point.
                if (fence?.Refusal is { } shut) return (BroadcastAnswer.Withheld, pending, shut);
                // Until the node has said something else, it may be in the pool.
                (answer, var reason) = (BroadcastAnswer.Sent, "");
                (answer, reason) = await Broadcast.SendAsync(client, pending.Latest!, cancellation);
                if (answer == BroadcastAnswer.Sent)
                {
                    pending.Sent();
                    log.LogInformation("Sent {Transaction}, nonce {Nonce}, at most {Fee} wei per gas", pending.LastHash, nonce, fee.Max);
                    At?.Invoke(SendStep.Broadcast, purposes);
                }

                if (answer != BroadcastAnswer.Underpriced || isFree || fee.Bump(fee, options.Current.MaxFeePerGas) is not { } next) return (answer, pending, reason);
                fee = next;
            }
        }
        catch when (answer == BroadcastAnswer.Sent)
        {
            open.Leave(pending);
            throw;
        }
        finally
        {
            if (answer != BroadcastAnswer.Sent) open.Replace(pending, left);
        }
    }

    private async Task SaveAsync(CancellationToken cancellation)
    {
        if (term is not { } current) return;
        try
        {
            // What another has written since is known before it is written over.
            if (!isRead) throw new ClusterException("JournalUnread", "It is being read anew.", isTransient: true);
            await book.SaveAsync(current.Journal, open, Address, cancellation);
            unwritten = null;
        }
        catch (ClusterException e)
        {
            (isRead, unwritten) = (false, e.Message);
            throw;
        }
    }

    private async Task<SendOutcome> WaitAsync(PendingTransaction pending, CancellationToken cancellation)
    {
        var watch = new InclusionWatch(client, pending, Address, options.Current, clock) { Gap = GivesWay ? open.GapBefore : null };
        for (var isFirst = true; ; isFirst = false)
        {
            var seen = await watch.LookAsync(cancellation);
            if (isFirst) At?.Invoke(SendStep.FirstPoll, pending.Purposes);
            switch (seen)
            {
                case Inclusion.Mined:
                    At?.Invoke(SendStep.MinedSeen, pending.Purposes);
                    if (term is not null) book.NoteMined(pending, watch.Receipt!);
                    open.Forget(pending);
                    At?.Invoke(SendStep.Cleared, pending.Purposes);
                    return await FinishAsync(watch.Receipt!, cancellation);
                case Inclusion.Superseded:
                    if (OneOfEach) open.Lose(pending);
                    else open.Forget(pending);
                    return new SendOutcome(null, pending.LastHash, $"Nonce {pending.Nonce} was used by another transaction of {Address}.");
                case Inclusion.GivenUp:
                    return new SendOutcome(null, pending.LastHash, $"Not mined within {options.Current.GiveUpAfter}; it may still be.");
                case Inclusion.Behind:
                    return new SendOutcome(null, pending.LastHash, "Not mined: a nonce before it has to be used first, which what is sent next does; it may still be.");
                case Inclusion.Late:
                    await BumpAsync(pending, watch.IsNext, cancellation);
                    break;
            }

            await Task.Delay(options.Current.PollInterval, clock, cancellation);
        }
    }

    private async Task<SendOutcome> FinishAsync(TransactionReceipt receipt, CancellationToken cancellation)
    {
        if (receipt.Succeeded) return new SendOutcome(receipt, receipt.TransactionHash, null);
        return new SendOutcome(receipt, receipt.TransactionHash, await Refusals.WhyRevertedAsync(client, Address, receipt, cancellation)) { IsReverted = true };
    }
}
