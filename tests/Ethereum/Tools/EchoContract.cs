using System.Numerics;
using Federation.Ethereum.Abi;

namespace Federation.Ethereum.Tests.Tools;

/// <summary>
/// A contract that does what its call data says, assembled by hand so that the tests need no compiler. The first word
/// chooses: 0 returns the rest, 1 reverts with the rest, 2 logs the rest with its first three words as topics.
/// </summary>
internal static class EchoContract
{
    private const string Runtime =
        "602036036020600037" // copy the call data after the first word to memory
        + "600035" // the first word
        + "80600114602157" // 1: revert
        + "80600214602957" // 2: log
        + "60203603" + "6000f3" // return
        + "5b60203603" + "6000fd" // revert
        + "5b604051602051600051" + "60803603" + "6060a3" + "00"; // three topics, then the data

    public static byte[] CreationCode { get; } = Convert.FromHexString(
        "60" + (Runtime.Length / 2).ToString("x2", System.Globalization.CultureInfo.InvariantCulture) + "80600b6000396000f3" + Runtime);

    public static byte[] Return(ReadOnlySpan<byte> data) => [.. Word(0), .. data];

    public static byte[] Revert(ReadOnlySpan<byte> data) => [.. Word(1), .. data];

    public static byte[] Log(IReadOnlyList<Bytes32> topics, ReadOnlySpan<byte> data) =>
        [.. Word(2), .. topics[0].Span, .. topics[1].Span, .. topics[2].Span, .. data];

    private static byte[] Word(BigInteger value) => AbiEncoder.Encode(AbiType.Parse("uint256"), value);
}
