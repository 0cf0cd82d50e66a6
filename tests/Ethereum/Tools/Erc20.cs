using System.Numerics;
using Federation.Ethereum.Abi;

namespace Federation.Ethereum.Tests.Tools;

/// <summary>An event written by hand in the shape that the generator writes.</summary>
[Event("Transfer")]
internal sealed record TransferEventDTO(Address From, Address To, BigInteger Value) : IEventDTO<TransferEventDTO>
{
    public static EventAbi Event { get; } = EventAbi.Parse("Transfer(address indexed from,address indexed to,uint256 value)");

    public static TransferEventDTO FromAbi(IReadOnlyList<object> values) =>
        new((Address)values[0], (Address)values[1], (BigInteger)values[2]);
}
