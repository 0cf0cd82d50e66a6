using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Federation.Application.Access;
using Federation.Application.Amending;
using Federation.Application.Handing;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Application.Settings;
using Federation.Chain;
using Federation.Chain.Signing;
using Federation.Cluster;
using Federation.Cluster.Mapping;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Ethereum.Cryptography;
using Federation.Ethereum.Signing;
using Federation.Ethereum.Tests.Tools;
using Federation.Gateway;
using Federation.Gateway.Access;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Tests.Support;
using Federation.Testing.Builders;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NSubstitute;

namespace Federation.Host.Tests.Access;

/// <summary>
/// A gateway on a real Kestrel before a real API server, with the rights of an installed operator and no more; sign-ins are checked on a
/// real chain. Two tenants have a lease each.
/// </summary>
public sealed class AccessWorld : IAsyncLifetime
{
    internal const ulong ChainId = 31337;

    // Says yes to what begins with the byte 0x2a, and to nothing else: isValidSignature(bytes32,bytes) of ERC-1271.
    private const string ContractWallet = "601a600c600039601a6000f3" + "60643560001a602a14631626ba7e60e01b0260005260206000f3";

    // More than all tests together ask for.
    private const int Plenty = 1_000_000;

    private static readonly AccessOptions Usual = new();

    private readonly X509Certificate2 certificate = NewCertificate();
    private readonly List<WebApplication> apps = [];
    private readonly IDatacenterStore registered = Substitute.For<IDatacenterStore>();
    private KubernetesClientConfiguration identity = null!;
    private KubernetesClient operatorClient = null!;
    private ClusterAdapter cluster = null!;
    private Anvil anvil = null!;

    internal ApiServer Server { get; private set; } = null!;

    internal HttpClient Http { get; private set; } = null!;

    internal TenantCredentials Credentials { get; private set; } = null!;

    internal SignInDesk Desk { get; private set; } = null!;

    internal LineLog Lines { get; } = new();

    internal LocalSigner Tenant { get; } = LocalSigner.Generate();

    internal LocalSigner Other { get; } = LocalSigner.Generate();

    /// <summary>A contract that is a tenant.</summary>
    internal string Wallet { get; private set; } = "";

    internal MatchedLease Own { get; private set; } = null!;

    internal MatchedLease Foreign { get; private set; } = null!;

    internal Uri Endpoint { get; private set; } = null!;

    /// <summary>A gateway of its own whose limits are soon met and whose patience is five seconds; elsewhere they are no test's subject, and no test meets another's.</summary>
    internal Uri Tight { get; private set; } = null!;

    /// <summary>The same gateway, by TLS.</summary>
    internal Uri Tls { get; private set; } = null!;

    internal string Token => Credentials.Issue(Tenant.Address.ToString(), TimeProvider.System.GetUtcNow().AddMinutes(30));

    public async ValueTask InitializeAsync()
    {
        (Server, anvil) = (await ApiServer.StartAsync(), await Anvil.StartAsync());
        Wallet = (await anvil.DeployAsync(Convert.FromHexString(ContractWallet))).ToString();
        await Kubectl.RunAsync(Server, "apply", "-f", Path.Combine(Root(), "e2e", "Harness", "Demo", "Rbac.yaml"));
        cluster = new ClusterAdapter(
            new ClusterOptions { Chain = new ChainIdentity(ChainId, "0x5FbDB2315678afecb367f032d93F642f64180aa3"), DatacenterName = "north" }, Server.Configuration(), new KeccakHasher());
        await cluster.StartAsync(default);
        Own = await LeaseOfAsync(Tenant.Address.ToString());
        Foreign = await LeaseOfAsync(Other.Address.ToString());
        await LeaseOfAsync(Wallet);
        await ListenAsync();
        Tight = new Uri((await GatewayAsync(Usual with { StreamsPerTenant = 4, WriteBurst = 30, Patience = TimeSpan.FromSeconds(5) })).Urls.Single(u => u.StartsWith("http:", StringComparison.Ordinal)));
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        certificate.Dispose();
        foreach (var app in apps) await app.DisposeAsync();
        operatorClient.Dispose();
        await cluster.DisposeAsync();
        await anvil.DisposeAsync();
        Server.Dispose();
    }

