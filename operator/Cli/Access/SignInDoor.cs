using System.Security.Cryptography.X509Certificates;
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
    private readonly CredentialCache cache = new(Path.Combine(here.FolderOf("XDG_CACHE_HOME", ".cache"), "credentials"), here.Clock);

    /// <param name="isFresh">Sign in anew, whatever is remembered: the lease may be younger than the credential.</param>
    /// <exception cref="CliException">The registry does not know the datacenter, or its gateway is not what it should be.</exception>
    /// <exception cref="GatewayRefusalException">The wallet is not let in.</exception>
    public async Task<SignedInAt> EnterAsync(Address provider, bool isFresh, CancellationToken cancellation)
    {
        var endpoint = gateways.Checked((await chain.EntryAsync(provider, cancellation)).Endpoint);
        var key = $"{chain.ChainId}-{provider}-{wallet.Address}".ToLowerInvariant();
        if (!isFresh && cache.Find(key, endpoint) is { } kept) return new SignedInAt(provider, endpoint, kept.Grant, kept.Authority);
        var grant = await SignAsync(endpoint, cancellation);
        var authority = gateways.Root is { } root ? root.ExportCertificatePem() : "";
        cache.Keep(key, new CredentialCache.Kept(endpoint.AbsoluteUri, grant.Token, grant.Ends, grant.Address, grant.Server, grant.Namespaces, authority));
        return new SignedInAt(provider, endpoint, grant, authority);
    }

    private async Task<SignInGrant> SignAsync(Uri endpoint, CancellationToken cancellation)
    {
        try
        {
            return await new WalletSignIn(new SignInKey(wallet.Address, wallet.Open), chain.ChainId, "chain.chainId", here.Clock).EnterAsync(gateways.Open(endpoint), SignInPatience.Endless, cancellation);
        }
        catch (SignInFaultException e)
        {
            throw new CliException(ExitCodes.Refused, Printable.Line(e.Message), e);
        }
    }
}
