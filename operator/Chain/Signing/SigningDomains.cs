using Federation.Ethereum;
using Federation.Ethereum.Abi;
using Federation.Ethereum.TypedData;
using Contract = Federation.Chain.Bindings;

namespace Federation.Chain.Signing;

/// <summary>The EIP-712 domain of orders: nothing signed in it is valid on another chain or in another market.</summary>
/// <param name="ChainId">EIP-155 chain id.</param>
/// <param name="Market">The verifying contract.</param>
public sealed record OrderDomain(ulong ChainId, Address Market)
{
    private const string Ask = "Ask";
    private const string AskAmendment = "AskAmendment";

    public Eip712TypedData Typed(Contract.Offer offer) => FederationDomain.Typed(ChainId, Market, offer);

    public Eip712TypedData Typed(Contract.Request request) => FederationDomain.Typed(ChainId, Market, request);

    /// <summary>
    /// That the payer of a Request asks for quotes. Another type than the Request, so that nothing can be matched with it: a
    /// signed Request is an order, which any datacenter could fill at the Request's maximum prices before its tenant has chosen.
    /// </summary>
    public Eip712TypedData TypedAsk(Contract.Request request)
    {
        var order = Typed(request);
        return Around(order, Ask, [new Eip712Field("request", order.PrimaryType)], new() { ["request"] = order.Message });
    }

    /// <summary>The same for a running lease that is to become what the Request says: no word on another lease, and no quote's.</summary>
    public Eip712TypedData TypedAsk(Bytes32 leaseId, Contract.Request request)
    {
        var order = Typed(request);
        return Around(
            order, AskAmendment, [new Eip712Field("leaseId", "bytes32"), new Eip712Field("request", order.PrimaryType)],
            new() { ["leaseId"] = leaseId, ["request"] = order.Message });
    }

    private static Eip712TypedData Around(Eip712TypedData order, string name, IReadOnlyList<Eip712Field> fields, Dictionary<string, object?> message) =>
        new(order.Domain, new Dictionary<string, IReadOnlyList<Eip712Field>>(order.Types) { [name] = fields }, name, message);
}

/// <summary>The EIP-712 domain of what is signed about a lease: receipts, amendments, exports of volumes.</summary>
/// <param name="ChainId">EIP-155 chain id.</param>
/// <param name="LeaseManager">The verifying contract.</param>
public sealed record LeaseDomain(ulong ChainId, Address LeaseManager)
{
    private static readonly AbiType Export = AbiType.Parse("VolumeExport(bytes32 leaseId,string volume,bytes32 digest,uint64 size,uint64 exportedAt)");

    public Eip712TypedData Typed(Contract.UsageReceipt receipt) => FederationDomain.Typed(ChainId, LeaseManager, receipt);

    public Eip712TypedData Typed(Contract.Amendment amendment) => FederationDomain.Typed(ChainId, LeaseManager, amendment);

    /// <summary>
    /// That the datacenter has read a volume of a lease and sent bytes with this digest at this time. No contract reads it: it is
    /// for who took the bytes in.
    /// </summary>
    /// <param name="sha256">Of the bytes.</param>
    /// <param name="exportedAt">Unix seconds.</param>
    public Eip712TypedData TypedExport(Bytes32 leaseId, string volume, Bytes32 sha256, ulong size, ulong exportedAt) => Eip712TypedData.For(
        FederationDomain.Of(ChainId, LeaseManager), Export, new object[] { leaseId, volume, sha256, size, exportedAt });
}

/// <summary>The EIP-712 domain of an auditor's word on a provider.</summary>
/// <param name="ChainId">EIP-155 chain id.</param>
/// <param name="Registry">The verifying contract.</param>
public sealed record AttestationDomain(ulong ChainId, Address Registry)
{
    public Eip712TypedData Typed(Contract.Attestation attestation) => FederationDomain.Typed(ChainId, Registry, attestation);
}

/// <summary>Name and version as the contracts' constructors give them to EIP712.</summary>
internal static class FederationDomain
{
    public static Eip712TypedData Typed(ulong chainId, Address contract, IAbiTuple value) => Eip712TypedData.For(Of(chainId, contract), value);

    public static Eip712Domain Of(ulong chainId, Address contract) => new() { Name = "Federation", Version = "1", ChainId = chainId, VerifyingContract = contract };
}
