using System.Numerics;
using Federation.Ethereum.Abi;
using Federation.Ethereum.Cryptography;

namespace Federation.Chain.Accounts;

/// <summary>How tokens that a Vault balance lacks come in: what the contracts take as <c>funding</c>.</summary>
public static class Funding
{
    private const byte PermitKind = 1;
    private const byte Permit2Kind = 2;

    /// <summary>By the token's allowance to the Vault.</summary>
    public static byte[] Allowance { get; } = [];

    /// <summary>By an EIP-2612 permit to the Vault.</summary>
    /// <param name="value">Smallest units permitted.</param>
    /// <param name="deadline">Unix seconds.</param>
    public static byte[] Permit(BigInteger value, BigInteger deadline, Signature signature) =>
        [PermitKind, .. Encode(["uint256", "uint256", "uint8", "bytes32", "bytes32"], [value, deadline, signature.V, signature.R, signature.S])];

    /// <summary>By a Permit2 SignatureTransfer whose witness is <c>Funding(bytes32 purpose)</c>.</summary>
    /// <param name="permitted">Smallest units permitted.</param>
    /// <param name="deadline">Unix seconds.</param>
    public static byte[] Permit2(BigInteger permitted, BigInteger nonce, BigInteger deadline, byte[] signature) =>
        [Permit2Kind, .. Encode(["uint256", "uint256", "uint256", "bytes"], [permitted, nonce, deadline, signature])];

    private static byte[] Encode(string[] types, object[] values) => AbiEncoder.Encode([.. types.Select(AbiType.Parse)], values);
}
