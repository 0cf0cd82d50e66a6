using Federation.Chain.Bindings.LeaseManager;
using Federation.Domain.Settlement;
using Federation.Ethereum.Abi;

namespace Federation.Chain.Sending;

/// <summary>Claims that mature between a transaction's estimate and its block: the block pays them, and the estimate did not.</summary>
internal static class Maturing
{
    // By contracts/snapshots/Gas.json a settlement that pays takes 36,000 more than one that does not, which is more than the usual margin
    // of one or a few; and 17,000 for each of three payees who have earned nothing before.
    private const ulong PaymentGas = 100_000;

    /// <summary>What the transaction may take beyond its estimate. Of many that pay, the usual margin is enough.</summary>
    public static ulong SpareGas(ChainIntent[] intents) => intents.Any(i => i is SettleIntent or CollectIntent or CloseIntent) ? PaymentGas : 0;

    /// <summary>The same of one call that pays what has matured by the way.</summary>
    public static ulong SpareGas(FunctionMessage message) => message is SettleFunction or CollectFunction or CloseFunction or AmendFunction ? PaymentGas : 0;
}
