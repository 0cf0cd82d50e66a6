using System.Security.Cryptography;
using Federation.Application.Ports;

namespace Federation.Testing;

/// <summary>32 bytes that depend on every byte of the input, which is all that the application asks of a hash.</summary>
public sealed class FakeHasher : IHasher
{
    public static FakeHasher Instance { get; } = new();

    public string Keccak256(ReadOnlySpan<byte> data) => "0x" + Convert.ToHexStringLower(SHA256.HashData(data));
}
