using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Federation.Application.Access;

/// <summary>
/// Nonces that cost nothing to give out: each carries its end and this process's word for it. Only those that somebody signed in
/// with are remembered, until they end. The key is nobody else's: a nonce of another replica, or of one that led before, is none here,
/// so that there is no second memory to agree with.
/// </summary>
/// <param name="mostPerAddress">Sign-ins of one address within <see cref="Life"/>.</param>
/// <param name="most">Sign-ins of all within it: what is remembered at most.</param>
public sealed class SignInNonces(TimeProvider clock, int mostPerAddress = 60, int most = 10_000)
{
    /// <summary>From its being given out to the sign-in.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(5);

    private const int RandomBytes = 12;
    private const int BodyBytes = RandomBytes + sizeof(uint);
    private const int WordBytes = 16;

    private readonly byte[] key = RandomNumberGenerator.GetBytes(32);
    private readonly Dictionary<string, (string Address, DateTimeOffset Ends)> used = [];
    private readonly Lock guard = new();

    /// <summary>How many are remembered.</summary>
    public int Remembered
    {
        get
        {
            lock (guard) return used.Count;
        }
    }

    /// <returns>64 lower-case hex digits, as EIP-4361 allows them.</returns>
    public (string Nonce, DateTimeOffset Ends) Next()
    {
        var ends = clock.GetUtcNow() + Life;
        Span<byte> body = stackalloc byte[BodyBytes];
        RandomNumberGenerator.Fill(body[..RandomBytes]);
        BinaryPrimitives.WriteUInt32BigEndian(body[RandomBytes..], (uint)ends.ToUnixTimeSeconds());
        return (Convert.ToHexStringLower([.. body, .. WordFor(body)]), ends);
    }

    /// <summary>It is one of this process's, and has not ended. Whether it was used is another question.</summary>
    public bool IsGood(string nonce)
    {
        if (nonce.Length != 2 * (BodyBytes + WordBytes) || nonce.Any(c => !char.IsAsciiHexDigitLower(c))) return false;
        var bytes = Convert.FromHexString(nonce);
        return CryptographicOperations.FixedTimeEquals(WordFor(bytes.AsSpan(0, BodyBytes)), bytes.AsSpan(BodyBytes)) && EndOf(bytes) > clock.GetUtcNow();
    }

    /// <summary>Takes a good nonce out of use for ever, for one of all who ask.</summary>
    /// <returns>Empty when it was this call that did; else the reason.</returns>
    public string Use(string nonce, string address)
    {
        if (!IsGood(nonce)) return AccessReasons.NonceInvalid;
        lock (guard)
        {
            if (used.ContainsKey(nonce)) return AccessReasons.NonceUsed;
            var now = clock.GetUtcNow();
            if (used.Count >= most || CountOf(address) >= mostPerAddress) Forget(now);
            if (used.Count >= most || CountOf(address) >= mostPerAddress) return AccessReasons.TooManySignIns;
            used[nonce] = (address, EndOf(Convert.FromHexString(nonce)));
            return "";
        }
    }

    private int CountOf(string address) => used.Values.Count(u => string.Equals(u.Address, address, StringComparison.OrdinalIgnoreCase));

    // One that has ended is refused for that.
    private void Forget(DateTimeOffset now)
    {
        foreach (var nonce in used.Where(u => u.Value.Ends <= now).Select(u => u.Key).ToArray()) used.Remove(nonce);
    }

    private static DateTimeOffset EndOf(ReadOnlySpan<byte> bytes) => DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadUInt32BigEndian(bytes[RandomBytes..]));

    private byte[] WordFor(ReadOnlySpan<byte> body) => HMACSHA256.HashData(key, body)[..WordBytes];
}
