using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Bindings.TestToken;
using Federation.Chain.Bindings.Vault;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Federation.Ethereum.Rlp;

namespace Federation.Chain.Accounts;

/// <summary>Deploys the contracts from forge's artifacts, in the one order that works.</summary>
/// <param name="writer">The deployer; it becomes the Vault's governor.</param>
/// <param name="artifactFolder">forge's <c>out</c>.</param>
public sealed class ContractDeployment(ContractWriter writer, string artifactFolder)
{
    /// <summary>Vault, registry and lease manager, with one allowed token.</summary>
    /// <param name="submitSeconds">How long a lease waits for its final receipt after its end; 1 second to 30 days.</param>
    /// <param name="token">An ERC-20 to allow; null deploys a test token that anybody may mint.</param>
    /// <exception cref="ContractCallException">A constructor refused; nothing that was deployed before it is used.</exception>
    /// <exception cref="FileNotFoundException">The contracts have not been built.</exception>
    public async Task<ContractAddresses> DeployAsync(uint submitSeconds, Address? token, CancellationToken cancellation)
    {
        var before = await writer.Client.GetBlockNumberAsync(cancellation);

        // Vault and lease manager name each other: the manager's address follows from deployer and nonce.
        var nonce = await writer.Client.GetTransactionCountAsync(writer.Address, BlockParameter.Latest, cancellation);
        var expected = CreateAddress(writer.Address, nonce + 2);
        var vault = await writer.CreateAsync("Vault", new VaultDeployment { Governor = writer.Address, Managers = [expected] }.EncodeDeployment(Code("Vault")), cancellation);
        var registry = await writer.CreateAsync("DatacenterRegistry", Code("DatacenterRegistry"), cancellation);
        var arguments = new LeaseManagerDeployment { Vault = vault, Registry = registry, SubmitSeconds = submitSeconds };
        var manager = await writer.CreateAsync("LeaseManager", arguments.EncodeDeployment(Code("LeaseManager")), cancellation);

        var paid = token ?? await writer.CreateAsync("TestToken", Code("TestToken"), cancellation);
        await writer.CallAsync(vault, new AllowTokenFunction { Token = paid }, cancellation);
        return new ContractAddresses(vault, registry, manager, paid, before + 1);
    }

    /// <summary>Gives test tokens to an account.</summary>
    /// <param name="amount">Smallest units; the test token has six decimals.</param>
    /// <exception cref="ContractCallException">The token is no test token.</exception>
    public Task MintAsync(Address token, Address to, System.Numerics.BigInteger amount, CancellationToken cancellation) =>
        writer.CallAsync(token, new MintFunction { To = to, Amount = amount }, cancellation);

    /// <summary>Where the account's creation with this nonce lands. Source: Yellow Paper, section 7.</summary>
    internal static Address CreateAddress(Address sender, ulong nonce) =>
        new(Keccak256.Hash(RlpEncoder.Encode(RlpItem.List(RlpItem.Of(sender), RlpItem.Of(nonce)))).Span[12..]);

    private byte[] Code(string contract) => BindingFiles.ReadArtifact(artifactFolder, contract).Bytecode
        ?? throw new InvalidDataException($"The artifact of {contract} holds no creation code.");
}
