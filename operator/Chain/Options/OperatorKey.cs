using Federation.Ethereum;
using Federation.Ethereum.JsonRpc;
using Federation.Ethereum.Keystore;
using Federation.Ethereum.Signing;

namespace Federation.Chain.Options;

/// <summary>Opens the operator key: a keystore file, or a signer elsewhere that never gives the key away.</summary>
public static class OperatorKey
{
    /// <exception cref="InvalidDataException">The keystore cannot be opened; the message repeats neither key nor password.</exception>
    public static ISigner Open(ChainOptions options)
    {
        if (options.RemoteSignerUrl is { } url) return new RemoteSigner(new JsonRpcClient(url), Address.Parse(options.RemoteSignerAddress));
        try
        {
            // Editors and kubectl end files with a line break that is no part of the password.
            var password = File.ReadAllText(options.KeystorePasswordFile).TrimEnd('\r', '\n');
            return KeystoreFile.Decrypt(File.ReadAllText(options.KeystoreFile), password);
        }
        catch (Exception e) when (e is KeystoreException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"The keystore {options.KeystoreFile} cannot be opened: {e.Message}", e);
        }
    }
}
