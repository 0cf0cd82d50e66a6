using Federation.Application.Access;
using Federation.Application.Ports;
using Federation.Cluster.Requests;
using Federation.Gateway;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Configuration;

namespace Federation.Host.Tenancy;

/// <summary>One datacenter's cluster through its gateway, as the wallet: signed in once for many calls, anew before the credential ends and when it is refused.</summary>
internal sealed class GatewayDoor : ICredentialSource, IDisposable
{
    // No call leaves with a credential that ends on its way.
    private static readonly TimeSpan Early = TimeSpan.FromSeconds(30);
    // As long as the message says; a gateway may give less, and promise more.
    private static readonly TimeSpan LongestLife = TimeSpan.FromHours(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    // A refusal is good for whoever asks at the same moment. Who takes all of the patience is left alone for longer than that.
    private static readonly TimeSpan RefusedRest = TimeSpan.FromSeconds(1), UnansweredRest = TimeSpan.FromSeconds(10);

    private readonly string provider;
    private readonly WalletSignIn signIn;
    private readonly GatewayTrust? trust;
    private readonly TimeProvider clock;
    private readonly HttpClient http;
    private readonly SemaphoreSlim oneAtATime = new(1);
    private readonly Lock opening = new();
    private volatile SignInGrant? grant;
    private (Exception Why, long At, TimeSpan Quiet)? failed;
    private (string Server, KubernetesClient Client)? opened;

    public GatewayDoor(string provider, Uri endpoint, WalletSignIn signIn, SocketsHttpHandler handler, GatewayTrust? trust, TimeProvider clock)
    {
        (this.provider, Endpoint, this.signIn, this.trust, this.clock) = (provider, endpoint, signIn, trust, clock);
        http = new HttpClient(handler, disposeHandler: false) { BaseAddress = endpoint, Timeout = Timeout.InfiniteTimeSpan };
    }

    public Uri Endpoint { get; }

    /// <exception cref="DoorException">The wallet is not let in.</exception>
    /// <exception cref="AccessOffException">Nobody is.</exception>
    public async Task<KubernetesClient> OpenAsync(CancellationToken cancellation)
    {
        var server = (await GrantAsync(cancellation)).Server;
        lock (opening)
        {
            if (opened is { } known && known.Server == server) return known.Client;
            // A gateway that serves its cluster elsewhere from now on: what is asked there meanwhile is asked again.
            opened?.Client.Dispose();
            var configuration = new KubernetesClientConfiguration { Server = new Uri(server), Credentials = this, CertificateValidation = trust?.Tls().RemoteCertificateValidationCallback };
            opened = (server, new KubernetesClient(configuration, WorkloadDelivery.ClientOptions, clock));
            return opened.Value.Client;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<Credential> GetAsync(CancellationToken cancellationToken) => new($"Bearer {(await GrantAsync(cancellationToken)).Token}", null);

    /// <inheritdoc/>
    public void Invalidate() => grant = null;

    // The semaphore stays: who waits for it is let go by its own end of patience.
    public void Dispose()
    {
        lock (opening) opened?.Client.Dispose();
        http.Dispose();
    }

    private async Task<SignInGrant> GrantAsync(CancellationToken cancellation)
    {
        if (IsGood(grant) is { } good) return good;
        await oneAtATime.WaitAsync(cancellation);
        try
        {
            if (IsGood(grant) is { } fresh) return fresh;
            if (failed is { } last && clock.GetElapsedTime(last.At) < last.Quiet) throw Again(last.Why);
            return grant = await SignInAsync(cancellation);
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    private async Task<SignInGrant> SignInAsync(CancellationToken cancellation)
    {
        // Of its own: who asks may wait for ever.
        using var limit = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            var (now, given) = (clock.GetUtcNow(), await signIn.EnterAsync(http, either.Token));
            failed = null;
            return given.Ends > now + LongestLife ? given with { Ends = now + LongestLife } : given;
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            var why = WhyNot(e);
            failed = (why, clock.GetTimestamp(), e is GatewayException or OperationCanceledException ? UnansweredRest : RefusedRest);
            throw why;
        }
    }

    private SignInGrant? IsGood(SignInGrant? known) => known is not null && clock.GetUtcNow() < known.Ends - Early ? known : null;

    private Exception WhyNot(Exception e) => e switch
    {
        GatewayRefusalException { Reason: AccessReasons.LeaseMissing } => new DoorException(DoorFault.NotYet, e.Message, e),
        GatewayRefusalException { Reason: AccessReasons.AccessOff } => new AccessOffException(e.Message, e),
        // Its times are all of it that may be this side's.
        GatewayRefusalException { Reason: AccessReasons.MessageInvalid } => new DoorException(DoorFault.Clock, $"It does not take the wallet's sign-in: {e.Message} See to this machine's clock.", e),
        GatewayRefusalException refused => new DoorException(DoorFault.Theirs, $"Its gateway does not let this wallet in: {refused.Reason}: {e.Message}", e),
        SignInFaultException => new DoorException(DoorFault.Theirs, $"{e.Message} Until it is mended, name {provider} in spec.placement.deny.", e),
        TenantKeyException => new DoorException(DoorFault.Ours, $"{e.Message} See to the wallet (Tenant:Chain:KeystoreFile or RemoteSignerUrl).", e),
        OperationCanceledException => new DoorException(DoorFault.Theirs, $"Its gateway at {Endpoint.Authority} signs nobody in within {Patience.TotalSeconds:0} s.", e),
        // Whether there was a way to it at all is in what is within.
        _ => new DoorException(DoorFault.Theirs, e.Message, e),
    };

    private static Exception Again(Exception why) => why is DoorException door ? new DoorException(door.Fault, door.Message, door.InnerException) : new AccessOffException(why.Message, why.InnerException);
}

/// <summary>A gateway that lets nobody into its cluster.</summary>
internal sealed class AccessOffException(string message, Exception? inner) : Exception(message, inner);
