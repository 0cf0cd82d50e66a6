using Federation.Cli.Settings;

namespace Federation.Cli.Tests;

public sealed class SettingsTests : IDisposable
{
    private const string Address = "0x5FbDB2315678afecb367f032d93F642f64180aa3";

    private readonly Shell shell = new();

    public void Dispose() => shell.Dispose();

    [Fact]
    public void File_IsRead_WithItsPathsSeenFromItsFolder_AndTheEnvironmentWins()
    {
        shell.Write(".config/federation/config.yaml", """
            chain: {rpcUrl: "https://node.example/key", chainId: 5, deploymentFile: chain.json, fromBlock: 12}
            wallet: {keystoreFile: ~/keys/wallet.json, passwordFile: /run/password}
            token: "0x5FbDB2315678afecb367f032d93F642f64180aa3"
            gateways: {allowHttp: true}
            """);
        shell.Variables["FEDERATION_CHAIN_ID"] = "6";
        var read = Read(null);
        Assert.Equal(new Uri("https://node.example/key"), read.Chain.RpcUrl);
        Assert.Equal((6UL, 12UL, Address, true), (read.Chain.ChainId, read.FromBlock, read.Token, read.Gateways.AllowHttp));
        Assert.Equal(shell.PathOf(".config/federation/chain.json"), read.Chain.DeploymentFile);
        Assert.Equal((shell.PathOf("keys/wallet.json"), "/run/password"), (read.Chain.KeystoreFile, read.Chain.KeystorePasswordFile));
    }

    [Theory]
    [InlineData("chain: {rpcUrl: nowhere}", "chain.rpcUrl", "'nowhere' is no address")]
    [InlineData("chain: {chainId: many}", "chain.chainId", "is no number")]
    [InlineData("chain: {url: x}", "'chain.url' is no setting", "chain.rpcUrl")]
    [InlineData("wallet: {privateKey: 0x11}", "wallet.privateKey is refused", "remote signer")]
    [InlineData("a: [", "cannot be read", "config.yaml")]
    public void WhatIsWrongInTheFile_IsNamed(string text, string where, string what)
    {
        shell.Write(".config/federation/config.yaml", text);
        var refused = Assert.Throws<CliException>(() => Read(null));
        Assert.Equal(ExitCodes.Usage, refused.Code);
        Assert.Contains(where, refused.Message, StringComparison.Ordinal);
        Assert.Contains(what, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FileThatIsAskedFor_HasToBeThere_TheUsualOneHasNot()
    {
        Assert.False(Read(null).HasWallet);
        Assert.Throws<CliException>(() => Read(shell.PathOf("none.yaml")));
    }

    [Fact]
    public void WhatIsMissing_IsListedWhole_ByTheNamesOfTheFile()
    {
        var refused = Assert.Throws<CliException>(() => Read(null).Contracts());
        foreach (var name in new[] { "chain.rpcUrl", "chain.chainId", "chain.leaseManager", "chain.registry" }) Assert.Contains(name, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Chain:", refused.Message, StringComparison.Ordinal);
        shell.Variables["FEDERATION_KEYSTORE_FILE"] = shell.PathOf("none");
        var wallet = Assert.Throws<CliException>(() => Read(null).RequireWallet());
        Assert.Contains("wallet.passwordFile", wallet.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EachSetting_HasNamesOfItsOwn()
    {
        Assert.Equal(SettingsReader.All.Count, SettingsReader.All.Select(s => s.Key).Distinct().Count());
        Assert.Equal(SettingsReader.All.Count, SettingsReader.All.Select(s => s.Variable).Distinct().Count());
    }

    private CliSettings Read(string? file) => SettingsReader.Read(file, shell.Here(TextWriter.Null, TextWriter.Null));
}
