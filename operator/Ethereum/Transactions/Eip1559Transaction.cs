using System.Numerics;
using Federation.Ethereum.Rlp;

namespace Federation.Ethereum.Transactions;

/// <summary>A fee-market transaction of type 2. Amounts are wei. Source: EIP-1559.</summary>
public sealed record Eip1559Transaction
{
    /// <summary>The type byte before the payload.</summary>
    public const byte TypeByte = 2;

    public required ulong ChainId { get; init; }

    public required ulong Nonce { get; init; }

    /// <summary>Wei per gas for the block's proposer, at most.</summary>
    public required BigInteger MaxPriorityFeePerGas { get; init; }

    /// <summary>Wei per gas in total, at most.</summary>
    public required BigInteger MaxFeePerGas { get; init; }

    /// <summary>Gas limit.</summary>
    public required ulong Gas { get; init; }

    /// <summary>Receiver; null creates a contract.</summary>
    public required Address? To { get; init; }

    public BigInteger Value { get; init; }

    public byte[] Data { get; init; } = [];

    public IReadOnlyList<AccessListItem> AccessList { get; init; } = [];

    /// <summary>What the sender signs.</summary>
    public Bytes32 SigningHash() => Keccak256.Hash([TypeByte, .. RlpEncoder.Encode(RlpItem.List(Fields()))]);

    /// <summary>Compares by content, data and access list included.</summary>
    public bool Equals(Eip1559Transaction? other) => other is not null && SigningHash() == other.SigningHash();

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(ChainId, Nonce, MaxFeePerGas, Gas, To, Value, Data.Length);

    internal List<RlpItem> Fields() =>
    [
        RlpItem.Of(ChainId),
        RlpItem.Of(Nonce),
        RlpItem.Of(MaxPriorityFeePerGas),
        RlpItem.Of(MaxFeePerGas),
        RlpItem.Of(Gas),
        To is { } to ? RlpItem.Of(to) : RlpItem.Of(Array.Empty<byte>()),
        RlpItem.Of(Value),
        RlpItem.Of(Data),
        RlpItem.List([.. AccessList.Select(a =>
            RlpItem.List(RlpItem.Of(a.Address), RlpItem.List([.. a.StorageKeys.Select(RlpItem.Of)])))]),
    ];

    internal static Eip1559Transaction FromFields(IReadOnlyList<RlpItem> fields) => new()
    {
        ChainId = fields[0].ToUInt64(),
        Nonce = fields[1].ToUInt64(),
        MaxPriorityFeePerGas = fields[2].ToNumber(),
        MaxFeePerGas = fields[3].ToNumber(),
        Gas = fields[4].ToUInt64(),
        To = fields[5].Bytes.Length == 0 ? null : fields[5].ToAddress(),
        Value = fields[6].ToNumber(),
        Data = fields[7].Bytes,
        AccessList = [.. fields[8].Items.Select(AccessListEntry)],
    };

    private static AccessListItem AccessListEntry(RlpItem item) => item.Items.Count == 2
        ? new AccessListItem(item.Items[0].ToAddress(), [.. item.Items[1].Items.Select(k => k.ToBytes32())])
        : throw new RlpException("an access list entry has two members");
}
