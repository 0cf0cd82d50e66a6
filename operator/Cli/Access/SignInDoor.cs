using System.Security.Cryptography.X509Certificates;
using Federation.Application.Access;
using Federation.Chain.Signing;
using Federation.Cli.Output;
using Federation.Cli.Reading;
using Federation.Cli.Settings;
using Federation.Ethereum;
using Federation.Gateway;

namespace Federation.Cli.Access;

/// <summary>Who is signed in where.</summary>
/// <param name="Authority">PEM that the gateway's certificate was trusted by; empty: the system's own.</param>
internal sealed record SignedInAt(Address Provider, Uri Endpoint, SignInGrant Grant, string Authority);

/// <summary>Signs the wallet in at datacenters, and remembers it for as long as it is good.</summary>
internal sealed class SignInDoor(ChainDoor chain, GatewayDoor gateways, Wallet wallet, Surroundings here)
{
    private static readonly SignInPatience Patience = SignInPatience.Endless with { Leader = GatewayDoor.LeaderPatience };

    // A credential is looked at once in a while: kubectl asks for it at each call.
    private static readonly TimeSpan LookAfter = TimeSpan.FromMinutes(1), LookPatience = TimeSpan.FromSeconds(5);

    private readonly CredentialCache cache = new(Path.Combine(here.FolderOf("XDG_CACHE_HOME", ".cache"), "credentials"), here.Clock);

    /// <param name="isFresh">Sign in anew, whatever is remembered: the lease may be younger than the credential.</param>
    /// <exception cref="CliException">The registry does not know the datacenter, or its gateway is not what it should be.</exception>
    /// <exception cref="GatewayRefusalException">The wallet is not let in.</exception>
    public async Task<SignedInAt> EnterAsync(Address provider, bool isFresh, CancellationToken cancellation)
    {
        var endpoint = gateways.Checked((await chain.EntryAsync(provider, cancellation)).Endpoint);
        var key = $"{chain.ChainId}-{provider}-{wallet.Address}".ToLowerInvariant();
        if (!isFresh && cache.Find(key, endpoint) is { } kept && await IsKnownAsync(key, kept, new SignedInAt(provider, endpoint, kept.Grant, kept.Authority), cancellation))
            return new SignedInAt(provider, endpoint, kept.Grant, kept.Authority);
        var grant = await SignAsync(endpoint, cancellation);
        var authority = gateways.Root is { } root ? root.ExportCertificatePem() : "";
        cache.Keep(key, new CredentialCache.Kept(endpoint.AbsoluteUri, grant.Token, grant.Ends, grant.Address, grant.Server, grant.Namespaces, authority) { Seen = here.Clock.GetUtcNow() });
        return new SignedInAt(provider, endpoint, grant, authority);
    }

    // kubectl asks again after a 401, and would be given the same; one of a datacenter that cannot be asked is as good as any.
    private async Task<bool> IsKnownAsync(string key, CredentialCache.Kept kept, SignedInAt at, CancellationToken cancellation)
    {
        if (here.Clock.GetUtcNow() - kept.Seen < LookAfter) return true;
        using var door = new LeaseDoor(at, here.Clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var timer = here.Clock.CreateTimer(_ => limit.Cancel(), null, LookPatience, Timeout.InfiniteTimeSpan);
        try
        {
            if (await door.IsTurnedAwayAsync(limit.Token)) return false;
            cache.Keep(key, kept with { Seen = here.Clock.GetUtcNow() });
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // It says nothing of the credential.
        }

        return true;
    }

    private async Task<SignInGrant> SignAsync(Uri endpoint, CancellationToken cancellation)
    {
        var signIn = new WalletSignIn(new SignInKey(wallet.Address, wallet.Open), chain.ChainId, "chain.chainId", here.Clock);
        try
        {
            try
            {
                return await signIn.EnterAsync(gateways.Open(endpoint), Patience, cancellation);
            }
            // The nonce is in one replica's memory, and another one leads by now.
            catch (GatewayRefusalException e) when (e.Reason == AccessReasons.NonceInvalid)
            {
                return await signIn.EnterAsync(gateways.Open(endpoint), Patience, cancellation);
            }
        }
        catch (SignInFaultException e)
        {
            throw new CliException(ExitCodes.Refused, Printable.Line(e.Message), e);
        }
    }
}
