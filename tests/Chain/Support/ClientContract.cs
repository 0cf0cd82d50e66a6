using System.Numerics;
using Federation.Application.Ports;
using Federation.Chain.Accounts;
using Federation.Chain.Bindings.Market;
using Federation.Chain.Bindings.TestToken;
using Federation.Chain.Mapping;
using Federation.Ethereum;
using Federation.Ethereum.Abi;
using Federation.Ethereum.Bindings;
using Federation.Ethereum.Client;

namespace Federation.Chain.Tests.Support;

/// <summary>A contract that is a tenant and is called with its result, of the contracts' own tests.</summary>
/// <param name="owner">Makes it call.</param>
internal sealed class ClientContract(ContractWriter owner, Address address)
{
    public Address Address => address;

    /// <summary>Of the Request that it posted last; null before.</summary>
    public string? RequestHash { get; private set; }

    /// <param name="name">Of a contract in <c>HostileClients.sol</c>.</param>
    public static async Task<ClientContract> DeployAsync(ContractWriter owner, string name)
    {
        var json = await File.ReadAllTextAsync(Path.Combine(Repository.Artifacts, "HostileClients.sol", name + ".json"));
        var code = ContractArtifact.Parse(json, name).Bytecode!;
        byte[] creation = [.. code, .. AbiEncoder.Encode([AbiType.Parse("address")], [owner.Address])];
        return new ClientContract(owner, await owner.CreateAsync(name, creation, default));
    }

    /// <returns>Hash of the posted Request.</returns>
    public async Task<string> PostAsync(Market market, RequestTerms request)
    {
        await CallAsync(market.Token, new ApproveFunction { Spender = market.Contracts.Vault, Value = request.Deposit });
        var receipt = await CallAsync(market.Contracts.Market, new PostFunction { Request = request.ToContract(), BidSeconds = 60, Funding = Funding.Allowance });
        return RequestHash = receipt.Logs.Where(l => l.Address == market.Contracts.Market).DecodeAllEvents<RequestPostedEventDTO>().Single().Event.RequestHash.ToString();
    }

    public async Task<(Bytes32 Digest, BigInteger Calls)> ReadAsync() => (
        (Bytes32)await owner.ReadAsync(address, new Getter("digest() returns (bytes32)"), default),
        AbiValue.ToBigInteger(await owner.ReadAsync(address, new Getter("calls() returns (uint256)"), default)));

    public Task<TransactionReceipt> CallAsync(Address target, FunctionMessage message) => owner.CallAsync(address, new Forward(target, message.EncodeCall()), default);

    private sealed record Forward(Address Target, byte[] Data) : FunctionMessage
    {
        public override FunctionAbi Function { get; } = FunctionAbi.Parse("call(address target,bytes data) returns (bytes answer)");

        public override object[] ToAbi() => [Target, Data];
    }

    private sealed record Getter(string Signature) : FunctionMessage<object>
    {
        public override FunctionAbi Function { get; } = FunctionAbi.Parse(Signature);

        public override object[] ToAbi() => [];

        public override object DecodeOutput(ReadOnlySpan<byte> data) => Function.DecodeOutput(data)[0];
    }
}
