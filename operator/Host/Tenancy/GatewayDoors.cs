using System.Collections.Concurrent;
using Federation.Application.Ports;
using Federation.Cluster.Requests;
using Federation.Gateway;

namespace Federation.Host.Tenancy;

/// <summary>By the wallet alone: a sign-in at the gateway that the registry names.</summary>
internal sealed class GatewayDoors : IClusterDoors, IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(3);
    // Where a datacenter is changes by the year.
    private static readonly TimeSpan EndpointLife = TimeSpan.FromMinutes(1);
    // Who gives no access is asked again some time: it may have thought better of it.
    private static readonly TimeSpan OffLife = TimeSpan.FromMinutes(10);

    private readonly IGatewayDirectory directory;
    private readonly WalletSignIn signIn;
    private readonly TimeProvider clock;
    private readonly bool allowsHttp;
    private readonly GatewayTrust? trust;
    private readonly SocketsHttpHandler handler;
    private readonly ConcurrentDictionary<string, (GatewayDoor Door, long At)> doors = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, SemaphoreSlim> oneAtATime = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, long> off = new(StringComparer.OrdinalIgnoreCase);

    public GatewayDoors(IGatewayDirectory directory, WalletSignIn signIn, QuoteDeskOptions options, TimeProvider clock)
    {
        (this.directory, this.signIn, this.clock, allowsHttp) = (directory, signIn, clock, options.AllowHttp);
        trust = options.AuthorityFile.Length > 0 ? new GatewayTrust(options.AuthorityFile) : null;
        handler = new SocketsHttpHandler { ConnectTimeout = ConnectTimeout, AllowAutoRedirect = false, UseCookies = false, MaxConnectionsPerServer = 4, PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30) };
        if (trust is not null) handler.SslOptions = trust.Tls();
    }

    /// <inheritdoc/>
    public string? FaultOf(string provider) => !KubeconfigDoors.IsAddress(provider) ? $"{provider} is no address of a datacenter."
        : off.TryGetValue(provider, out var since) && clock.GetElapsedTime(since) < OffLife ? Off(provider) : null;

    /// <inheritdoc/>
    public async Task<ClusterDoor> OpenAsync(string provider, CancellationToken cancellation)
    {
        var door = await DoorAsync(provider, cancellation);
        try
        {
            var client = await door.OpenAsync(cancellation);
            off.TryRemove(provider, out _);
            return new ClusterDoor(client, DoorFault.Theirs, "Its gateway gave this credential a moment ago, and its cluster does not take it: its administrator sees why in the gateway's log.");
        }
        catch (AccessOffException e)
        {
            off[provider] = clock.GetTimestamp();
            throw new DoorException(DoorFault.Theirs, Off(provider), e);
        }
    }

    public void Dispose()
    {
        foreach (var (door, _) in doors.Values) door.Dispose();
        handler.Dispose();
    }

    private static string Off(string provider) =>
        $"The datacenter {provider} gives no access by its gateway. Have it hand out a kubeconfig (Tenant:Access:KubeconfigFolder), or name it in spec.placement.deny.";

    private async Task<GatewayDoor> DoorAsync(string provider, CancellationToken cancellation)
    {
        var isKnown = doors.TryGetValue(provider, out var known);
        if (isKnown && clock.GetElapsedTime(known.At) < EndpointLife) return known.Door;
        // Of two doors one would be left open, and its sign-in thrown away.
        var turn = oneAtATime.GetOrAdd(provider, _ => new SemaphoreSlim(1));
        await turn.WaitAsync(cancellation);
        try
        {
            return await FindAsync(provider, cancellation);
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<GatewayDoor> FindAsync(string provider, CancellationToken cancellation)
    {
        var isKnown = doors.TryGetValue(provider, out var known);
        if (isKnown && clock.GetElapsedTime(known.At) < EndpointLife) return known.Door;
        string? said;
        try
        {
            said = await directory.EndpointOfAsync(provider, cancellation);
        }
        catch (LedgerException e)
        {
            // It is where it was, until the chain can be asked.
            return isKnown ? known.Door : throw new DoorException(DoorFault.Ours, $"{e.Message} See to the chain's node (Tenant:Chain:RpcUrl).", e);
        }

        var endpoint = Checked(provider, said);
        if (isKnown && known.Door.Endpoint == endpoint)
        {
            doors[provider] = (known.Door, clock.GetTimestamp());
            return known.Door;
        }

        var door = new GatewayDoor(provider, endpoint, signIn, handler, trust, clock);
        doors[provider] = (door, clock.GetTimestamp());
        // What is asked through it meanwhile is asked again.
        if (isKnown) known.Door.Dispose();
        return door;
    }

    // Anybody may register an endpoint.
    private Uri Checked(string provider, string? endpoint) => endpoint is null
        ? throw new DoorException(DoorFault.Theirs, $"The registry has no endpoint of {provider}.")
        : Uri.TryCreate(endpoint, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttps || (allowsHttp && url.Scheme == Uri.UriSchemeHttp))
            ? url
            : throw new DoorException(DoorFault.Theirs, $"The endpoint of {provider} in the registry is '{endpoint}', which is no https address: nothing is sent there.");
}
