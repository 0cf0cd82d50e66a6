using Federation.Application.Ports;
using Federation.Ethereum;

namespace Federation.Chain;

/// <summary>The chain's hash for the rooms that know no chain.</summary>
public sealed class KeccakHasher : IHasher
{
    /// <inheritdoc/>
    public string Keccak256(ReadOnlySpan<byte> data) => Ethereum.Keccak256.Hash(data).ToString();
}
