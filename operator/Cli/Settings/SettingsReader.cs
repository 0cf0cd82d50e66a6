using System.Globalization;
using System.Text.Json.Nodes;
using Federation.Kubernetes.Configuration;

namespace Federation.Cli.Settings;

/// <summary>One thing that can be set.</summary>
/// <param name="Key">In the file, section and name.</param>
/// <param name="Variable">In the environment; it wins.</param>
/// <param name="OptionName">As <see cref="Federation.Chain.Options.ChainOptions"/> names it in its faults.</param>
/// <param name="IsPath">It is seen from the file's folder, and may begin with <c>~/</c>.</param>
internal sealed record Setting(string Key, string Variable, string OptionName, string Meaning, Action<CliSettings, string> Set, bool IsPath = false);

/// <summary>Reads the settings: a YAML file of two levels, and the environment over it.</summary>
internal static class SettingsReader
{
    public const string FileVariable = "FEDERATION_CONFIG";

    public static IReadOnlyList<Setting> All { get; } =
    [
        new("chain.rpcUrl", "FEDERATION_RPC_URL", "Chain:RpcUrl", "HTTP endpoint of a node of the chain", (s, v) => s.Chain.RpcUrl = Url(v)),
        new("chain.chainId", "FEDERATION_CHAIN_ID", "Chain:ChainId", "EIP-155 id that the node must answer with", (s, v) => s.Chain.ChainId = Number(v)),
        new("chain.deploymentFile", "FEDERATION_DEPLOYMENT_FILE", "Chain:DeploymentFile", "file with the contracts' addresses, instead of the addresses", (s, v) => s.Chain.DeploymentFile = v, IsPath: true),
        new("chain.leaseManager", "FEDERATION_LEASE_MANAGER", "Chain:LeaseManager", "contract that holds the leases", (s, v) => s.Chain.LeaseManager = v),
        new("chain.market", "FEDERATION_MARKET", "Chain:Market", "contract that matches orders", (s, v) => s.Chain.Market = v),
        new("chain.parameters", "FEDERATION_PARAMETERS", "Chain:Parameters", "contract with the market's parameters", (s, v) => s.Chain.Parameters = v),
        new("chain.apps", "FEDERATION_APPS", "Chain:Apps", "registry of apps", (s, v) => s.Chain.Apps = v),
        new("chain.vault", "FEDERATION_VAULT", "Chain:Vault", "contract that holds the tokens", (s, v) => s.Chain.Vault = v),
        new("chain.registry", "FEDERATION_REGISTRY", "Chain:Registry", "registry of datacenters", (s, v) => s.Chain.Registry = v),
        new("chain.results", "FEDERATION_RESULTS", "Chain:Results", "board of results", (s, v) => s.Chain.Results = v),
        new("chain.fromBlock", "FEDERATION_FROM_BLOCK", "", "block of the deployment: no log before it is read", (s, v) => s.FromBlock = Number(v)),
        new("chain.logRange", "FEDERATION_LOG_RANGE", "Chain:LogRange", "blocks per log query to begin with; 50000 when left out", (s, v) => s.Chain.LogRange = (uint)Math.Min(Number(v), uint.MaxValue)),
        new("wallet.keystoreFile", "FEDERATION_KEYSTORE_FILE", "Chain:KeystoreFile", "keystore v3 file with the wallet's key", (s, v) => s.Chain.KeystoreFile = v, IsPath: true),
        new("wallet.passwordFile", "FEDERATION_KEYSTORE_PASSWORD_FILE", "Chain:KeystorePasswordFile", "file with the keystore's password", (s, v) => s.Chain.KeystorePasswordFile = v, IsPath: true),
        new("wallet.remoteSignerUrl", "FEDERATION_REMOTE_SIGNER_URL", "Chain:RemoteSignerUrl", "JSON-RPC endpoint that signs, instead of a keystore", (s, v) => s.Chain.RemoteSignerUrl = Url(v)),
        new("wallet.remoteSignerAddress", "FEDERATION_REMOTE_SIGNER_ADDRESS", "Chain:RemoteSignerAddress", "account that it signs for", (s, v) => s.Chain.RemoteSignerAddress = v),
        new("token", "FEDERATION_TOKEN", "", "ERC-20 contract that is paid with; the deployment's own when left out", (s, v) => s.Token = v),
        new("gateways.authorityFile", "FEDERATION_AUTHORITY_FILE", "Gateways:AuthorityFile", "PEM file of authorities that gateways' certificates are trusted by, beside the system's", (s, v) => s.Gateways.AuthorityFile = v, IsPath: true),
        new("gateways.allowHttp", "FEDERATION_ALLOW_HTTP", "", "true: gateways with a plain http endpoint are asked for quotes too; nobody signs in there", (s, v) => s.Gateways.AllowHttp = Flag(v)),
    ];

