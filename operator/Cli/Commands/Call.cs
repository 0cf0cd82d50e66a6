using System.CommandLine;
using Federation.Chain.Tenancy;
using Federation.Cli.Access;
using Federation.Cli.Output;
using Federation.Cli.Reading;
using Federation.Cli.Settings;
using Federation.Ethereum;

namespace Federation.Cli.Commands;

/// <summary>One run of a command: what was asked for, and the doors that are opened for it when they are needed.</summary>
internal sealed class Call : IDisposable
{
    private readonly ParseResult parsed;
    private CliSettings? settings;
    private Wallet? wallet;
    private ChainDoor? chain;
    private SignInDoor? signIn;
    private GatewayDoor? gateways;

    public Call(ParseResult parsed, Surroundings here, CancellationToken cancellation)
    {
        (this.parsed, Here, Cancellation) = (parsed, here, cancellation);
        Format = OutputFormats.Parse(parsed.GetValue(Flags.Output));
        Progress = new Progress(here, parsed.GetValue(Flags.Quiet));
    }

    public Surroundings Here { get; }

    public CancellationToken Cancellation { get; }

    public OutputFormat Format { get; }

    public Progress Progress { get; }

    public string? Namespace => parsed.GetValue(Flags.Namespace);

    public string? Context => parsed.GetValue(Flags.Context);

    public string? Kubeconfig => parsed.GetValue(Flags.Kubeconfig);

    public CliSettings Settings => settings ??= SettingsReader.Read(parsed.GetValue(Flags.Config), Here);

    public Wallet Wallet => wallet ??= new Wallet(Settings, Progress.Warn);

    public GatewayDoor Gateways => gateways ??= new GatewayDoor(Settings.CheckedGateways(), Here.Clock);

    /// <summary>What an exec plugin has to be told so that it finds the same settings.</summary>
    public string? ConfigFile => parsed.GetValue(Flags.Config) is { Length: > 0 } file ? Path.GetFullPath(file) : null;

    public T? Of<T>(Option<T> option) => parsed.GetValue(option);

    public T? Of<T>(Argument<T> argument) => parsed.GetValue(argument);

    /// <returns>Null where it is not given.</returns>
    /// <exception cref="CliException">It is no address.</exception>
    public Address? AddressOf(Option<string> option)
    {
        if (Of(option) is not { Length: > 0 } named) return null;
        return Address.TryParse(named, out var address) ? address : throw new CliException(ExitCodes.Usage, $"{option.Name} '{named}' is no address: 0x and 40 hex digits.");
    }

    /// <summary>For what has no data that a program could read.</summary>
    /// <param name="instead">What it writes, for who wants that.</param>
    /// <exception cref="CliException">A form of data was asked for all the same.</exception>
    public void WritesNoData(string instead)
    {
        if (Format != OutputFormat.Table) throw new CliException(ExitCodes.Usage, $"{Flags.Output.Name} has no use here: {instead}.");
    }

    /// <summary>What was given for nobody here: it is kubectl's.</summary>
    public IReadOnlyList<string> Rest => parsed.UnmatchedTokens;

    public async Task<ChainDoor> ChainAsync() => chain ??= await ChainDoor.OpenAsync(Settings, Here.Clock, Cancellation);

    public async Task<SignInDoor> SignInAsync() => signIn ??= new SignInDoor(await ChainAsync(), Gateways, Wallet, Here);

    /// <summary>The lease that an argument means, or <c>-n</c>.</summary>
    /// <exception cref="CliException">None is named, or there is none.</exception>
    public async Task<ArchivedLease> LeaseAsync(string? named)
    {
        var text = named is { Length: > 0 } ? named : Namespace ?? throw new CliException(ExitCodes.Usage, "Name the lease: its id, the first digits of it, or -n and its namespace.");
        var door = await ChainAsync();
        return await LeaseFinder.FindAsync(door, text, () => LeaseFinder.Of(door, Wallet.Address, Cancellation)(), Cancellation);
    }

    public void Write(Sheet sheet) => sheet.Write(Format, Here);

    public void Dispose()
    {
        chain?.Dispose();
        gateways?.Dispose();
    }
}
