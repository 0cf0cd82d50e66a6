using System.Text.Json;
using System.Text.Json.Serialization;

namespace Federation.Ethereum.Keystore;

/// <summary>The members of a version 3 file. Source: Web3 Secret Storage Definition.</summary>
internal sealed record KeystoreJson
{
    [JsonPropertyName("version")]
    public required int Version { get; init; }

    [JsonPropertyName("id")]
    public string? Id { get; init; }

    [JsonPropertyName("address")]
    public string? Address { get; init; }

    [JsonPropertyName("crypto")]
    public required CryptoJson Crypto { get; init; }

    internal sealed record CryptoJson
    {
        [JsonPropertyName("cipher")]
        public required string Cipher { get; init; }

        [JsonPropertyName("cipherparams")]
        public required CipherParameters CipherParameters { get; init; }

        [JsonPropertyName("ciphertext")]
        public required string CipherText { get; init; }

        [JsonPropertyName("kdf")]
        public required string Kdf { get; init; }

        [JsonPropertyName("kdfparams")]
        public required JsonElement KdfParameters { get; init; }

        [JsonPropertyName("mac")]
        public required string Mac { get; init; }
    }

    internal sealed record CipherParameters
    {
        [JsonPropertyName("iv")]
        public required string Iv { get; init; }
    }
}

internal sealed record ScryptJson
{
    [JsonPropertyName("dklen")]
    public required int Length { get; init; }

    [JsonPropertyName("n")]
    public required long N { get; init; }

    [JsonPropertyName("r")]
    public required int R { get; init; }

    [JsonPropertyName("p")]
    public required int P { get; init; }

    [JsonPropertyName("salt")]
    public required string Salt { get; init; }
}

internal sealed record Pbkdf2Json
{
    [JsonPropertyName("dklen")]
    public required int Length { get; init; }

    [JsonPropertyName("c")]
    public required int Iterations { get; init; }

    [JsonPropertyName("prf")]
    public required string Prf { get; init; }

    [JsonPropertyName("salt")]
    public required string Salt { get; init; }
}
