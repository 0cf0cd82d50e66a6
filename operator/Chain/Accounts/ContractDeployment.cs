using System.Numerics;
using Federation.Chain.Bindings.DatacenterRegistry;
using Federation.Chain.Bindings.DisputeManager;
using Federation.Chain.Bindings.LeaseManager;
using Federation.Chain.Bindings.Lens;
using Federation.Chain.Bindings.Market;
using Federation.Chain.Bindings.Parameters;
using Federation.Chain.Bindings.ResultBoard;
using Federation.Chain.Bindings.TestToken;
using Federation.Chain.Bindings.Vault;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Federation.Ethereum.Rlp;

namespace Federation.Chain.Accounts;

/// <summary>Deploys the contracts from forge's artifacts, in the one order that works.</summary>
/// <param name="writer">The deployer; it becomes the governor, for chains that no timelock governs.</param>
/// <param name="artifactFolder">forge's <c>out</c>.</param>
public sealed class ContractDeployment(ContractWriter writer, string artifactFolder)
{
    /// <summary>The whole set, with one allowed token.</summary>
    /// <exception cref="ContractCallException">A constructor refused; nothing that was deployed before it is used.</exception>
    /// <exception cref="FileNotFoundException">The contracts have not been built.</exception>
    public async Task<ContractAddresses> DeployAsync(DeploymentSettings settings, CancellationToken cancellation)
    {
        var (me, before) = (writer.Address, await writer.Client.GetBlockNumberAsync(cancellation));

        // The contracts name each other in their constructors: addresses follow from deployer and nonce.
        var nonce = await writer.Client.GetTransactionCountAsync(me, BlockParameter.Latest, cancellation);
        Address At(ulong step) => CreateAddress(me, nonce + step);
        var planned = new ContractAddresses(At(0), At(1), At(2), At(3), At(4), At(5), At(6), At(7), At(8), settings.Token, before + 1);
        (string Name, Address Place, Func<byte[], byte[]> Encode)[] steps =
        [
            ("Vault", planned.Vault, new VaultDeployment
            {
                Governor = me, Managers = [planned.LeaseManager, planned.Registry, planned.Disputes, planned.Results], Permit2 = settings.Permit2,
            }.EncodeDeployment),
            ("Parameters", planned.Parameters, new ParametersDeployment { Governor = me, Guardian = settings.Guardian ?? me, Initial = settings.ToParameters() }.EncodeDeployment),
            ("DatacenterRegistry", planned.Registry, new DatacenterRegistryDeployment
            {
                Vault = planned.Vault, LeaseManager = planned.LeaseManager, UnbondingSeconds = settings.UnbondingSeconds,
            }.EncodeDeployment),
            ("AppRegistry", planned.Apps, code => code),
            ("LeaseManager", planned.LeaseManager, new LeaseManagerDeployment
            {
                Vault = planned.Vault, Registry = planned.Registry, Market = planned.Market, Judges = [planned.Disputes, planned.Results], Treasury = settings.Treasury ?? me,
            }.EncodeDeployment),
            ("Market", planned.Market, new MarketDeployment
            {
                LeaseManager = planned.LeaseManager, Registry = planned.Registry, Apps = planned.Apps, Parameters = planned.Parameters,
            }.EncodeDeployment),
            ("DisputeManager", planned.Disputes, new DisputeManagerDeployment { LeaseManager = planned.LeaseManager }.EncodeDeployment),
            ("ResultBoard", planned.Results, new ResultBoardDeployment { LeaseManager = planned.LeaseManager }.EncodeDeployment),
            ("Lens", planned.Lens, new LensDeployment { LeaseManager = planned.LeaseManager, Registry = planned.Registry }.EncodeDeployment),
        ];
        foreach (var (name, place, encode) in steps)
            if (await writer.CreateAsync(name, encode(Code(name)), cancellation) is var made && made != place)
                throw new ContractCallException($"{name} landed at {made}, planned was {place}: the deployer sent something else meanwhile.");

        var paid = settings.Token ?? await writer.CreateAsync("TestToken", Code("TestToken"), cancellation);
        await writer.CallAsync(planned.Vault, new AllowTokenFunction { Token = paid }, cancellation);
        await writer.CallAsync(planned.Parameters, new SetTokenFunction { Token = paid, Parameters = settings.ToTokenParameters() }, cancellation);
        return planned with { Token = paid };
    }

    /// <summary>Gives test tokens to an account.</summary>
    /// <param name="amount">Smallest units; the test token has six decimals.</param>
    /// <exception cref="ContractCallException">The token is no test token.</exception>
    public Task MintAsync(Address token, Address to, BigInteger amount, CancellationToken cancellation) =>
        writer.CallAsync(token, new MintFunction { To = to, Amount = amount }, cancellation);

    /// <summary>Where the account's creation with this nonce lands. Source: Yellow Paper, section 7.</summary>
    public static Address CreateAddress(Address sender, ulong nonce) =>
        new(Keccak256.Hash(RlpEncoder.Encode(RlpItem.List(RlpItem.Of(sender), RlpItem.Of(nonce)))).Span[12..]);

    private byte[] Code(string contract) => BindingFiles.ReadArtifact(artifactFolder, contract).Bytecode
        ?? throw new InvalidDataException($"The artifact of {contract} holds no creation code.");
}
