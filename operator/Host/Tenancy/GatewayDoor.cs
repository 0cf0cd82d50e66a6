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
    // The key's time is its own: how long it takes says nothing of the gateway.
    private static readonly SignInPatience Patience = new(Gateway: TimeSpan.FromSeconds(5), Key: TimeSpan.FromSeconds(5));
    // What a cluster refuses sooner than this, it never took: to sign in again would not help.
    private static readonly TimeSpan Young = TimeSpan.FromMinutes(1);
    // A refusal is good for whoever asks at the same moment. Who takes all of the patience is left alone for longer than that.
    private static readonly TimeSpan RefusedRest = TimeSpan.FromSeconds(1), UnansweredRest = TimeSpan.FromSeconds(10);

    private readonly string provider;
    private readonly WalletSignIn signIn;
    private readonly GatewayTrust? trust;
    private readonly TimeProvider clock;
    private readonly HttpClient http;
    private readonly Lock opening = new();
    private (SignInGrant Grant, long Since)? entered;
    private (Exception Why, long At, TimeSpan Quiet)? failed;
    private Task<SignInGrant>? entering;
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
    public async ValueTask<Credential> GetAsync(CancellationToken cancellationToken) => CredentialOf(await GrantAsync(cancellationToken));

    /// <inheritdoc/>
    public void Invalidate(Credential refused)
    {
        lock (opening)
        {
            // Whoever was slower than another one does not undo what that one got.
            if (entered is not { } known || CredentialOf(known.Grant).Authorization != refused.Authorization) return;
            if (clock.GetElapsedTime(known.Since) < Young)
                failed = (new DoorException(DoorFault.Theirs, $"The cluster behind its gateway at {Endpoint.Authority} does not take the credential that the gateway gave a moment ago: its administrator sees why in the gateway's log."), clock.GetTimestamp(), UnansweredRest);
            entered = null;
        }
    }

    public void Dispose()
    {
        lock (opening) opened?.Client.Dispose();
        http.Dispose();
    }

    // Whoever asks meanwhile gets the same answer, good or bad, at the same time: nobody signs in after another one.
    private async Task<SignInGrant> GrantAsync(CancellationToken cancellation)
    {
        Task<SignInGrant> current;
        lock (opening)
        {
            if (entered is { } known && IsGood(known.Grant)) return known.Grant;
            if (entering is not { IsCompleted: false })
            {
                if (failed is { } last && clock.GetElapsedTime(last.At) < last.Quiet) throw Again(last.Why);
                // Not with the time of who happened to be first: the others wait for it too.
                entering = SignInAsync();
            }

            current = entering;
        }

        try
        {
            return await current.WaitAsync(cancellation);
        }
        catch (Exception e) when (e is DoorException or AccessOffException)
        {
            throw Again(e);
        }
    }

    private async Task<SignInGrant> SignInAsync()
    {
        try
        {
            var (now, given) = (clock.GetUtcNow(), await signIn.EnterAsync(http, Patience, CancellationToken.None));
            if (!IsGood(given)) throw new SignInFaultException($"The gateway at {Endpoint.Authority} hands out a credential that ends {given.Ends:u}, and it is {clock.GetUtcNow():u}: nothing can be done with it.");
            var kept = given.Ends > now + LongestLife ? given with { Ends = now + LongestLife } : given;
            lock (opening) (entered, failed) = ((kept, clock.GetTimestamp()), null);
            return kept;
        }
        catch (Exception e)
        {
            var why = WhyNot(e);
            lock (opening) failed = (why, clock.GetTimestamp(), e is GatewayException or SignInFaultException or OperationCanceledException ? UnansweredRest : RefusedRest);
            throw why;
        }
    }

    private bool IsGood(SignInGrant known) => clock.GetUtcNow() < known.Ends - Early;

    private static Credential CredentialOf(SignInGrant known) => new($"Bearer {known.Token}", null);

    private Exception WhyNot(Exception e) => e switch
    {
        GatewayRefusalException { Reason: AccessReasons.LeaseMissing } => new DoorException(DoorFault.NotYet, e.Message, e),
        GatewayRefusalException { Reason: AccessReasons.AccessOff } => new AccessOffException(e.Message, e),
        // Its times are all of it that may be this side's.
        GatewayRefusalException { Reason: AccessReasons.MessageInvalid } => new DoorException(DoorFault.Clock, $"It does not take the wallet's sign-in: {e.Message} See to this machine's clock.", e),
        GatewayRefusalException refused => new DoorException(DoorFault.Theirs, $"Its gateway does not let this wallet in: {refused.Reason}: {e.Message}", e),
        SignInFaultException => new DoorException(DoorFault.Theirs, $"{e.Message} Until it is mended, name {provider} in spec.placement.deny.", e),
        TenantKeyException => new DoorException(DoorFault.Ours, $"{e.Message} See to the wallet (Tenant:Chain:KeystoreFile or RemoteSignerUrl).", e),
        OperationCanceledException => new DoorException(DoorFault.Theirs, $"Its gateway at {Endpoint.Authority} signs nobody in within {Patience.Gateway.TotalSeconds:0} s.", e),
        // Whether there was a way to it at all is in what is within.
        _ => new DoorException(DoorFault.Theirs, e.Message, e),
    };

    private static Exception Again(Exception why) => why is DoorException door ? new DoorException(door.Fault, door.Message, door.InnerException) : new AccessOffException(why.Message, why.InnerException);
}

/// <summary>A gateway that lets nobody into its cluster.</summary>
internal sealed class AccessOffException(string message, Exception? inner) : Exception(message, inner);
