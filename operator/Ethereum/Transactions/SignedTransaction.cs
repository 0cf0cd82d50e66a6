using Federation.Ethereum.Cryptography;
using Federation.Ethereum.Rlp;

namespace Federation.Ethereum.Transactions;

/// <summary>A transaction with its signature, ready to broadcast. Store <see cref="Raw"/> before sending it.</summary>
public sealed class SignedTransaction
{
    private const int FieldCount = 12;

    /// <summary>Joins a transaction and its signature.</summary>
    /// <exception cref="SignatureException">The signature has a high s or fits no key.</exception>
    public SignedTransaction(Eip1559Transaction transaction, Signature signature)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        (Transaction, Signature) = (transaction, signature);
        From = Recovery.Recover(transaction.SigningHash(), signature);
        var fields = transaction.Fields();
        fields.Add(RlpItem.Of(signature.YParity));
        fields.Add(RlpItem.Of(signature.RNumber));
        fields.Add(RlpItem.Of(signature.SNumber));
        Raw = [Eip1559Transaction.TypeByte, .. RlpEncoder.Encode(RlpItem.List(fields))];
        Hash = Keccak256.Hash(Raw);
    }

    public Eip1559Transaction Transaction { get; }

    public Signature Signature { get; }

    /// <summary>The sender, recovered from the signature.</summary>
    public Address From { get; }

    /// <summary>What <c>eth_sendRawTransaction</c> takes.</summary>
    public byte[] Raw { get; }

    /// <summary>The transaction hash.</summary>
    public Bytes32 Hash { get; }

    /// <summary>Reads the raw form of a signed type 2 transaction.</summary>
    /// <exception cref="RlpException">Another type, or no canonical encoding.</exception>
    /// <exception cref="SignatureException">The signature has a high s or fits no key.</exception>
    public static SignedTransaction Decode(ReadOnlySpan<byte> raw)
    {
        if (raw.IsEmpty || raw[0] != Eip1559Transaction.TypeByte)
            throw new RlpException("not a transaction of type 2");
        var fields = RlpDecoder.Decode(raw[1..]).Items;
        if (fields.Count != FieldCount)
            throw new RlpException($"a signed type 2 transaction has {FieldCount} fields, not {fields.Count}");
        var parity = fields[9].ToNumber(8);
        if (parity > 1)
            throw new RlpException("the y parity must be 0 or 1");
        return new SignedTransaction(
            Eip1559Transaction.FromFields(fields),
            new Signature(Word(fields[10]), Word(fields[11]), (byte)parity));
    }

    private static Bytes32 Word(RlpItem item)
    {
        Span<byte> word = stackalloc byte[Bytes32.Size];
        word.Clear();
        var digits = item.ToNumber().ToByteArray(isUnsigned: true, isBigEndian: true);
        digits.CopyTo(word[(Bytes32.Size - digits.Length)..]);
        return new Bytes32(word);
    }
}
