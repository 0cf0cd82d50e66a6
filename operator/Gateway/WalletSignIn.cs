using Federation.Application.Ports;

namespace Federation.Gateway;

/// <summary>Signs a wallet in at gateways, each of which may be anybody's: what is signed is good at that one alone, and what it hands out goes nowhere else.</summary>
/// <param name="chainSetting">Where its reader has set the chain's id.</param>
public sealed class WalletSignIn(ISignInKey key, ulong chainId, string chainSetting, TimeProvider clock)
{
    // EIP-4361: letters and digits.
    private const int LeastNonceChars = 8;

    // A gateway's own are a tenth of it.
    private const int MostChars = 1024, MostTokenChars = 16 * 1024;

    private static readonly TimeSpan MessageLife = TimeSpan.FromHours(1);

    /// <param name="http">Its base address is the gateway's endpoint as the registry has it.</param>
    /// <param name="patience">Of the gateway and of the key, each by itself: who is blamed is who was slow.</param>
    /// <exception cref="SignInFaultException">The gateway is not what it should be.</exception>
    /// <exception cref="GatewayException">No gateway answered there, or not in its language.</exception>
    /// <exception cref="GatewayRefusalException">It does not let this wallet in, and says why.</exception>
    /// <exception cref="TenantKeyException">The wallet's key cannot sign, or not in its time.</exception>
    /// <exception cref="OperationCanceledException">The gateway did not answer in its time.</exception>
    public async Task<SignInGrant> EnterAsync(HttpClient http, SignInPatience patience, CancellationToken cancellation)
    {
        var endpoint = http.BaseAddress ?? throw new ArgumentException("Set the client's base address to the gateway's endpoint.", nameof(http));
        // Prices may be asked for in the open; who reads a credential on the way acts as the wallet until it ends.
        if (endpoint.Scheme != Uri.UriSchemeHttps && !endpoint.IsLoopback)
            throw new SignInFaultException($"Nothing is signed. The gateway at {endpoint} is no https address: everybody on the way could read the credential. Http is for quotes alone, whatever the setting to allow it says.");
        var client = new LoginClient(http, patience.Leader is { } leader ? new LeaderWait(leader, clock) : null);
        var invited = await WithinAsync(patience.Gateway, client.InviteAsync, cancellation);
        if (FaultOf(invited, endpoint) is { } fault) throw new SignInFaultException($"Nothing is signed. {fault}");
        var now = clock.GetUtcNow();
        var draft = new SignInDraft(invited.Domain, invited.Uri, invited.ChainId, invited.Nonce, "Sign in to the leases of this wallet.", now, now + MessageLife);
        var signed = await SignAsync(draft, patience.Key, cancellation);
        var grant = await WithinAsync(patience.Gateway, stop => client.SignInAsync(signed.Text, signed.Signature, stop), cancellation);
        return FaultOf(grant, endpoint) is { } wrong ? throw new SignInFaultException(wrong) : grant;
    }

    private async Task<SignedWords> SignAsync(SignInDraft draft, TimeSpan patience, CancellationToken cancellation)
    {
        try
        {
            return await WithinAsync(patience, stop => key.SignAsync(draft, stop), cancellation);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new TenantKeyException($"The wallet's key has not signed within {patience.TotalSeconds:0} s.", e);
        }
    }

    private async Task<T> WithinAsync<T>(TimeSpan patience, Func<CancellationToken, Task<T>> ask, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        return await ask(either.Token).WaitAsync(either.Token);
    }

    // A gateway could have a message signed that is good at another one.
    private string? FaultOf(SignInInvitation invited, Uri endpoint)
    {
        if (invited.Domain != endpoint.Authority) return $"The gateway at {endpoint.Authority} wants a sign-in for {invited.Domain}.";
        if (!invited.Uri.StartsWith(endpoint.AbsoluteUri.TrimEnd('/') + "/", StringComparison.Ordinal) || invited.Uri.Length > MostChars || invited.Uri.Any(char.IsControl))
            return $"The gateway at {endpoint} wants a sign-in for {invited.Uri}.";
        if (invited.ChainId != chainId) return $"The gateway at {endpoint.Authority} is of chain {invited.ChainId}, {chainSetting} is {chainId}.";
        return invited.Nonce.Length is >= LeastNonceChars and <= MostChars && invited.Nonce.All(char.IsAsciiLetterOrDigit)
            ? null
            : $"The gateway at {endpoint.Authority} gives a nonce that is none: '{invited.Nonce}'.";
    }

    // The credential goes where the gateway says: nowhere but to itself.
    private static string? FaultOf(SignInGrant grant, Uri endpoint)
    {
        if (!Uri.TryCreate(grant.Server, UriKind.Absolute, out var server) || server.Scheme != endpoint.Scheme || server.Authority != endpoint.Authority)
            return $"The gateway at {endpoint} names {grant.Server} as its cluster, which is another place: the credential is not used.";
        // It becomes a header, and a line of a file.
        return grant.Token.Length is > 0 and <= MostTokenChars && grant.Token.All(c => c is > ' ' and <= '~')
            ? null
            : $"The gateway at {endpoint} hands out a credential that is none: it is not used.";
    }
}

/// <summary>How long each side of a sign-in may take.</summary>
/// <param name="Gateway">For each of its two answers.</param>
/// <param name="Key">A person may have to say yes first.</param>
public sealed record SignInPatience(TimeSpan Gateway, TimeSpan Key)
{
    public static SignInPatience Endless { get; } = new(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    /// <summary>For each of its answers, while nobody behind it leads; null: that is an answer.</summary>
    public TimeSpan? Leader { get; init; }
}

/// <summary>A gateway that wants something signed, or handed something out, that is not for itself. Its own words are in the message as they came.</summary>
public sealed class SignInFaultException(string message) : Exception(message);
