using Federation.Application.Ports;
using Federation.Chain.Options;
using Federation.Chain.Tests.Support;
using Federation.Ethereum;
using Federation.Ethereum.Keystore;
using Federation.Ethereum.Signing;
using Microsoft.Extensions.DependencyInjection;

namespace Federation.Chain.Tests.Options;

public sealed class ChainOptionsTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("federation-chain-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void Faults_OfNothing_NameWhatIsMissing()
    {
        var faults = string.Join('\n', new ChainOptions().Faults());
        foreach (var name in new[] { "RpcUrl", "ChainId", "LeaseManager", "Market", "Parameters", "Apps", "Vault", "Registry", "Results", "Provider", "KeystoreFile" })
            Assert.Contains(name, faults, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new ServiceCollection().AddChainRoom(new ChainOptions()));
    }

    [Fact]
    public void Room_FromKeystoreAndDeploymentFile_IsComplete()
    {
        var options = Complete();
        Assert.Empty(options.Faults());
        using var services = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System).AddChainRoom(options).BuildServiceProvider();
        foreach (var port in new[] { typeof(ILeaseLedger), typeof(IResultLedger), typeof(ILeaseTransactions), typeof(IOfferSigner), typeof(IMarketReader), typeof(IPayers), typeof(IPostLedger), typeof(IBidReader), typeof(IHasher) })
            Assert.NotNull(services.GetRequiredService(port));
        Assert.Equal(Anvil.Signer(2).Address, services.GetRequiredService<ISigner>().Address);
        Assert.Equal(5UL, services.GetRequiredService<ContractAddresses>().BlockNumber);
    }

    [Fact]
    public void FallbackNode_ThatIsNoAddress_IsNamed()
    {
        var options = Complete();
        options.FallbackRpcUrls = [new Uri("http://127.0.0.1:8546"), new Uri("/relative", UriKind.Relative)];
        Assert.Equal("Chain:FallbackRpcUrls:1 must be an absolute http or https address.", Assert.Single(options.Faults()));
        options.FallbackRpcUrls = [];
        options.WebSocketUrl = new Uri("http://127.0.0.1:8546");
        Assert.Equal("Chain:WebSocketUrl must be an absolute ws or wss address.", Assert.Single(options.Faults()));
        options.WebSocketUrl = new Uri("ws://127.0.0.1:8546");
        Assert.Empty(options.Faults());
    }

    [Fact]
    public void Key_WrongPassword_IsAClearErrorWithoutSecrets()
    {
        var options = Complete();
        File.WriteAllText(options.KeystorePasswordFile, "wrong-password");
        var e = Assert.Throws<InvalidDataException>(() => OperatorKey.Open(options));
        Assert.Contains(options.KeystoreFile, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-password", e.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"vault":"0x12"}""")]
    public void DeploymentFile_Broken_IsAClearError(string text)
    {
        var path = Path.Combine(folder.FullName, "broken.json");
        File.WriteAllText(path, text);
        Assert.Contains("broken.json", Assert.Throws<InvalidDataException>(() => ContractAddresses.Load(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void DeploymentFile_AsForgeWritesIt_IsRead()
    {
        var path = Path.Combine(folder.FullName, "31337.json");
        var contracts = Contracts() with { Token = Address.Zero };
        contracts.Save(path);
        Assert.Equal(contracts, ContractAddresses.Load(path));
        foreach (var name in new[] { "vault", "parameters", "registry", "apps", "leaseManager", "market", "disputes", "results", "lens" })
            Assert.Contains($"\"{name}\": \"0x", File.ReadAllText(path), StringComparison.Ordinal);
    }

    private static ContractAddresses Contracts()
    {
        static Address At(byte last) => new([.. new byte[19], last]);
        return new ContractAddresses(At(1), At(2), At(3), At(4), At(5), At(6), At(7), At(8), At(9), null, 5);
    }

    private ChainOptions Complete()
    {
        string At(string name) => Path.Combine(folder.FullName, name);
        Contracts().Save(At("deployment.json"));
        File.WriteAllText(At("keystore.json"), KeystoreFile.Encrypt(Anvil.Signer(2), "correct horse", n: 1 << 12));
        File.WriteAllText(At("password"), "correct horse\n");
        return new ChainOptions
        {
            RpcUrl = new Uri("http://127.0.0.1:8545"), ChainId = 31337, DeploymentFile = At("deployment.json"),
            Provider = Anvil.Signer(1).Address.ToString(), KeystoreFile = At("keystore.json"), KeystorePasswordFile = At("password"),
        };
    }
}
