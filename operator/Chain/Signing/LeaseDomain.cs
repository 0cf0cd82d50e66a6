using Federation.Ethereum;
using Federation.Ethereum.Abi;
using Federation.Ethereum.TypedData;
using Contract = Federation.Chain.Bindings;

namespace Federation.Chain.Signing;

/// <summary>The EIP-712 domain of one lease manager: nothing signed in it is valid on another chain or contract.</summary>
/// <param name="ChainId">EIP-155 chain id.</param>
/// <param name="LeaseManager">The verifying contract.</param>
public sealed record LeaseDomain(ulong ChainId, Address LeaseManager)
{
    public Eip712TypedData Typed(Contract.Offer offer) => Of(offer);

    public Eip712TypedData Typed(Contract.Request request) => Of(request);

    public Eip712TypedData Typed(Contract.UsageReceipt receipt) => Of(receipt);

    // Name and version as the contract's constructor gives them to EIP712.
    private Eip712TypedData Of(IAbiTuple value) => Eip712TypedData.For(
        new Eip712Domain { Name = "Federation", Version = "1", ChainId = ChainId, VerifyingContract = LeaseManager }, value);
}
