using System.Text.Json;
using Federation.Chain.Options;
using Federation.Ethereum;
using Federation.Ethereum.Signing;

namespace Federation.Cli.Settings;

/// <summary>The user's wallet: its address at once, its key when something is to be signed.</summary>
internal sealed class Wallet(CliSettings settings)
{
    private ISigner? signer;
    private Address? address;

    /// <exception cref="CliException">There is no wallet, or its keystore does not open.</exception>
    public Address Address
    {
        get
        {
            settings.RequireWallet();
            return address ??= settings.Chain.RemoteSignerUrl is not null ? Address.Parse(settings.Chain.RemoteSignerAddress) : Written() ?? Open().Address;
        }
    }

    /// <summary>Opening a keystore takes a second or so, on purpose: only who signs waits for it.</summary>
    /// <exception cref="CliException">There is no wallet, or its keystore does not open.</exception>
    public ISigner Open()
    {
        settings.RequireWallet();
        try
        {
            return signer ??= OperatorKey.Open(settings.Chain);
        }
        catch (InvalidDataException e)
        {
            throw new CliException(ExitCodes.WalletUnusable, e.Message, e);
        }
    }

    // What a keystore says of its address is only looked with: what is signed is checked by who reads it.
    private Address? Written()
    {
        try
        {
            using var keystore = JsonDocument.Parse(File.ReadAllText(settings.Chain.KeystoreFile));
            return keystore.RootElement.TryGetProperty("address", out var said) && said.GetString() is { } text
                && Address.TryParse(text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text : "0x" + text, out var found) ? found : null;
        }
        catch (Exception e) when (e is JsonException or IOException or InvalidOperationException)
        {
            return null;
        }
    }
}
