using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Federation.Ethereum.Cryptography;
using Federation.Ethereum.Signing;

namespace Federation.Ethereum.Keystore;

/// <summary>Password-protected key files of version 3, as Geth, Foundry and most wallets write them.</summary>
public static class KeystoreFile
{
    private const int KeyLength = 32;
    private const int MaxIterations = 10_000_000;
    private const int MaxFileChars = 64 * 1024;

    private static readonly JsonSerializerOptions Json = new() { PropertyNameCaseInsensitive = true };

    /// <summary>Opens a file. Takes as long, and as much memory, as its parameters say, up to <see cref="Scrypt.MaxMemoryBytes"/>.</summary>
    /// <exception cref="KeystoreException">Wrong password, or a file that is damaged, unsupported or absurd.</exception>
    public static LocalSigner Decrypt(string json, string password)
    {
        ArgumentNullException.ThrowIfNull(json);
        if (json.Length > MaxFileChars)
            throw new KeystoreException("the file is too long for a keystore");
        try
        {
            var file = JsonSerializer.Deserialize<KeystoreJson>(json, Json) ?? throw new KeystoreException("the file is empty");
            return Open(file, password);
        }
        catch (JsonException e)
        {
            throw new KeystoreException("the file is no keystore JSON, or is truncated: " + e.Message, e);
        }
        catch (FormatException e)
        {
            throw new KeystoreException("the file has a member that is no hex", e);
        }
    }

    /// <summary>Writes a file with scrypt. The default cost takes 128 MiB for a moment.</summary>
    public static string Encrypt(LocalSigner signer, string password, int n = 1 << 17, int r = 8, int p = 1)
    {
        ArgumentNullException.ThrowIfNull(signer);
        var salt = RandomNumberGenerator.GetBytes(32);
        var iv = RandomNumberGenerator.GetBytes(16);
        var derived = Scrypt.DeriveKey(Encoding.UTF8.GetBytes(password), salt, n, r, p, KeyLength);
        var key = signer.CopyKey();
        var cipherText = AesCtr.Transform(derived.AsSpan(0, 16), iv, key);
        var mac = Mac(derived, cipherText);
        CryptographicOperations.ZeroMemory(key);
        CryptographicOperations.ZeroMemory(derived);
        var file = new
        {
            version = 3,
            id = Guid.NewGuid().ToString(),
            address = Convert.ToHexStringLower(signer.Address.Span),
            crypto = new
            {
                cipher = "aes-128-ctr",
                cipherparams = new { iv = Convert.ToHexStringLower(iv) },
                ciphertext = Convert.ToHexStringLower(cipherText),
                kdf = "scrypt",
                kdfparams = new { dklen = KeyLength, n, r, p, salt = Convert.ToHexStringLower(salt) },
                mac = Convert.ToHexStringLower(mac.Span),
            },
        };
        return JsonSerializer.Serialize(file);
    }

    private static LocalSigner Open(KeystoreJson file, string password)
    {
        if (file.Version != 3)
            throw new KeystoreException($"only version 3 is supported, the file has version {file.Version}");
        if (file.Crypto.Cipher != "aes-128-ctr")
            throw new KeystoreException($"the cipher '{file.Crypto.Cipher}' is not supported");
        var cipherText = Bytes(file.Crypto.CipherText, "ciphertext", 32);
        var iv = Bytes(file.Crypto.CipherParameters.Iv, "iv", 16);
        var mac = Bytes(file.Crypto.Mac, "mac", 32);
        var derived = Derive(file.Crypto, Encoding.UTF8.GetBytes(password));
        if (!CryptographicOperations.FixedTimeEquals(Mac(derived, cipherText).Span, mac))
            throw new KeystoreException("the password is wrong, or the file is damaged");
        var key = AesCtr.Transform(derived.AsSpan(0, 16), iv, cipherText);
        CryptographicOperations.ZeroMemory(derived);
        try
        {
            var signer = new LocalSigner(key);
            return IsNamed(file.Address, signer.Address)
                ? signer
                : throw new KeystoreException("the key in the file does not belong to the address in the file");
        }
        catch (SignatureException e)
        {
            throw new KeystoreException("the file holds no valid private key", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private static byte[] Derive(KeystoreJson.CryptoJson crypto, byte[] password)
    {
        switch (crypto.Kdf)
        {
            case "scrypt":
                var scrypt = crypto.KdfParameters.Deserialize<ScryptJson>(Json)!;
                RequireLength(scrypt.Length);
                return Scrypt.DeriveKey(password, Bytes(scrypt.Salt, "salt"), scrypt.N, scrypt.R, scrypt.P, KeyLength);
            case "pbkdf2":
                var pbkdf2 = crypto.KdfParameters.Deserialize<Pbkdf2Json>(Json)!;
                RequireLength(pbkdf2.Length);
                if (pbkdf2.Prf != "hmac-sha256")
                    throw new KeystoreException($"the pseudo-random function '{pbkdf2.Prf}' is not supported");
                if (pbkdf2.Iterations is < 1 or > MaxIterations)
                    throw new KeystoreException($"pbkdf2's c must be from 1 to {MaxIterations}");
                return Rfc2898DeriveBytes.Pbkdf2(password, Bytes(pbkdf2.Salt, "salt"), pbkdf2.Iterations, HashAlgorithmName.SHA256, KeyLength);
            default:
                throw new KeystoreException($"the key derivation '{crypto.Kdf}' is not supported");
        }
    }

    private static Bytes32 Mac(byte[] derived, byte[] cipherText) => Keccak256.Hash([.. derived.AsSpan(16, 16), .. cipherText]);

    private static void RequireLength(int length)
    {
        if (length != KeyLength)
            throw new KeystoreException($"dklen must be {KeyLength}, not {length}");
    }

    // The address is optional, with or without 0x, and in any case.
    private static bool IsNamed(string? text, Address actual) => string.IsNullOrEmpty(text)
        || Convert.ToHexStringLower(actual.Span).Equals(Bare(text), StringComparison.OrdinalIgnoreCase);

    private static string Bare(string hex) => hex.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? hex[2..] : hex;

    private static byte[] Bytes(string hex, string name, int? length = null)
    {
        var bytes = Convert.FromHexString(Bare(hex));
        return length is null || bytes.Length == length
            ? bytes
            : throw new KeystoreException($"{name} must be {length} bytes, not {bytes.Length}: is the file truncated?");
    }
}
