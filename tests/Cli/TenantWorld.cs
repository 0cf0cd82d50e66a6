using System.Net;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Federation.Application.Access;
using Federation.Application.Amending;
using Federation.Application.Handing;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Chain;
using Federation.Chain.Accounts;
using Federation.Chain.Signing;
using Federation.Chain.Tenancy;
using Federation.Chain.Tests.Support;
using Federation.Cluster;
using Federation.Cluster.Mapping;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Gateway;
using Federation.Gateway.Access;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;

namespace Federation.Cli.Tests;

/// <summary>
/// A datacenter that a tenant can rent: the real contracts on a real chain, a gateway on a real Kestrel by TLS, a real API server behind it. Its
/// operator is played: it signs what it is asked, houses and activates leases that it sees, and says that delivered workloads are ready.
/// </summary>
public sealed class TenantWorld : IAsyncLifetime
{
    private static readonly ResourceKind ComputeLeases = new("compute.federation", "v1alpha1", "computeleases", "ComputeLease");

    private readonly CancellationTokenSource stop = new();
    private readonly IDatacenterStore registered = Substitute.For<IDatacenterStore>();
    private readonly string folder = Directory.CreateTempSubdirectory("federation-world-").FullName;
    private ApiServer server = null!;
    private ClusterAdapter cluster = null!;
    private KubernetesClient admin = null!;
    private WebApplication app = null!;
    private Task operating = Task.CompletedTask;
    private int asked;

    internal Market Market { get; private set; } = null!;

    internal Uri Endpoint { get; private set; } = null!;

    /// <summary>What the datacenter answers to who asks for a quote; null: it offers.</summary>
    internal QuoteResult? Refusal { get; set; }

    /// <summary>What a hostile datacenter makes of its offers before it signs them; null: it is honest.</summary>
    internal Func<OfferTerms, OfferTerms>? Offers { get; set; }

    /// <summary>What it makes of them after that.</summary>
    internal Func<SignedOffer, SignedOffer>? Forges { get; set; }

    /// <summary>What it says of its prices to anybody.</summary>
    internal Func<PriceBook, PriceBook>? Says { get; set; }

    /// <summary>What it claims by amendments.</summary>
    internal Func<AmendmentTerms, AmendmentTerms>? Claims { get; set; }

    /// <summary>Why it makes no amendment of a lease; null: it makes one.</summary>
    internal Func<ArchivedLease, AmendmentResult?>? Declines { get; set; }

    /// <summary>Why it does not sign in who has signed, one after the other; then everybody.</summary>
    internal Queue<string> TurnsAway { get; } = [];

    /// <summary>Receipts and evidence that it hands over.</summary>
    internal PlayedDesk Desk { get; private set; } = null!;

    /// <summary>How often it was asked for an offer.</summary>
    internal int Asked => asked;

    /// <summary>What went wrong with the played operator, for who wonders why nothing happens.</summary>
    internal string Fault { get; private set; } = "";

    internal string Provider => Market.Provider.Writer.Address.ToString();

