using System.Numerics;
using Federation.Application.Ports;
using Federation.Chain;
using Federation.Chain.Accounts;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Bindings.Market;
using Federation.Chain.Bindings.TestToken;
using Federation.Chain.Bindings.Vault;
using Federation.Chain.Mapping;
using Federation.Domain.Leases;
using Federation.Ethereum;
using Federation.Ethereum.Abi;
using Federation.Ethereum.Client;
using Federation.Harness.Demo;

namespace Federation.Scenarios.MainJob;

/// <summary>A contract that is a tenant: it signs nothing, its owner makes it call, and results are brought to it.</summary>
internal sealed class ContractTenant
{
    private readonly LocalAccount owner;
    private readonly DemoChain chain;

    private ContractTenant(LocalAccount owner, Address address, DemoChain chain) => (this.owner, Address, this.chain) = (owner, address, chain);

    internal Address Address { get; }

    /// <param name="artifacts">forge's <c>out</c>.</param>
    internal static async Task<ContractTenant> DeployAsync(LocalAccount owner, string artifacts, DemoChain chain, CancellationToken cancellation)
    {
        var path = Path.Combine(artifacts, "HostileClients.sol", "Client.json");
        var code = Ethereum.Bindings.ContractArtifact.Parse(await File.ReadAllTextAsync(path, cancellation), "Client").Bytecode!;
        var arguments = AbiEncoder.Encode([AbiType.Parse("address")], [owner.Signer.Address]);
        return new ContractTenant(owner, await owner.Writer.CreateAsync("Client", [.. code, .. arguments], cancellation), chain);
    }

    /// <summary>Puts the Request on chain with its escrow; no signature is needed, the caller is the tenant.</summary>
    /// <returns>The Request's hash.</returns>
    internal async Task<string> PostAsync(RequestTerms request, uint bidSeconds, CancellationToken cancellation)
    {
        await CallAsync(chain.Token, new ApproveFunction { Spender = chain.Contracts.Vault, Value = request.Deposit * request.Fills }, cancellation);
        var receipt = await CallAsync(chain.Contracts.Market, new PostFunction { Request = request.ToContract(), BidSeconds = bidSeconds, Funding = Funding.Allowance }, cancellation);
        return receipt.Logs.Where(l => l.Address == chain.Contracts.Market).DecodeAllEvents<RequestPostedEventDTO>().Single().Event.RequestHash.ToString();
    }

    internal Task CloseAsync(LeaseId id, LeaseTerms terms, CancellationToken cancellation) =>
        CallAsync(chain.Contracts.LeaseManager, new CloseFunction { LeaseId = id.ToContract(), Terms = terms.ToContract(), Expected = (byte)CloseReason.None }, cancellation);

    internal Task WithdrawAsync(BigInteger amount, CancellationToken cancellation) =>
        CallAsync(chain.Contracts.Vault, new WithdrawFunction { Token = chain.Token, Amount = amount, To = Address }, cancellation);

    /// <summary>What it was called with: the lease or job, the result's digest, its status; and how often.</summary>
    internal async Task<(Bytes32 Id, Bytes32 Digest, BigInteger Status, BigInteger Calls)> ReadResultAsync(CancellationToken cancellation) => (
        (Bytes32)await ReadAsync("id() returns (bytes32)", cancellation), (Bytes32)await ReadAsync("digest() returns (bytes32)", cancellation),
        AbiValue.ToBigInteger(await ReadAsync("status() returns (uint32)", cancellation)), AbiValue.ToBigInteger(await ReadAsync("calls() returns (uint256)", cancellation)));

    private Task<object> ReadAsync(string getter, CancellationToken cancellation) => owner.Writer.ReadAsync(Address, new Getter(getter), cancellation);

    private Task<TransactionReceipt> CallAsync(Address target, FunctionMessage message, CancellationToken cancellation) =>
        owner.Writer.CallAsync(Address, new Forward(target, message.EncodeCall()), cancellation);

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
