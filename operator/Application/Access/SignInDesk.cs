using Federation.Application.Ports;
using Federation.Application.Quoting;

namespace Federation.Application.Access;

/// <summary>What a message to sign in with has to say.</summary>
/// <param name="Domain">Host of the datacenter's endpoint, and port if it is not the scheme's own.</param>
/// <param name="Ends">Until when the nonce is good.</param>
public sealed record SignInTerms(string Domain, string Uri, ulong ChainId, string Nonce, DateTimeOffset Ends);

/// <summary>Who asks to be signed in.</summary>
/// <param name="Signature">0x hex.</param>
/// <param name="Caller">Network address; limits count by it.</param>
public sealed record SignInClaim(string Message, string Signature, string Caller);

/// <summary>Somebody who is signed in.</summary>
/// <param name="Address">EIP-55.</param>
/// <param name="Ends">Of the credential.</param>
/// <param name="Endpoint">Of the datacenter.</param>
/// <param name="Namespaces">Of the leases of which it is the tenant now; the credential is good for those that come, too.</param>
public sealed record SignedIn(string Address, DateTimeOffset Ends, string Endpoint, IReadOnlyList<string> Namespaces);

/// <summary>What was asked for, or why not.</summary>
/// <param name="Reason">Of <see cref="AccessReasons"/> or <see cref="QuoteReasons.NotLeading"/>; empty when it is there.</param>
public sealed record SignInResult<T>(T? Value, string Reason = "", string Message = "")
    where T : class;

/// <summary>Signs tenants in by their wallets.</summary>
public interface ISignInDesk
{
    Task<SignInResult<SignInTerms>> InviteAsync(CancellationToken cancellation);

    Task<SignInResult<SignedIn>> SignInAsync(SignInClaim claim, CancellationToken cancellation);
}

