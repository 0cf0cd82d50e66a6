namespace Federation.Application.Ports;

/// <summary>Keccak-256, the chain's hash: the domain knows no EVM.</summary>
public interface IHasher
{
    /// <returns>0x and 64 hex digits.</returns>
    string Keccak256(ReadOnlySpan<byte> data);
}
