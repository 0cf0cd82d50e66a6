using System.Security.Cryptography.X509Certificates;
using System.Text;
using Federation.Cli.Output;
using Federation.Cli.Reading;
using Federation.Cli.Settings;
using Federation.Ethereum;
using Federation.Ethereum.Cryptography;
using Federation.Gateway;

namespace Federation.Cli.Access;

/// <summary>Who is signed in where.</summary>
/// <param name="Authority">PEM that the gateway's certificate was trusted by; empty: the system's own.</param>
internal sealed record SignedInAt(Address Provider, Uri Endpoint, SignInGrant Grant, string Authority);

/// <summary>Signs the wallet in at datacenters, and remembers it for as long as it is good.</summary>
internal sealed class SignInDoor(ChainDoor chain, GatewayDoor gateways, Wallet wallet, Surroundings here)
{
    private static readonly TimeSpan MessageLife = TimeSpan.FromHours(1);

    // EIP-4361: letters and digits.
    private const int LeastNonceChars = 8;

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
        var client = new LoginClient(gateways.Open(endpoint));
        var invited = await client.InviteAsync(cancellation);
        if (FaultOf(invited, endpoint) is { } fault) throw new CliException(ExitCodes.Refused, $"Nothing is signed. {fault}");
        var now = here.Clock.GetUtcNow();
        var text = new SignInMessage
        {
            Domain = invited.Domain, Address = wallet.Address, Statement = "Sign in to the leases of this wallet.", Uri = invited.Uri, ChainId = invited.ChainId, Nonce = invited.Nonce,
            IssuedAt = now, ExpirationTime = now + MessageLife,
        }.ToText();
        var grant = await client.SignInAsync(text, (await wallet.Open().SignMessageAsync(Encoding.UTF8.GetBytes(text), cancellation)).ToString(), cancellation);
        // The credential goes where the gateway says: nowhere but to itself.
        return Uri.TryCreate(grant.Server, UriKind.Absolute, out var server) && server.Scheme == endpoint.Scheme && server.Authority == endpoint.Authority
            ? grant
            : throw new CliException(ExitCodes.Refused, $"The gateway at {endpoint} names {Printable.Line(grant.Server)} as its cluster, which is another place: the credential is not used.");
    }

    // A gateway could have a message signed that is good at another one.
    private string? FaultOf(SignInInvitation invited, Uri endpoint)
    {
        if (invited.Domain != endpoint.Authority) return $"The gateway at {endpoint.Authority} wants a sign-in for {Printable.Line(invited.Domain)}.";
        if (!invited.Uri.StartsWith(endpoint.AbsoluteUri.TrimEnd('/') + "/", StringComparison.Ordinal)) return $"The gateway at {endpoint} wants a sign-in for {Printable.Line(invited.Uri)}.";
        if (invited.ChainId != chain.ChainId) return $"The gateway at {endpoint.Authority} is of chain {invited.ChainId}, chain.chainId is {chain.ChainId}.";
        return invited.Nonce.Length >= LeastNonceChars && invited.Nonce.All(char.IsAsciiLetterOrDigit) ? null : $"The gateway at {endpoint.Authority} gives a nonce that is none: '{Printable.Line(invited.Nonce)}'.";
    }
}
