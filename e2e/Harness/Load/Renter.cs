using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Numerics;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Chain;
using Federation.Chain.Accounts;
using Federation.Chain.Signing;
using Federation.Cluster.Entities;
using Federation.Domain.Leases;
using Federation.Ethereum.Signing;
using Federation.Gateway;
using Federation.Harness.Demo;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;
using Federation.Kubernetes.Models;

namespace Federation.Harness.Load;

/// <summary>One of many tenants: its own key, its own address on the network, its own credential in the cluster.</summary>
internal sealed class Renter : IDisposable
{
    private const uint MemoryMiB = 16;

    // The shortest time for bids that the contract takes.
    private const uint BidSeconds = 60;

    private readonly DemoStory story;
    private readonly HttpClient[] gateways;
    private readonly KubernetesClient cluster;
    private readonly LocalAccount account;
    private readonly OrderSigner orders;
    private readonly TenantWallet wallet;
    private readonly ContractAddresses contracts;

    /// <param name="account">Has what its leases pay in.</param>
    /// <param name="number">Unique: callers are told apart by their addresses.</param>
    /// <param name="cpuMilli">Of each lease.</param>
    public Renter(LocalFederation federation, DemoChain chain, DemoDatacenter site, LocalAccount account, int number, uint cpuMilli)
    {
        this.account = account;
        var user = account.Signer.Address.ToString();
        story = new DemoStory("rented", Workload(cpuMilli), cpuMilli, MemoryMiB, "", 0, Deposit(cpuMilli), DemoEnd.TenantEarly);
        Hands = new DemoTenant(federation, chain, [site], user);
        var from = IPAddress.Parse($"127.0.{1 + (number / 250)}.{1 + (number % 250)}");
        gateways = [Gateway(site, site.Endpoint, from), Gateway(site, site.ReplicaEndpoint, from)];
        cluster = new KubernetesClient(KubernetesClientConfiguration.Load(site.Site.Parts.UserKubeconfigs[user]));
        orders = new OrderSigner(account.Signer, new OrderDomain(account.ChainId, chain.Contracts.Market));
        (contracts, wallet) = (chain.Contracts, new TenantWallet(account.Writer, chain.Contracts));
    }

    /// <summary>What each lease pays in: an hour of it and the closing reserve.</summary>
    public static BigInteger Deposit(uint cpuMilli) => 200_000 * (BigInteger)cpuMilli;

    /// <summary>What the tenant does with a lease that it has.</summary>
    public DemoTenant Hands { get; }

    public DemoLease Describe(MatchedLease lease, DemoDatacenter site) => new(story, site, lease.Id, lease.Terms, lease.Block);

    /// <summary>Posts a Request for bids.</summary>
    /// <returns>Its hash.</returns>
    public async Task<string> PostAsync(CancellationToken cancellation)
    {
        // Bids have to be firm until the end of the time for the award, an hour after that for bids.
        var request = await RequestAsync(cancellation) with { ExpiresAt = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + BidSeconds + 4_200 };
        return await new PostedRequests(account.Writer, contracts).PostAsync(request, BidSeconds, Funding.Allowance, cancellation);
    }

    /// <summary>Asks whichever replica leads for a quote.</summary>
    /// <returns>Null while none does.</returns>
    public async Task<(RequestTerms Request, QuoteAnswer Answer)?> AskAsync(CancellationToken cancellation)
    {
        var request = await RequestAsync(cancellation);
        var signature = await orders.SignAskAsync(request, cancellation);
        foreach (var gateway in gateways)
        {
            try
            {
                if (await new GatewayClient(gateway).QuoteAsync(request, signature, cancellation) is { Reason: not ("NotLeading" or "ChainUnavailable") } answer) return (request, answer);
            }
            catch (GatewayException)
            {
                // Killed, or not yet there: the other one may be.
            }
        }

        return null;
    }