    /// <summary>Where the file is: as asked for, by the environment, or in the user's configuration folder.</summary>
    public static string FileOf(string? asked, Surroundings here) =>
        asked is { Length: > 0 } ? Path.GetFullPath(asked) : here.Variable(FileVariable) is { Length: > 0 } named ? Path.GetFullPath(named) : Path.Combine(here.FolderOf("XDG_CONFIG_HOME", ".config"), "config.yaml");

    /// <param name="asked">Path that the command line names; null: the usual one, which may be missing.</param>
    /// <exception cref="CliException">A file that is not there or is none, or a setting that nobody knows.</exception>
    public static CliSettings Read(string? asked, Surroundings here)
    {
        var file = FileOf(asked, here);
        var settings = new CliSettings { File = file };
        settings.Chain.LogRange = 50_000;
        if (here.Variable("FEDERATION_PRIVATE_KEY") is { Length: > 0 })
            throw new CliException(ExitCodes.Usage, "FEDERATION_PRIVATE_KEY is refused: what stands in the environment is in every child process and many a log. Use a keystore file or a remote signer.");
        if (File.Exists(file)) ReadFile(file, settings, here);
        else if (asked is { Length: > 0 } || here.Variable(FileVariable) is { Length: > 0 }) throw new CliException(ExitCodes.Usage, $"There is no file {file}.");
        foreach (var setting in All)
            if (here.Variable(setting.Variable) is { Length: > 0 } value)
                Apply(setting, settings, setting.IsPath ? here.PathOf(value, Environment.CurrentDirectory) : value, setting.Variable);
        return settings;
    }

    private static void ReadFile(string file, CliSettings settings, Surroundings here)
    {
        var from = Path.GetDirectoryName(file)!;
        foreach (var (key, value) in Values(file))
        {
            if (key is "wallet.privateKey" or "wallet.key" or "wallet.password" or "wallet.mnemonic")
                throw new CliException(ExitCodes.Usage, $"{file}: {key} is refused: a key never stands in a file of settings. Use wallet.keystoreFile and wallet.passwordFile, or a remote signer.");
            var setting = All.FirstOrDefault(s => s.Key == key) ?? throw new CliException(ExitCodes.Usage, $"{file}: '{key}' is no setting. There are: {string.Join(", ", All.Select(s => s.Key))}.");
            Apply(setting, settings, setting.IsPath ? here.PathOf(value, from) : value, $"{file}: {key}");
        }
    }

    private static IEnumerable<(string Key, string Value)> Values(string file)
    {
        JsonNode? root;
        try
        {
            root = YamlToJson.Read(File.ReadAllText(file)).SingleOrDefault();
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            throw new CliException(ExitCodes.Usage, $"{file} cannot be read: {e.Message}", e);
        }

        foreach (var (section, node) in root as JsonObject ?? [])
        {
            if (node is JsonObject below)
                foreach (var (name, value) in below) yield return ($"{section}.{name}", value?.ToString() ?? "");
            else if (node is not null) yield return (section, node.ToString());
        }
    }

    private static void Apply(Setting setting, CliSettings settings, string value, string where)
    {
        try
        {
            if (value.Length > 0) setting.Set(settings, value);
        }
        catch (FormatException e)
        {
            throw new CliException(ExitCodes.Usage, $"{where}: {e.Message}", e);
        }
    }

    private static Uri Url(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url) ? url : throw new FormatException($"'{text}' is no address such as https://node.example.");

    private static ulong Number(string text) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new FormatException($"'{text}' is no number.");

    private static bool Flag(string text) => bool.TryParse(text, out var flag) ? flag : throw new FormatException($"'{text}' is neither true nor false.");
}
