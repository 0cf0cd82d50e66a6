using Federation.Ethereum;
using Federation.Ethereum.Cryptography;
using Federation.Ethereum.JsonRpc;
using Federation.Ethereum.Signing;
using Federation.Ethereum.Transactions;
using Federation.Ethereum.TypedData;

namespace Federation.Chain.Signing;

/// <summary>Another signer, whose failures are told from those of the chain's node, and remembered until it signs again.</summary>
public sealed class WatchedSigner(ISigner signer, TimeProvider clock) : ISigner
{
    // A signer that answers and does not sign may be mended unseen; longer than the longest wait between two tries.
    private static readonly TimeSpan Doubt = TimeSpan.FromMinutes(3);

    private volatile Failure? failure;

    /// <summary>What the last signature failed with; null when there was none, or it did not.</summary>
    public string? Problem => failure?.Message;

    /// <inheritdoc/>
    public Address Address => signer.Address;

    public static WatchedSigner Of(ISigner signer, TimeProvider clock) => signer as WatchedSigner ?? new WatchedSigner(signer, clock);

    /// <inheritdoc/>
    /// <exception cref="SignerUnavailableException">It could not be asked, refused, or signed something else.</exception>
    public Task<SignedTransaction> SignTransactionAsync(Eip1559Transaction transaction, CancellationToken cancellationToken = default) =>
        WatchAsync(() => signer.SignTransactionAsync(transaction, cancellationToken));

    /// <inheritdoc/>
    /// <exception cref="SignerUnavailableException">It could not be asked, refused, or signed something else.</exception>
    public Task<Signature> SignTypedDataAsync(Eip712TypedData data, CancellationToken cancellationToken = default) =>
        WatchAsync(() => signer.SignTypedDataAsync(data, cancellationToken));

    /// <inheritdoc/>
    /// <exception cref="SignerUnavailableException">It could not be asked, refused, or signed something else.</exception>
    public Task<Signature> SignMessageAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken = default) =>
        WatchAsync(() => signer.SignMessageAsync(message, cancellationToken));

    /// <summary>Asks a signer elsewhere whether it is there and has the key.</summary>
    /// <returns>Why it cannot sign, for people; null when nothing speaks against it.</returns>
    public async Task<string?> CheckAsync(CancellationToken cancellation)
    {
        if (signer is not RemoteSigner remote) return Problem;
        try
        {
            if (await remote.HoldsKeyAsync(cancellation) == false)
                failure = new Failure($"The remote signer does not hold the key of {Address}: load it there, or correct Chain:RemoteSignerAddress.", clock.GetTimestamp(), IsAway: false);
            else if (failure is { } last && (last.IsAway || clock.GetElapsedTime(last.At) > Doubt))
                failure = null;
        }
        catch (RpcTransportException e)
        {
            failure = Away(e);
        }

        return Problem;
    }

    private async Task<T> WatchAsync<T>(Func<Task<T>> sign)
    {
        try
        {
            var signed = await sign();
            failure = null;
            return signed;
        }
        catch (RpcTransportException e)
        {
            failure = Away(e);
            throw new SignerUnavailableException(failure.Message, e);
        }
        catch (Exception e) when (e is RpcResponseException or SignatureException)
        {
            failure = new Failure($"The signer of {Address} does not sign: {e.Message}", clock.GetTimestamp(), IsAway: false);
            throw new SignerUnavailableException(failure.Message, e);
        }
    }

    private Failure Away(RpcTransportException error) =>
        new($"The remote signer of {Address} does not answer: {error.Message} See to it; what is to be sent is sent when it is back.", clock.GetTimestamp(), IsAway: true);

    private sealed record Failure(string Message, long At, bool IsAway);
}