    /// <summary>A request to the cluster with the tenant's credential, unless another one is given.</summary>
    internal HttpRequestMessage Ask(HttpMethod method, string path, string? token = null, Uri? at = null)
    {
        var options = new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true };
        return new HttpRequestMessage(method, new Uri((at ?? Endpoint).AbsoluteUri.TrimEnd('/') + path, in options)) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token ?? Token) } };
    }

    internal async Task<(int Status, string Body)> SendAsync(HttpRequestMessage message)
    {
        using var response = await Http.SendAsync(message);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    internal Task<(int Status, string Body)> GetAsync(string path, string? token = null, Uri? at = null) => SendAsync(Ask(HttpMethod.Get, path, token, at));

    internal async Task<SignInMessage> InvitedAsync(string address)
    {
        var invited = await Http.GetFromJsonAsync<JsonElement>("v1/login/nonce");
        return new SignInMessage
        {
            Domain = invited.GetProperty("domain").GetString()!, Uri = invited.GetProperty("uri").GetString()!, ChainId = ulong.Parse(invited.GetProperty("chainId").GetString()!, null),
            Nonce = invited.GetProperty("nonce").GetString()!, Address = Federation.Ethereum.Address.Parse(address), IssuedAt = TimeProvider.System.GetUtcNow(), Statement = "Sign in.",
        };
    }

    internal static string SignedBy(LocalSigner who, string text) => who.SignDigest(PersonalMessage.Digest(text)).ToString();

    internal async Task<(int Status, JsonElement Body)> SignInAsync(string message, string signature)
    {
        using var response = await Http.PostAsJsonAsync("v1/login", new { message, signature });
        return ((int)response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>());
    }

    /// <summary>A kubeconfig as a tenant has it.</summary>
    internal string WriteKubeconfig(string token)
    {
        var file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.kubeconfig");
        File.WriteAllText(file, $$"""
            apiVersion: v1
            kind: Config
            current-context: lease
            contexts: [{name: lease, context: {cluster: gateway, user: me, namespace: {{Own.Id.Namespace}} } }]
            clusters: [{name: gateway, cluster: {server: "{{Tls.AbsoluteUri.TrimEnd('/')}}/cluster", insecure-skip-tls-verify: true} }]
            users: [{name: me, user: {token: {{token}} } }]
            """);
        return file;
    }

    private async Task<MatchedLease> LeaseOfAsync(string tenant)
    {
        var lease = new MatchedLease(LeaseId.Parse("0x" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32))), Some.Terms with { Tenant = tenant }, 77);
        await cluster.Leases.EnsureAsync(lease, default);
        await cluster.Workloads.ApplyAsync(new EnsureIsolation(lease.Id, lease.Terms), default);
        await Eventually.TrueAsync(async () => (await cluster.Leases.ListAsync(default)).Any(r => r.Id == lease.Id));
        return lease;
    }

    private async Task ListenAsync()
    {
        identity = Server.Configuration() with { Credentials = StaticCredentials.Bearer(ApiServer.OperatorToken) };
        operatorClient = new KubernetesClient(identity);
        Credentials = new TenantCredentials(await GatewaySecret.EnsureAsync(operatorClient, "federation-system", default), "31337 test north");
        registered.ReadAsync(Arg.Any<CancellationToken>()).Returns(_ => Task.FromResult<DatacenterRecord?>(new DatacenterRecord("north", 1, Spec(), null)));
        Desk = new SignInDesk(new SignInWords(anvil.Client), cluster.Leases, registered, ChainId, TimeSpan.FromHours(1), TimeProvider.System);
        var app = await GatewayAsync(Usual with { Burst = Plenty, PerSecond = Plenty, WriteBurst = Plenty, WritesPerMinute = Plenty, AllWritesPerMinute = Plenty, StreamsPerTenant = 200 });
        (Endpoint, Tls) = (new Uri(app.Urls.Single(u => u.StartsWith("http:", StringComparison.Ordinal))), new Uri(app.Urls.Single(u => u.StartsWith("https:", StringComparison.Ordinal))));
        Http = new HttpClient { BaseAddress = Endpoint };
    }

    private async Task<WebApplication> GatewayAsync(AccessOptions limits)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Logging.AddProvider(Lines.NewProvider());
        // kubectl sends no token over plain http; who sends bytes as they are does so there.
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = Microsoft.AspNetCore.Server.Kestrel.Core.HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.UseHttps(certificate));
        });
        builder.Services.AddSingleton(Substitute.For<IQuoter>()).AddSingleton(Substitute.For<IAmender>()).AddSingleton(Substitute.For<IRecordDesk>());
        builder.Services.AddSingleton(registered).AddSingleton<ISignInDesk>(Desk).AddSingleton<Live<AccessOptions>>(limits);
        builder.Services.AddGateway(new GatewayIdentity(ChainId, "0x00000000000000000000000000000000000000Ab", "0x00000000000000000000000000000000000000Aa"), requestsPerMinute: 100_000);
        var app = builder.Build();
        apps.Add(app);
        app.UseGateway();
        app.MapGateway();
        await app.StartAsync();
        // Each has its own connections: they end with it.
        app.Services.GetRequiredService<AccessDoor>().Set(new OpenDoor(identity.Server, ApiTransport.Create(identity), new TenantSpaces(operatorClient, TimeProvider.System), Credentials));
        return app;
    }

    private DatacenterSpec Spec() => new(
        Some.Provider, "eu-central", Endpoint.AbsoluteUri, new Dictionary<string, GpuPlacement>(),
        new PriceBook(Some.Token, 1, 2, 3, 4, new Dictionary<string, System.Numerics.BigInteger>(), 30, 10, 1, 60, 600, 86_400, 10_000, 250, []), "", 0, 0);

    private static X509Certificate2 NewCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        return new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddHours(-1), now.AddHours(1));
    }

    private static string Root()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
            if (File.Exists(Path.Combine(folder, "Federation.sln"))) return folder;
        throw new InvalidOperationException("The tests run below the repository.");
    }
}

[CollectionDefinition(Name)]
public sealed class AccessCollection : ICollectionFixture<AccessWorld>
{
    public const string Name = "access by the gateway";
}
