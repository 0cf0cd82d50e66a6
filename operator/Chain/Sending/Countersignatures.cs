using Federation.Domain.Settlement;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;

namespace Federation.Chain.Sending;

/// <summary>Tenants' signatures in settlements: what they are worth is decided in the block, by who may mean no good.</summary>
internal static class Countersignatures
{
    // The contract asks a tenant that has code with so much gas at most (Signatures.CONTRACT_GAS) where no key of it has signed; and what
    // goes with the call, and with the skip that follows.
    private const ulong QuestionGas = 220_000;

    // For so many in one transaction: gas that is set aside has to be in the account. Of more that turn at once, halves find them.
    private const int MostQuestions = 4;

    /// <summary>A session key may be taken back after it has signed: the receipt is good without it.</summary>
    public static void LeaveOut(ChainIntent[] chunk, string?[] problems)
    {
        for (var i = 0; i < chunk.Length; i++)
            if (chunk[i] is SettleIntent { TenantSignature.Length: > 0 } settle && ContractErrors.Says(problems[i], Bindings.LeaseManager.SignatureInvalidError.Error))
                (chunk[i], problems[i]) = (settle with { TenantSignature = "" }, null);
    }

    /// <summary>
    /// What the transaction may take beyond its estimate. In the estimate keys have signed and nobody is asked; in the block a key may be taken
    /// back, and the tenant's code burns what it is asked with. The others' settlements must not lack it then.
    /// </summary>
    public static async Task<ulong> SpareGasAsync(EthereumClient client, ChainIntent[] intents, CancellationToken cancellation)
    {
        var signed = intents.OfType<SettleIntent>().Where(s => s.TenantSignature.Length > 0).GroupBy(s => s.Terms.Tenant, StringComparer.OrdinalIgnoreCase).ToArray();
        if (signed.Length == 0) return 0;
        var codes = await client.Rpc.SendBatchAsync([.. signed.Select(s => new RpcRequest("eth_getCode", Address.Parse(s.Key), BlockParameter.Latest))], cancellation);
        var withCode = signed.Zip(codes).Where(s => s.Second.Get<byte[]>().Length > 0).Sum(s => s.First.Count());
        return QuestionGas * (ulong)Math.Min(withCode, MostQuestions);
    }

    /// <summary>The contract did not take the tenant's signature, or the settlement failed with it: it is good without.</summary>
    public static bool IsRefused(ChainIntent intent, SendOutcome sent, string? fault) =>
        intent is SettleIntent { TenantSignature.Length: > 0 } && (sent.IsReverted || (fault is not null && fault.Contains(Bindings.LeaseManager.SignatureInvalidError.Error.Name, StringComparison.Ordinal)));
}
