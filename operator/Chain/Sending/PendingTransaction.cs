using Federation.Ethereum;
using Federation.Ethereum.Transactions;

namespace Federation.Chain.Sending;

/// <summary>One nonce and all that was signed for it: the transaction and its replacements, any of which may be mined.</summary>
internal sealed class PendingTransaction(ulong nonce)
{
    private readonly List<SignedTransaction> versions = [];

    public ulong Nonce => nonce;

    public SignedTransaction Latest => versions[^1];

    public IEnumerable<Bytes32> Hashes => versions.Select(v => v.Hash);

    public Fee Fee => new(Latest.Transaction.MaxFeePerGas, Latest.Transaction.MaxPriorityFeePerGas);

    public void Add(SignedTransaction version) => versions.Add(version);
}
