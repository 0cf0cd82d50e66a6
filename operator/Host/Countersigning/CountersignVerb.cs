using System.Runtime.InteropServices;
using Federation.Application.Countersigning;
using Federation.Application.Ports;
using Federation.Chain;
using Federation.Chain.Options;
using Federation.Chain.Signing;
using Federation.Domain.Leases;
using Federation.Ethereum;
using Federation.Ethereum.JsonRpc;
using Federation.Ethereum.Signing;
using Federation.Gateway;
using Federation.Host.Options;
using Federation.Metrics.Evidence;
using Federation.Metrics.Tenant;

namespace Federation.Host.Countersigning;

/// <summary><c>federation-operator countersign</c>: the tenant's agent, run by the tenant beside its own meter.</summary>
internal static class CountersignVerb
{
    public const string Name = "countersign";

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    /// <returns>0 when it was stopped, or signed once; 1 when one round did not sign; 2 when the settings are wrong.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var settings = new ConfigurationBuilder().AddJsonFile(Path.GetFullPath("appsettings.json"), optional: true, reloadOnChange: false).AddEnvironmentVariables().AddCommandLine(args).Build();
        var (options, unread) = SettingsReader.Read<CountersignOptions>(settings.GetSection("Countersign"));
        if (SettingsReader.All(unread, options.Faults()) is { Count: > 0 } faults)
        {
            foreach (var fault in faults) await Console.Error.WriteLineAsync($"error: {fault}");
            return 2;
        }

        using var stop = new CancellationTokenSource();
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        try
        {
            return await LoopAsync(options, TimeProvider.System, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
        catch (InvalidDataException e)
        {
            await Console.Error.WriteLineAsync($"error: {e.Message}");
            return 2;
        }

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }
    }

    private static async Task<int> LoopAsync(CountersignOptions options, TimeProvider clock, CancellationToken cancellation)
    {
        var signer = OperatorKey.Open(options.Key);
        using var door = new SocketsHttpHandler { ConnectTimeout = ConnectTimeout, AllowAutoRedirect = false };
        if (options.AuthorityFile.Length > 0) door.SslOptions = new GatewayTrust(options.AuthorityFile).Tls();
        using var http = new HttpClient(door) { BaseAddress = options.Gateway };
        using var store = new HttpClient(TenantPrometheus.Handler(options.Prometheus)) { Timeout = Timeout.InfiniteTimeSpan };
        var agent = AgentOf(options, signer, http, store, clock);
        for (string? said = null; ; await Task.Delay(options.Every, clock, cancellation))
        {
            var (isSigned, message) = await TryAsync(agent, cancellation);
            // The same once, not every minute.
            if (message != said) await Console.Out.WriteLineAsync($"{clock.GetUtcNow():u} {message}");
            said = message;
            if (options.Once) return isSigned ? 0 : 1;
        }
    }

    private static Countersigner AgentOf(CountersignOptions options, ISigner signer, HttpClient http, HttpClient store, TimeProvider clock)
    {
        var lease = LeaseId.Parse(options.Lease);
        var domain = new LeaseDomain(options.ChainId, Address.Parse(options.LeaseManager));
        ITenantMeter meter = options.ReadingFile.Length > 0 ? new ReadingFile(options.ReadingFile) : new TenantPrometheus(store, options.Prometheus, options.Queries, clock);
        return new Countersigner(
            new CountersignTerms(lease, options.Tolerance, options.Trusted, options.DownGrace),
            new RecordClient(http, lease, (url, stop) => ProveAsync(signer, url, options.ChainId, clock, stop), clock),
            meter,
            new TenantKey(signer, domain, options.OperatorKey.Length > 0 ? Address.Parse(options.OperatorKey) : null),
            new SignedReceiptFile(options.Folder, lease),
            new FolderEvidence(new EvidenceOptions { Folder = options.Folder }),
            new KeccakHasher(),
            clock);
    }

    private static async Task<ReaderWord> ProveAsync(ISigner signer, Uri lease, ulong chainId, TimeProvider clock, CancellationToken cancellation)
    {
        var signed = await ReaderProof.SignAsync(lease, signer, chainId, clock, cancellation);
        return new ReaderWord(signed.Text, signed.Signature);
    }

    // What may pass is told and tried again; what cannot, ends the program.
    private static async Task<(bool IsSigned, string Message)> TryAsync(Countersigner agent, CancellationToken cancellation)
    {
        try
        {
            var round = await agent.RoundAsync(cancellation);
            return (round.Receipt is not null, round.Receipt is null ? $"Nothing is signed. {round.Message}" : round.Message);
        }
        catch (Exception e) when (e is GatewayException or EvidenceException or RpcTransportException or RpcResponseException or IOException or Federation.Ethereum.Cryptography.SignatureException)
        {
            return (false, $"Nothing is signed, which is tried again. {e.Message}");
        }
    }
}
