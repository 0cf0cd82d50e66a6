using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Federation.Application.Access;

/// <summary>Who asks, and until when it may.</summary>
/// <param name="Address">Lower case, 0x and 40 hex digits.</param>
public sealed record TenantCredential(string Address, DateTimeOffset Ends);

/// <summary>
/// Short-lived bearer tokens: address and end, with this datacenter's word for them. Nothing is kept of a token. All replicas of one
/// datacenter have the same secret, and nobody else has.
/// </summary>
public sealed class TenantCredentials
{
    /// <summary>Bytes of the secret.</summary>
    public const int SecretBytes = 32;

    private const string Version = "fed1";
    private const int AddressBytes = 20;
    private const int BodyBytes = AddressBytes + sizeof(long);
    private const int TokenBytes = BodyBytes + 32;

    private readonly byte[] key;

    /// <param name="secret">Of this datacenter.</param>
    /// <param name="audience">Chain, contract and datacenter: the same secret under another audience makes other tokens.</param>
    public TenantCredentials(ReadOnlySpan<byte> secret, string audience)
    {
        if (secret.Length != SecretBytes) throw new ArgumentException($"The secret has {secret.Length} bytes, not {SecretBytes}.", nameof(secret));
        key = HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes($"{Version} {audience}"));
    }

    /// <param name="address">0x and 40 hex digits.</param>
    /// <param name="ends">Whole seconds count.</param>
    public string Issue(string address, DateTimeOffset ends)
    {
        Span<byte> body = stackalloc byte[BodyBytes];
        Convert.FromHexString(address.AsSpan(2)).CopyTo(body);
        BinaryPrimitives.WriteInt64BigEndian(body[AddressBytes..], ends.ToUnixTimeSeconds());
        return $"{Version}.{Base64Url.EncodeToString([.. body, .. HMACSHA256.HashData(key, body)])}";
    }

    /// <returns>Null when it is not one of this datacenter's, or has ended.</returns>
    public TenantCredential? Read(string token, DateTimeOffset now)
    {
        if (token.Length > 128 || !token.StartsWith(Version + ".", StringComparison.Ordinal)) return null;
        var text = token.AsSpan(Version.Length + 1);
        Span<byte> bytes = stackalloc byte[128];
        if (!Base64Url.IsValid(text) || !Base64Url.TryDecodeFromChars(text, bytes, out var length) || length != TokenBytes) return null;
        bytes = bytes[..TokenBytes];
        // One token has one spelling: what decodes to the same bytes in another way is none.
        if (!text.SequenceEqual(Base64Url.EncodeToString(bytes))) return null;
        if (!CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(key, bytes[..BodyBytes]), bytes[BodyBytes..])) return null;
        var ends = DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt64BigEndian(bytes[AddressBytes..]));
        return now < ends ? new TenantCredential("0x" + Convert.ToHexStringLower(bytes[..AddressBytes]), ends) : null;
    }
}