/// <summary>
/// Signs in who has a lease here. What costs nothing is looked at first: a stranger gets no byte of memory, and by a tenant's public
/// address a call to the chain a minute, more only if that tenant is a contract.
/// </summary>
/// <param name="longestLife">Of a credential.</param>
public sealed class SignInDesk(
    ISignInWords words, ILeaseStore leases, IDatacenterStore datacenters, ulong chainId, TimeSpan longestLife, TimeProvider clock) : ISignInDesk
{
    // As far as the clocks of who signs and who is asked may differ.
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ListLife = TimeSpan.FromSeconds(2);

    private readonly SignInNonces nonces = new(clock);
    private readonly ContractTurns turns = new(clock);
    private volatile Listed? listed;

    /// <summary>What is remembered of sign-ins.</summary>
    public int Remembered => nonces.Remembered;

    public async Task<SignInResult<SignInTerms>> InviteAsync(CancellationToken cancellation)
    {
        if (await EndpointAsync(cancellation) is not { } endpoint) return NotLeading<SignInTerms>();
        var (nonce, ends) = nonces.Next();
        return new(new SignInTerms(endpoint.Authority, LoginOf(endpoint), chainId, nonce, ends));
    }

    public async Task<SignInResult<SignedIn>> SignInAsync(SignInClaim claim, CancellationToken cancellation)
    {
        // 1. What it says.
        if (await EndpointAsync(cancellation) is not { } endpoint) return NotLeading<SignedIn>();
        SignInWord word;
        try
        {
            word = words.Read(claim.Message);
        }
        catch (FormatException e)
        {
            return No(AccessReasons.MessageInvalid, $"That is no Sign-In with Ethereum message (EIP-4361): {e.Message}.");
        }

        if (FaultOf(word, endpoint) is { } fault) return No(AccessReasons.MessageInvalid, fault);
        if (!nonces.IsGood(word.Nonce)) return No(AccessReasons.NonceInvalid, "The nonce is not one of this replica's, or has ended: get a new one at GET /v1/login/nonce, and sign that.");

        // 2. Whether there is anything to be let into.
        var spaces = (await SpacesAsync(cancellation))[word.Address.ToLowerInvariant()].Order(StringComparer.Ordinal).ToArray();
        if (spaces.Length == 0) return No(AccessReasons.LeaseMissing, $"{word.Address} is the tenant of no lease that this datacenter has: match an Offer first; a lease is known here some blocks after its match.");

        // 3. Who signed, the contract's word last: it is the chain that is asked.
        if (!words.IsSignedByKey(word, claim.Signature) && await RefuseAsContractAsync(word, claim, cancellation) is { } refusal) return refusal;

        // 4. Once.
        if (nonces.Use(word.Nonce, word.Address) is { Length: > 0 } reason)
            return No(reason, reason == AccessReasons.TooManySignIns ? "Too many sign-ins: a credential is good for more than one request; try again in some minutes." : "This nonce was used, or has ended: get a new one at GET /v1/login/nonce.");
        var most = clock.GetUtcNow() + longestLife;
        return new(new SignedIn(word.Address, word.Ends is { } end && end < most ? end : most, endpoint.AbsoluteUri.TrimEnd('/'), spaces));
    }

    private async Task<SignInResult<SignedIn>?> RefuseAsContractAsync(SignInWord word, SignInClaim claim, CancellationToken cancellation)
    {
        var unsigned = No(AccessReasons.SignatureInvalid, $"The message is not signed by {word.Address}, which it names: sign it as a personal message (EIP-191), with s in the lower half of the order; or it is a contract, and does not stand by the signature (ERC-1271).");
        if (turns.IsNone(word.Address)) return unsigned;
        using var turn = turns.Take(claim.Caller, word.Address);
        if (turn is null) return No(AccessReasons.TooManySignIns, "Contracts are asked about too many sign-ins at this moment; try again in a second.");
        try
        {
            var isSigned = await words.IsSignedByContractAsync(word, claim.Signature, cancellation);
            turn.Learn(isContract: isSigned is not null);
            return isSigned is true ? null : unsigned;
        }
        catch (LedgerException)
        {
            return No(AccessReasons.ChainUnavailable, $"{word.Address} may be a contract, and the chain cannot be asked now; try again.");
        }
    }

    private string? FaultOf(SignInWord word, Uri endpoint)
    {
        var now = clock.GetUtcNow();
        if (word.Domain != endpoint.Authority) return $"The message is for {word.Domain}, this is {endpoint.Authority}.";
        if (word.Uri != LoginOf(endpoint)) return $"The message is for {word.Uri}, a sign-in here is for {LoginOf(endpoint)}.";
        if (word.ChainId != chainId) return $"The message is for chain {word.ChainId}, this datacenter is on {chainId}.";
        if (now >= word.Ends) return $"The message ended at {word.Ends:u}, it is {now:u}: sign a new one.";
        if (word.IssuedAt > now + Tolerance || word.Begins > now + Tolerance) return $"The message is of {word.IssuedAt:u} or later, it is {now:u}: see to the clock.";
        return word.IssuedAt < now - SignInNonces.Life - Tolerance ? $"The message is of {word.IssuedAt:u}, it is {now:u}: sign a new one." : null;
    }

    private async Task<Uri?> EndpointAsync(CancellationToken cancellation) =>
        await datacenters.ReadAsync(cancellation) is { } datacenter && Uri.TryCreate(datacenter.Spec.Endpoint, UriKind.Absolute, out var endpoint) ? endpoint : null;

    // Any stranger may name any address: not each of them is looked for among all leases anew.
    private async Task<ILookup<string, string>> SpacesAsync(CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        if (listed is { } known && now - known.At < ListLife && now >= known.At) return known.Spaces;
        var all = await leases.ListAsync(cancellation);
        var spaces = all.Where(l => l.Terms is not null).ToLookup(l => l.Terms!.Tenant.ToLowerInvariant(), l => l.Id.Namespace);
        listed = new Listed(now, spaces);
        return spaces;
    }

    private sealed record Listed(DateTimeOffset At, ILookup<string, string> Spaces);

    private static string LoginOf(Uri endpoint) => endpoint.AbsoluteUri.TrimEnd('/') + "/v1/login";

    private static SignInResult<SignedIn> No(string reason, string message) => new(null, reason, message);

    private static SignInResult<T> NotLeading<T>()
        where T : class => new(null, QuoteReasons.NotLeading, "This replica does not lead, or there is no Datacenter object with an endpoint yet; ask again, by a new connection.");
}
