using Federation.Application.Ports;
using Federation.Chain.Options;
using Federation.Chain.Signing;
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
/// is safe because whoever wanted the old one asks again.
/// </summary>
/// <param name="fence">Null: the key sends at any time.</param>
public sealed class TransactionSender(
    EthereumClient client, ulong chainId, ISigner signer, SendingOptions options, TimeProvider clock, ILogger<TransactionSender> log, ChainMetrics? metrics = null, ISendFence? fence = null) : IDisposable
{
    // Between simulation and block others may warm or cool storage slots.
    private const ulong GasMarginPercent = 20;
    private const int NonceAttempts = 3;

    private readonly SemaphoreSlim turn = new(1);
    private readonly WatchedSigner signer = WatchedSigner.Of(signer, clock);
    private readonly FeeReader fees = new(client, options);
    private readonly OpenNonces open = new();

    /// <summary>The account that sends and pays.</summary>
    public Address Address => signer.Address;

    public void Dispose() => turn.Dispose();

    /// <summary>Simulates, signs, sends, and waits until it is mined.</summary>
    /// <exception cref="RpcTransportException">The node could not be reached before anything was sent.</exception>
    /// <exception cref="SignerUnavailableException">Nothing was signed, and nothing sent.</exception>
    public Task<SendOutcome> SendAsync(Address contract, FunctionMessage message, CancellationToken cancellation) =>
        SendAsync(contract, message.EncodeCall(), cancellation);

    /// <param name="to">Null: <paramref name="data"/> creates a contract.</param>
    /// <exception cref="RpcTransportException">The node could not be reached before anything was sent.</exception>
    /// <exception cref="SignerUnavailableException">Nothing was signed, and nothing sent.</exception>
    public async Task<SendOutcome> SendAsync(Address? to, byte[] data, CancellationToken cancellation)
    {
        var outcome = await RunAsync(to, data, cancellation);
        var name = outcome switch { { Error: null } => "mined", { Receipt: not null } => "reverted", { Hash: null } => "refused", _ => "failed" };
        metrics?.Transactions.Add(1, ChainMetrics.Tag("outcome", name));
        metrics?.GasUsed.Add((long)(outcome.Receipt?.GasUsed ?? 0));
        return outcome;
    }

    private async Task<SendOutcome> RunAsync(Address? to, byte[] data, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        PendingTransaction? pending;
        SendOutcome? refused;
        try
        {
            (pending, refused) = await SubmitAsync(to, data, cancellation);
        }
        finally
        {
            turn.Release();
        }

        if (pending is null) return refused!;
        try
        {
            return await WaitAsync(pending, cancellation);
        }
        finally
        {
            open.Leave(pending);
        }
    }

    /// <returns>What is in the pool and must be waited for, or why nothing was sent.</returns>
    private async Task<(PendingTransaction? Pending, SendOutcome? Refused)> SubmitAsync(Address? to, byte[] data, CancellationToken cancellation)
    {
        ulong gas;
        try
        {
            gas = await client.EstimateGasAsync(new CallInput { From = Address, To = to, Data = data }, ct: cancellation);
        }
        catch (RpcResponseException e)
        {
            return (null, SendOutcome.Refused(ContractErrors.Explain(e) ?? e.RpcMessage) with { IsReverted = IsOfTheCall(e) });
        }

        var draft = new Eip1559Transaction
        {
            ChainId = chainId, Nonce = 0, MaxFeePerGas = 0, MaxPriorityFeePerGas = 0, To = to, Data = data,
            Gas = gas + (gas * GasMarginPercent / 100),
        };
        for (var attempt = 1; ; attempt++)
        {
            if (await fees.ReadAsync(cancellation) is not { } fee)
                return (null, SendOutcome.Refused($"The base fee is above the cap of {options.MaxFeePerGas} wei per gas; sending waits."));
            var (answer, pending, reason) = await PlaceAsync(draft, fee, cancellation);
            if (answer == BroadcastAnswer.Sent) return (pending, null);
            if (answer == BroadcastAnswer.Withheld) return (null, SendOutcome.Refused(reason));
            if (answer != BroadcastAnswer.NonceUsed || attempt == NonceAttempts) return (null, SendOutcome.Refused($"The node did not take the transaction: {reason}"));
            log.LogWarning("Nonce {Nonce} of {Sender} was used by another transaction; trying the next", pending.Nonce, Address);
        }
    }

    /// <summary>Signs for the next nonce and broadcasts; where the pool holds another transaction with it, offers more for the place.</summary>
    private async Task<(BroadcastAnswer Answer, PendingTransaction Pending, string Reason)> PlaceAsync(Eip1559Transaction draft, Fee fee, CancellationToken cancellation)
    {
        var (nonce, left) = open.Next(await client.GetTransactionCountAsync(Address, BlockParameter.Latest, cancellation));
        // The one left behind is another call: mined after all, it must not pass for this one.
        var pending = new PendingTransaction(nonce);
        if (left is not null)
        {
            // At the cap it may be one that the pool has forgotten: a pool that has it says that more is wanted.
            fee = left.Fee.Bump(fee, options.MaxFeePerGas) ?? left.Fee;
        }

        while (true)
        {
            if (fence?.Refusal is { } closed) return (BroadcastAnswer.Withheld, pending, closed);
            var signed = await signer.SignTransactionAsync(draft with { Nonce = nonce, MaxFeePerGas = fee.Max, MaxPriorityFeePerGas = fee.Priority }, cancellation);
            // Signing elsewhere takes its time, and a process may sleep at any point.
            if (fence?.Refusal is { } shut) return (BroadcastAnswer.Withheld, pending, shut);
            var (answer, reason) = await Broadcast.SendAsync(client, signed, cancellation);
            if (answer == BroadcastAnswer.Sent)
            {
                pending.Add(signed);
                open.Watch(pending);
                log.LogInformation("Sent {Transaction}, nonce {Nonce}, at most {Fee} wei per gas", signed.Hash, nonce, fee.Max);
                return (answer, pending, reason);
            }

            if (answer != BroadcastAnswer.Underpriced || fee.Bump(fee, options.MaxFeePerGas) is not { } next) return (answer, pending, reason);
            fee = next;
        }
    }

    private async Task<SendOutcome> WaitAsync(PendingTransaction pending, CancellationToken cancellation)
    {
        var watch = new InclusionWatch(client, pending, Address, options, clock);
        while (true)
        {
            switch (await watch.LookAsync(cancellation))
            {
                case Inclusion.Mined:
                    open.Forget(pending);
                    return await FinishAsync(watch.Receipt!, cancellation);
                case Inclusion.Superseded:
                    open.Forget(pending);
                    return new SendOutcome(null, pending.Latest.Hash, $"Nonce {pending.Nonce} was used by another transaction of {Address}.");
                case Inclusion.GivenUp:
                    return new SendOutcome(null, pending.Latest.Hash, $"Not mined within {options.GiveUpAfter}; it may still be.");
                case Inclusion.Late:
                    await BumpAsync(pending, watch.IsNext, cancellation);
                    break;
                default:
                    break;
            }

            await Task.Delay(options.PollInterval, clock, cancellation);
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
            if (isNext && pending.Fee.Bump(wanted, options.MaxFeePerGas) is { } more)
            {
                var old = pending.Latest.Transaction;
                var signed = await signer.SignTransactionAsync(old with { MaxFeePerGas = more.Max, MaxPriorityFeePerGas = more.Priority }, cancellation);
                pending.Add(signed);
                metrics?.Bumps.Add(1);
                log.LogWarning("Nonce {Nonce} is not mined: replaced by {Transaction} with at most {Fee} wei per gas", pending.Nonce, signed.Hash, more.Max);
            }

            if (fence?.Refusal is null) await Broadcast.SendAsync(client, pending.Latest, cancellation);
        }
        catch (Exception e) when (e is RpcTransportException or RpcResponseException or SignerUnavailableException)
        {
            log.LogWarning("Nonce {Nonce} is not mined and could not be replaced now: {Reason}", pending.Nonce, e.Message);
        }
    }

    private async Task<SendOutcome> FinishAsync(TransactionReceipt receipt, CancellationToken cancellation)
    {
        if (receipt.Succeeded) return new SendOutcome(receipt, receipt.TransactionHash, null);
        return new SendOutcome(receipt, receipt.TransactionHash, await WhyRevertedAsync(receipt, cancellation)) { IsReverted = true };
    }

    // Nodes say in words that a call needs more gas than a block has, or than the account can pay.
    private static bool IsOfTheCall(RpcResponseException error) =>
        ContractErrors.Explain(error) is not null || error.IsRevert || error.RpcMessage.Contains("gas required exceeds", StringComparison.OrdinalIgnoreCase);

    // The receipt does not say why: the same call on the state before it most likely fails alike.
    private async Task<string> WhyRevertedAsync(TransactionReceipt receipt, CancellationToken cancellation)
    {
        try
        {
            var sent = await client.GetTransactionByHashAsync(receipt.TransactionHash, cancellation);
            if (sent is not null)
                await client.CallAsync(new CallInput { From = Address, To = sent.To, Data = sent.Input, Gas = sent.Gas }, BlockParameter.AtNumber(receipt.BlockNumber), cancellation);
        }
        catch (RpcResponseException e) when (ContractErrors.Explain(e) is { } reason)
        {
            return reason;
        }
        catch (Exception e) when (e is RpcTransportException or RpcResponseException)
        {
            // The transaction has reverted whether or not the reason can be had.
        }

        return $"reverted in block {receipt.BlockNumber}";
    }
}
