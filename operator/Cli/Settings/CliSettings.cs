using Federation.Chain;
using Federation.Chain.Options;
using Federation.Ethereum;
using Federation.Gateway;

namespace Federation.Cli.Settings;

/// <summary>Chain, contracts, wallet and gateways of one user: of a file and the environment, never of the command line.</summary>
internal sealed class CliSettings
{
    public ChainOptions Chain { get; } = new();

    public QuoteDeskOptions Gateways { get; } = new();

    /// <summary>ERC-20 contract that is paid with; empty: that of the deployment.</summary>
    public string Token { get; set; } = "";

    /// <summary>Block before which nothing of the contracts happened.</summary>
    public ulong FromBlock { get; set; }

    /// <summary>The file that it was read from, for messages.</summary>
    public string File { get; init; } = "";

    public bool HasWallet => Chain.KeystoreFile.Length > 0 || Chain.RemoteSignerUrl is not null;

    /// <exception cref="CliException">The chain's settings have faults; all of them are listed.</exception>
    public ContractAddresses Contracts()
    {
        Refuse(Chain.ReaderFaults());
        try
        {
            var contracts = Chain.Addresses();
            return FromBlock > 0 ? contracts with { BlockNumber = FromBlock } : contracts;
        }
        catch (InvalidDataException e)
        {
            throw new CliException(ExitCodes.Usage, e.Message, e);
        }
    }

    /// <exception cref="CliException">There is none.</exception>
    public Address TokenOf(ContractAddresses contracts)
    {
        if (Token.Length == 0) return contracts.Token ?? throw new CliException(ExitCodes.Usage, $"The deployment names no token to pay with: set 'token' in {File}, or FEDERATION_TOKEN.");
        return Address.TryParse(Token, out var token) ? token : throw new CliException(ExitCodes.Usage, $"token: '{Token}' is no address.");
    }

    /// <exception cref="CliException">What is needed to sign is missing; all of it is listed.</exception>
    public void RequireWallet()
    {
        if (!HasWallet)
            throw new CliException(ExitCodes.Usage, $"There is no wallet: set wallet.keystoreFile and wallet.passwordFile, or wallet.remoteSignerUrl and wallet.remoteSignerAddress, in {File}.");
        Refuse(Chain.TenantFaults().Except(Chain.ReaderFaults()));
    }

    /// <exception cref="CliException">The gateways' settings have faults.</exception>
    public QuoteDeskOptions CheckedGateways()
    {
        Refuse(Gateways.Faults());
        return Gateways;
    }

    private void Refuse(IEnumerable<string> faults)
    {
        if (faults.Select(InTheseWords).ToArray() is { Length: > 0 } all)
            throw new CliException(ExitCodes.Usage, $"The settings are incomplete ({File}, and FEDERATION_* of the environment):\n{string.Join("\n", all.Select(f => "  " + f))}");
    }

    // The options speak of themselves by the names that an operator's configuration gives them.
    private static string InTheseWords(string fault) => SettingsReader.All.Where(s => s.OptionName.Length > 0).Aggregate(fault, (text, s) => text
        .Replace(s.OptionName + " ", s.Key + " ", StringComparison.Ordinal).Replace(s.OptionName + ":", s.Key + ":", StringComparison.Ordinal));
}
