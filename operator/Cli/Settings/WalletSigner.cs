using Federation.Chain.Signing;
using Federation.Ethereum;
using Federation.Ethereum.Cryptography;
using Federation.Ethereum.JsonRpc;
using Federation.Ethereum.Signing;
using Federation.Ethereum.Transactions;
using Federation.Ethereum.TypedData;

namespace Federation.Cli.Settings;

/// <summary>A signer elsewhere, whose silence and refusals are the wallet's and not those of the chain's node.</summary>
/// <param name="where">Host and port, for people: the rest of a URL may be a secret.</param>
internal sealed class WalletSigner(ISigner signer, string where) : ISigner
{
    private readonly HashSet<ulong> signedNonces = [];

    /// <inheritdoc/>
    public Address Address => signer.Address;

    /// <inheritdoc/>
    public async Task<SignedTransaction> SignTransactionAsync(Eip1559Transaction transaction, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        try
        {
            var signed = await ToldAsync(() => signer.SignTransactionAsync(transaction, cancellationToken));
            signedNonces.Add(transaction.Nonce);
            return signed;
        }
        catch (CliException e) when (signedNonces.Contains(transaction.Nonce))
        {
            // It went out before at a lower fee, and may be mined by that: who waits for it shall go on.
            throw new SignerUnavailableException(e.Message, e);
        }
    }

    /// <inheritdoc/>
    public Task<Signature> SignTypedDataAsync(Eip712TypedData data, CancellationToken cancellationToken = default) => ToldAsync(() => signer.SignTypedDataAsync(data, cancellationToken));

    /// <inheritdoc/>
    public Task<Signature> SignMessageAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken = default) => ToldAsync(() => signer.SignMessageAsync(message, cancellationToken));

    private async Task<T> ToldAsync<T>(Func<Task<T>> sign)
    {
        try
        {
            return await sign();
        }
        catch (RpcTransportException e)
        {
            throw new CliException(ExitCodes.WalletUnusable, $"The remote signer at {where} does not answer: {Output.Printable.Line(e.Message)} Nothing was signed. See to it, and to wallet.remoteSignerUrl.", e);
        }
        catch (Exception e) when (e is RpcResponseException or SignatureException or FormatException)
        {
            throw new CliException(ExitCodes.WalletUnusable, $"The remote signer at {where} does not sign for {Address}: {Output.Printable.Line(e.Message)} Nothing was signed. Does it hold that key (wallet.remoteSignerAddress)?", e);
        }
    }
}