    /// <summary>A Request of its own and its word that it asks, which a tenant has before it turns to any datacenter.</summary>
    /// <param name="life">So long an Offer is firm at most: what comes of it is free again after that.</param>
    public async Task<(RequestTerms Request, string Signature)> PrepareAsync(TimeSpan life, CancellationToken cancellation)
    {
        var request = await RequestAsync(cancellation) with { ExpiresAt = (TimeProvider.System.GetUtcNow() + life).ToUnixTimeSeconds() };
        return (request, await orders.SignAskAsync(request, cancellation));
    }

    /// <summary>Turns to the datacenter with it, by TLS.</summary>
    public Task<QuoteAnswer> QuoteAsync(RequestTerms request, string signature, CancellationToken cancellation) =>
        new GatewayClient(gateways[0]).QuoteAsync(request, signature, cancellation);

    public async Task<MatchedLease> MatchAsync(SignedOffer offer, RequestTerms request, CancellationToken cancellation) =>
        await wallet.MatchAsync(offer, request, (await orders.SignAsync(request, cancellation)).Signature, cancellation);

    public Task CloseAsync(MatchedLease lease, CancellationToken cancellation) => wallet.CloseAsync(lease.Id, lease.Terms, cancellation);

    /// <summary>Signs in at the gateway: asked for its words, signed, and handed a credential.</summary>
    public Task<SignInGrant> SignInAsync(CancellationToken cancellation) =>
        new WalletSignIn(new SignInKey(account.Signer), account.ChainId, "the chain", TimeProvider.System).EnterAsync(gateways[0], SignInPatience.Endless, cancellation);

    /// <summary>A quote, and the transaction that makes it a lease.</summary>
    /// <param name="quoted">Told how many milliseconds the quote took that was granted.</param>
    public async Task<MatchedLease> RentAsync(CancellationToken cancellation, Action<double>? quoted = null)
    {
        while (true)
        {
            var begin = Stopwatch.GetTimestamp();
            if (await AskAsync(cancellation) is ({ } request, { Offer: { } offer }))
            {
                quoted?.Invoke(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
                return await MatchAsync(offer, request, cancellation);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellation);
        }
    }

    /// <summary>Applies the workload as soon as the tenant may.</summary>
    public async Task DeliverAsync(LeaseId id, CancellationToken cancellation)
    {
        var manifest = new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = id.Namespace, ["namespace"] = id.Namespace },
            ["spec"] = new JsonObject { ["workload"] = JsonNode.Parse(story.Workload) },
        };
        var leases = cluster.Resource(ResourceKind.Of<V1Alpha1ComputeLease>());
        while (true)
        {
            try
            {
                await leases.ApplyAsync(manifest, new ApplyOptions { FieldManager = "tenant" }, cancellation);
                return;
            }
            catch (KubernetesException early) when (early.IsNotFound || early.IsForbidden || early.IsTransient)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellation);
            }
        }
    }

    public void Dispose()
    {
        foreach (var gateway in gateways) gateway.Dispose();
        cluster.Dispose();
    }

    private async Task<RequestTerms> RequestAsync(CancellationToken cancellation) =>
        await Hands.RequestAsync(story, cancellation) with { Tenant = account.Signer.Address.ToString(), Counter = 0 };

    private static string Workload(uint cpuMilli) =>
        $$"""{"services":[{"name":"work","image":"localhost/federation/burn:1","args":["3600","10"],"resources":{"cpu":"{{cpuMilli}}m","memory":"{{MemoryMiB}}Mi"} }]}""";

    private static HttpClient Gateway(DemoDatacenter site, string endpoint, IPAddress from) => new(new SocketsHttpHandler
    {
        SslOptions = site.Trust,
        ConnectCallback = async (context, cancellation) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Bind(new IPEndPoint(from, 0));
            await socket.ConnectAsync(context.DnsEndPoint, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        },
    }) { BaseAddress = new Uri(endpoint), Timeout = TimeSpan.FromSeconds(10) };
}
