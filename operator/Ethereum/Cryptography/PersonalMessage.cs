using System.Globalization;
using System.Text;

namespace Federation.Ethereum.Cryptography;

/// <summary>EIP-191 version 0x45: messages that wallets show to people. The prefix keeps them from being transactions.</summary>
public static class PersonalMessage
{
    /// <summary>What is signed for the message.</summary>
    public static Bytes32 Digest(ReadOnlySpan<byte> message)
    {
        var prefix = "\u0019Ethereum Signed Message:\n" + message.Length.ToString(CultureInfo.InvariantCulture);
        return Keccak256.Hash([.. Encoding.ASCII.GetBytes(prefix), .. message]);
    }

    /// <summary>What is signed for the text's UTF-8 bytes.</summary>
    public static Bytes32 Digest(string message) => Digest(Encoding.UTF8.GetBytes(message));
}
