using System.Text.Json;
using Federation.Chain.Options;
using Federation.Ethereum;
using Federation.Ethereum.Signing;

namespace Federation.Cli.Settings;

/// <summary>The user's wallet: its address at once, its key when something is to be signed.</summary>
/// <param name="warn">Told of files that others can read.</param>
internal sealed class Wallet(CliSettings settings, Action<string> warn)
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
            return signer ??= OpenAnew();
        }
        catch (InvalidDataException e)
        {
            throw new CliException(ExitCodes.WalletUnusable, e.Message, e);
        }
    }

    private ISigner OpenAnew()
    {
        if (settings.Chain.RemoteSignerUrl is { } url) return new WalletSigner(OperatorKey.Open(settings.Chain), url.Authority);
        foreach (var file in new[] { settings.Chain.KeystorePasswordFile, settings.Chain.KeystoreFile }.Where(IsReadByOthers))
            warn($"Others can read {file}, and so perhaps the wallet's key: chmod 600 {file}");
        return OperatorKey.Open(settings.Chain);
    }

    // There a user's folder is the user's own as it is. What is not there is said by who opens it.
    private static bool IsReadByOthers(string file) =>
        !OperatingSystem.IsWindows() && File.Exists(file) && (File.GetUnixFileMode(file) & (UnixFileMode.GroupRead | UnixFileMode.OtherRead)) != 0;

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