    public async ValueTask InitializeAsync()
    {
        (server, Market) = (await ApiServer.StartAsync(), await Market.OpenAsync());
        await Kubernetes.Tests.Support.Kubectl.RunAsync(server, "apply", "-f", Path.Combine(Repository.Root, "e2e", "Harness", "Demo", "Rbac.yaml"));
        cluster = new ClusterAdapter(
            new ClusterOptions { Chain = new ChainIdentity(Market.ChainId, Market.Contracts.LeaseManager.ToString()), DatacenterName = "north" }, server.Configuration(), new KeccakHasher());
        await cluster.StartAsync(default);
        admin = server.Client();
        await ListenAsync();
        var registration = new DatacenterRegistration(Market.Provider.Writer, Market.Contracts.Registry);
        await registration.EnsureAsync(new RegistryEntry(Market.Operator.Writer.Address, Market.Provider.Writer.Address, 0, Endpoint.AbsoluteUri, "eu-central"), default);
        await registration.PublishPriceBookAsync(Market.Token, default, default, new Prices(1_000_000, 500_000, 0, 0, 0, 0), default);
        operating = OperateAsync(stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await Task.WhenAny(operating);
        await app.DisposeAsync();
        admin.Dispose();
        await cluster.DisposeAsync();
        await Market.DisposeAsync();
        server.Dispose();
        stop.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>A tenant's shell: the wallet of the chain's funded account, or of another one.</summary>
    internal Shell NewShell(int account = 3)
    {
        var shell = new Shell();
        ChainVerbTests.Settle(shell, Market, account);
        File.AppendAllText(shell.PathOf(".config/federation/config.yaml"), $"\ntoken: \"{Market.Token}\"\n");
        shell.Variables["FEDERATION_AUTHORITY_FILE"] = Path.Combine(folder, "gateway.crt");
        shell.Variables["PATH"] = $"{AppContext.BaseDirectory}:{Path.GetDirectoryName(Programs.Kubectl)}:{Environment.GetEnvironmentVariable("PATH")}";
        return shell;
    }

    /// <summary>It is honest again.</summary>
    internal void Calm()
    {
        (Refusal, Offers, Forges, Says, Claims, Declines) = (null, null, null, null, null, null);
        (Desk.Reason, Desk.Next, Desk.Windows) = ("", null, []);
        TurnsAway.Clear();
        Desk.Opened.Clear();
    }

    internal string KubeConfigPath => server.KubeConfigPath;

    /// <summary>Its operator has measured something.</summary>
    internal Task MeasureAsync(LeaseId lease, JsonObject usage) => admin.Resource(ComputeLeases).ApplyStatusAsync(
        new JsonObject
        {
            ["apiVersion"] = ComputeLeases.ApiVersion, ["kind"] = ComputeLeases.Kind, ["metadata"] = new JsonObject { ["name"] = lease.Namespace, ["namespace"] = lease.Namespace },
            ["status"] = new JsonObject { ["usage"] = usage },
        }, new ApplyOptions { FieldManager = "test-meter", Force = true }, default);

    internal async Task<JsonObject> ReadAsync(LeaseId lease) => (await admin.Resource(ComputeLeases).GetAsync(lease.Namespace, lease.Namespace))!;

    /// <summary>The provider has the last word on usage: nothing was used.</summary>
    internal async Task SettleFinallyAsync(ArchivedLease lease) => Assert.Null(Assert.Single(await Market.Transactions().SubmitAsync(
        [new SettleIntent(lease.Id, lease.Terms, new Receipt(lease.Id, lease.Lease.Seq + 1, lease.Lease.EndsAt, UsageVector.Zero, 0, "0x" + new string('7', 64), true))], default)).Error);

    private async Task ListenAsync()
    {
        var identity = server.Configuration() with { Credentials = StaticCredentials.Bearer(ApiServer.OperatorToken) };
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (request, names) = (new CertificateRequest("CN=gateway", key, HashAlgorithmName.SHA256), new SubjectAlternativeNameBuilder());
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        var certificate = request.CreateSelfSigned(now.AddHours(-1), now.AddHours(1));
        await File.WriteAllTextAsync(Path.Combine(folder, "gateway.crt"), certificate.ExportCertificatePem());

        registered.ReadAsync(Arg.Any<CancellationToken>()).Returns(_ => Task.FromResult<DatacenterRecord?>(new DatacenterRecord("north", 1, Spec(), null)));
        var operatorClient = new KubernetesClient(identity);
        var credentials = new TenantCredentials(await GatewaySecret.EnsureAsync(operatorClient, "federation-system", default), "31337 test north");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = Microsoft.AspNetCore.Server.Kestrel.Core.HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.UseHttps(certificate));
        });
        builder.Services.AddSingleton<IQuoter>(new Offering(this)).AddSingleton<IAmender>(new Renewing(this)).AddSingleton<IRecordDesk>(Desk = new PlayedDesk(Market.ChainId, Market.Contracts.LeaseManager.ToString())).AddSingleton(registered);
        builder.Services.AddSingleton<ISignInDesk>(new TurningAway(this, new SignInDesk(new SignInWords(Market.Anvil.Client), cluster.Leases, registered, Market.ChainId, TimeSpan.FromHours(1), TimeProvider.System)));
        builder.Services.AddGateway(new GatewayIdentity(Market.ChainId, Market.Contracts.Market.ToString(), Market.Contracts.LeaseManager.ToString()), requestsPerMinute: 100_000);
        app = builder.Build();
        app.UseGateway();
        app.MapGateway();
        await app.StartAsync();
        Endpoint = new Uri(app.Urls.Single());
        app.Services.GetRequiredService<AccessDoor>().Set(new OpenDoor(identity.Server, ApiTransport.Create(identity), new TenantSpaces(operatorClient, TimeProvider.System), credentials));
    }

    private DatacenterSpec Spec()
    {
        var book = new PriceBook(Market.Token.ToString(), 1_000_000, 500_000, 0, 0, new Dictionary<string, BigInteger>(), 50, 100, 20, 60, 600, 86_400, 10_000, 250, []);
        return new DatacenterSpec(Provider, "eu-central", Endpoint.AbsoluteUri, new Dictionary<string, GpuPlacement>(), Says?.Invoke(book) ?? book, "", 0, 0);
    }

    private async Task OperateAsync(CancellationToken cancellation)
    {
        var archive = new EvmLeaseArchive(Market.Anvil.Client, Market.Contracts, 10_000, NullLogger<EvmLeaseArchive>.Instance);
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                foreach (var lease in await archive.OfProviderAsync(Market.Provider.Writer.Address, cancellation))
                    if (lease.Lease.State is LeaseState.Reserved or LeaseState.Active) await ServeAsync(lease, cancellation);
            }
            catch (Exception e) when (!cancellation.IsCancellationRequested)
            {
                Fault = e.ToString();
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellation);
        }
    }

    private async Task ServeAsync(ArchivedLease lease, CancellationToken cancellation)
    {
        await cluster.Leases.EnsureAsync(new MatchedLease(lease.Id, lease.Terms, lease.MatchedBlock), cancellation);
        await cluster.Workloads.ApplyAsync(new EnsureIsolation(lease.Id, lease.Terms), cancellation);
        var found = await admin.Resource(ComputeLeases).GetAsync(lease.Id.Namespace, lease.Id.Namespace, cancellation);
        if (found?["spec"]?["workload"] is null) return;
        if (lease.Lease.State == LeaseState.Reserved) await Market.Transactions().SubmitAsync([new ActivateIntent(lease.Id, lease.Terms)], cancellation);
        if ((string?)found["status"]?["phase"] == "Running") return;
        await admin.Resource(ComputeLeases).ApplyStatusAsync(
            new JsonObject
            {
                ["apiVersion"] = ComputeLeases.ApiVersion, ["kind"] = ComputeLeases.Kind, ["metadata"] = new JsonObject { ["name"] = lease.Id.Namespace, ["namespace"] = lease.Id.Namespace },
                ["status"] = new JsonObject
                {
                    ["phase"] = "Running",
                    ["conditions"] = new JsonArray(
                        Condition("Verified", "True", "HashMatches", "It is the one of the lease."), Condition("Scheduled", "False", "InsufficientCpu", "No node has 500m free."), Condition("Ready", "True", "Running", "All is up.")),
                },
            }, new ApplyOptions { FieldManager = "test-operator", Force = true }, cancellation);
    }

    private static JsonObject Condition(string type, string status, string reason, string message) => new()
    {
        ["type"] = type, ["status"] = status, ["reason"] = reason, ["message"] = message, ["lastTransitionTime"] = "2026-01-01T00:00:00Z", ["observedGeneration"] = 1,
    };

    private static OfferTerms OfferOf(RequestTerms request) => new(
        request.Resources, new Prices(1_000_000, 500_000, 0, 0, 0, 0), StartFee: 50, MinCharge: 100, ReservationFee: 20, Volume: 1, NoticeSeconds: 60, ActivationSeconds: 600, DowntimeBps: 10_000, MaxRoyaltyBps: 250,
        request.Arbiter, request.ExpiresAt, Salt: new BigInteger(RandomNumberGenerator.GetBytes(8), isUnsigned: true));

    private sealed class Offering(TenantWorld world) : IQuoter
    {
        public async Task<QuoteResult> QuoteAsync(QuoteDemand demand, CancellationToken cancellation)
        {
            Interlocked.Increment(ref world.asked);
            if (world.Refusal is { } no) return no;
            var (market, payers) = (world.Market, new Federation.Chain.Ledger.EvmPayers(world.Market.Anvil.Client, world.Market.Domain, world.Market.Contracts.Vault, world.Market.Contracts.LeaseManager, TimeProvider.System));
            if (!await payers.HasAskedAsync(demand.Request, demand.Signature, cancellation)) return QuoteResult.Refuse(QuoteReasons.SignatureInvalid, "Another one asks.");
            var signer = new EvmOfferSigner(market.Operator.Signer, market.Domain, market.Provider.Writer.Address, market.Anvil.Client);
            var honest = OfferOf(demand.Request);
            var signed = await signer.SignAsync(world.Offers?.Invoke(honest) ?? honest, demand.Request, cancellation);
            return new QuoteResult(world.Forges?.Invoke(signed) ?? signed, "", "");
        }
    }

    private sealed class TurningAway(TenantWorld world, ISignInDesk desk) : ISignInDesk
    {
        public Task<SignInResult<SignInTerms>> InviteAsync(CancellationToken cancellation) => desk.InviteAsync(cancellation);

        public Task<SignInResult<SignedIn>> SignInAsync(SignInClaim claim, CancellationToken cancellation) =>
            world.TurnsAway.TryDequeue(out var reason) ? Task.FromResult(new SignInResult<SignedIn>(null, reason, "Not now.")) : desk.SignInAsync(claim, cancellation);
    }

    private sealed class Renewing(TenantWorld world) : IAmender
    {
        public async Task<AmendmentResult> AmendAsync(AmendmentDemand demand, CancellationToken cancellation)
        {
            var market = world.Market;
            var archive = new EvmLeaseArchive(market.Anvil.Client, market.Contracts, 10_000, NullLogger<EvmLeaseArchive>.Instance);
            if (await archive.FindAsync(demand.Lease, cancellation) is not { } lease) return new AmendmentResult(null, "LeaseUnknown", "No such lease.");
            if (world.Declines?.Invoke(lease) is { } no) return no;
            var next = lease.Terms with { DurationSeconds = demand.Request.DurationSeconds };
            var now = (long)(await market.Anvil.Client.GetBlockAsync(Ethereum.Client.BlockParameter.Latest, cancellation))!.Timestamp;
            var terms = new AmendmentTerms(demand.Lease.Hex, lease.Terms, next, lease.Lease.Amendments, lease.Lease.Seq + 1, now, UsageVector.Zero, 0, now + 600);
            var signer = new AmendmentSigner(market.Operator.Signer, new LeaseDomain(Market.ChainId, market.Contracts.LeaseManager));
            terms = world.Claims?.Invoke(terms) ?? terms;
            return new AmendmentResult(new SignedAmendment(terms, await signer.SignAsync(terms, cancellation)), "", "");
        }
    }
}

[CollectionDefinition(Name)]
public sealed class TenantWorldCollection : ICollectionFixture<TenantWorld>
{
    public const string Name = "a datacenter that can be rented";
}
