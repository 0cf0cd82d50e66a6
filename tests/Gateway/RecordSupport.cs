using Federation.Application.Access;
using Federation.Application.Amending;
using Federation.Application.Handing;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Application.Reconciling;
using Federation.Application.Settling;
using Federation.Application.Watching;
using Federation.Chain;
using Federation.Chain.Mapping;
using Federation.Chain.Signing;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Domain.Usage;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Federation.Ethereum.Cryptography;
using Federation.Ethereum.JsonRpc;
using Federation.Ethereum.Signing;
using Federation.Metrics.Evidence;
using Federation.Testing.Builders;
using Federation.Testing.Usage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Federation.Gateway.Tests;

/// <summary>A gateway on a real Kestrel with real keys, the real desk and evidence on a real disk; of the chain only the session keys are scripted.</summary>
internal sealed class RecordGateway : IAsyncDisposable
{
    public const ulong ChainId = 31337;

    public static readonly LeaseId Lease = Some.LeaseId(1);

    private static readonly Address LeaseManager = Address.Parse("0x00000000000000000000000000000000000000aa");

    private readonly string folder = Directory.CreateTempSubdirectory("records-").FullName;
    private readonly SessionKeys chain = new();
    private readonly OperatorHealth health;
    private WebApplication? app;

    private RecordGateway() => health = new OperatorHealth(Clock);

    public static LocalSigner Tenant { get; } = LocalSigner.Generate();

    public static LocalSigner Arbiter { get; } = LocalSigner.Generate();

    public static LocalSigner Session { get; } = LocalSigner.Generate();

    public static LocalSigner Stranger { get; } = LocalSigner.Generate();

    public static LocalSigner Provider { get; } = LocalSigner.Generate();

    public static LeaseDomain Domain { get; } = new(ChainId, LeaseManager);

    public Federation.Testing.FakeClock Clock { get; } = new();

    public ReceiptBook Receipts { get; } = new(Some.Policy);

    public FolderEvidence Store { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    public static IReadOnlyList<WindowEvidence> Windows { get; } = [.. SealedWindows.Three(new KeccakHasher().Keccak256).Select(w => w with { Readers = new LeaseReaders(Tenant.Address.ToString(), Arbiter.Address.ToString()) })];

    public static Receipt Receipt { get; } = new(Lease, 1, 1_700_000_000, new UsageVector(1, 2, 3, 4, 5, ulong.MaxValue), 6, Windows[^1].Root, false);

    public static async Task<RecordGateway> StartAsync(int requestsPerMinute = 1000)
    {
        var gateway = new RecordGateway();
        gateway.Store = new FolderEvidence(new EvidenceOptions { Folder = gateway.folder, MinFreeMiB = 1 });
        foreach (var window in Windows) await gateway.Store.PutAsync(window, 100, default);
        gateway.See(Some.Terms with { Tenant = Tenant.Address.ToString(), Arbiter = Arbiter.Address.ToString() });
        await gateway.ListenAsync(requestsPerMinute);
        return gateway;
    }

    /// <summary>What is read of the chain; null: the lease is over, paid out and forgotten.</summary>
    public void See(LeaseTerms? terms)
    {
        var view = terms is null ? null : new LeaseView(Lease, terms, ChainLease.Unknown with { State = LeaseState.Active }, ChainLease.Unknown, 1, 1, 1, 1);
        health.ChainSeen(new ChainPicture(new LedgerHead(1, 1, Clock.GetUtcNow().ToUnixTimeSeconds(), "0x", 1, "0x"), view is null ? new Dictionary<LeaseId, LeaseView>() : new() { [Lease] = view }, []));
    }

    public RecordClient Client(LocalSigner who, LeaseId? lease = null) => new(Http, lease ?? Lease, (url, _) => Task.FromResult(Sign(ReaderProof.Message(url, who.Address, ChainId, "12345678", Clock.GetUtcNow()), who)), TimeProvider.System);

    public static ReaderWord Sign(SignInMessage message, LocalSigner who)
    {
        var text = message.ToText();
        return new ReaderWord(text, who.SignDigest(PersonalMessage.Digest(text)).ToString());
    }

    public static string Countersign(Receipt receipt, LocalSigner who, LeaseDomain? domain = null) => who.SignDigest((domain ?? Domain).Typed(receipt.ToContract()).Digest()).ToString();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (app is not null) await app.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private async Task ListenAsync(int requestsPerMinute)
    {
        var client = new EthereumClient(chain);
        var signer = new ReceiptSigner(Provider, Domain, client);
        var desk = new RecordDesk(new ReaderProof(client, ChainId, Clock), signer, Receipts, Store, health);
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var registered = new Registered();
        builder.Services.AddSingleton<IQuoter>(new ScriptedQuoter(_ => throw new NotSupportedException())).AddSingleton<IAmender>(new ScriptedAmender(_ => throw new NotSupportedException()));
        builder.Services.AddSingleton<IDatacenterStore>(registered).AddSingleton<IRecordDesk>(desk).AddSingleton(NSubstitute.Substitute.For<ISignInDesk>());
        builder.Services.AddGateway(new GatewayIdentity(ChainId, LeaseManager.ToString(), LeaseManager.ToString()), requestsPerMinute);
        app = builder.Build();
        app.UseGateway();
        app.MapGateway();
        await app.StartAsync();
        Http = new HttpClient { BaseAddress = new Uri(registered.Endpoint = app.Urls.First()) };
    }

    private sealed class Registered : IDatacenterStore
    {
        public string Endpoint { get; set; } = "";

        public Task<DatacenterRecord?> ReadAsync(CancellationToken cancellation) =>
            Task.FromResult<DatacenterRecord?>(Samples.Datacenter with { Spec = Samples.Datacenter.Spec with { Endpoint = Endpoint } });

        public Task WriteInvalidAsync(IReadOnlyList<LeaseCondition> conditions, CancellationToken cancellation) => throw new NotSupportedException();

        public Task WriteStatusAsync(DatacenterRecord seen, DatacenterReport report, CancellationToken cancellation) => throw new NotSupportedException();
    }

    /// <summary>A node that knows one session key of the tenant's, and no contract wallet.</summary>
    private sealed class SessionKeys : IJsonRpcClient
    {
        public Task<T> SendAsync<T>(RpcRequest request, CancellationToken cancellationToken = default) => Task.FromResult((T)(object)(request.Method == "eth_getCode" ? [] : Answer(request)));

        public Task<IReadOnlyList<RpcResult>> SendBatchAsync(IReadOnlyList<RpcRequest> requests, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        private static byte[] Answer(RpcRequest request)
        {
            var isKnown = Convert.ToHexString(((CallInput)request.Parameters[0]!).Data!).EndsWith(Session.Address.ToString()[2..], StringComparison.OrdinalIgnoreCase);
            return [.. new byte[31], (byte)(isKnown ? 1 : 0)];
        }
    }
}
