using System.Text.Json;
using Federation.Ethereum.Cryptography;
using Federation.Ethereum.JsonRpc;
using Federation.Ethereum.Signing;
using Federation.Ethereum.Tests.Client;
using Federation.Ethereum.Tests.Tools;
using Federation.Ethereum.Transactions;
using Federation.Ethereum.TypedData;
using NSubstitute;

namespace Federation.Ethereum.Tests.Signing;

public sealed class RemoteSignerTests(AnvilFixture fixture) : IClassFixture<AnvilFixture>
{
    private static readonly Eip712TypedData Typed = Eip712TypedData.For(
        new Eip712Domain { Name = "Test", ChainId = 31337 },
        Federation.Ethereum.Abi.AbiType.Parse("Note(uint256 id,string text)"),
        new object[] { 7, "hello" });

    private readonly RemoteSigner remote = new(fixture.Anvil.Client.Rpc, Anvil.Account);

    [Fact]
    public async Task Sign_ThroughAnvil_EqualsTheLocalSignerWithTheSameKey()
    {
        using var local = LocalSigner.FromHex(Anvil.Key);
        var transaction = Any(3);

        Assert.Equal((await local.SignTransactionAsync(transaction)).Raw, (await remote.SignTransactionAsync(transaction)).Raw);
        Assert.Equal(await local.SignTypedDataAsync(Typed), await remote.SignTypedDataAsync(Typed));
        Assert.Equal(await local.SignMessageAsync("hi"u8.ToArray()), await remote.SignMessageAsync("hi"u8.ToArray()));
    }

    [Fact]
    public async Task Sign_TypedDataAsObject_IsAcceptedToo()
    {
        var signer = new RemoteSigner(fixture.Anvil.Client.Rpc, Anvil.Account, new RemoteSignerOptions { TypedDataAsText = false });
        Assert.True(Recovery.IsSignedBy(Typed.Digest(), await signer.SignTypedDataAsync(Typed), Anvil.Account));
    }

    [Fact]
    public async Task SignTransaction_AnotherTransactionReturned_IsRefused()
    {
        using var local = LocalSigner.FromHex(Anvil.Key);
        var fault = await RefusedAsync((await local.SignTransactionAsync(Any(4))).Raw);
        Assert.Contains("another transaction", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SignTransaction_SignedByAnotherKey_IsRefused()
    {
        using var other = LocalSigner.Generate();
        var fault = await RefusedAsync((await other.SignTransactionAsync(Any(3))).Raw);
        Assert.Contains("instead of", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SignTransaction_Garbage_IsRefused() => await RefusedAsync([2, 0xc0]);

    [Fact]
    public async Task SignTypedData_SignedByAnotherKey_IsRefused()
    {
        using var other = LocalSigner.Generate();
        var rpc = Substitute.For<IJsonRpcClient>();
        rpc.SendAsync<string>(default!, default).ReturnsForAnyArgs((await other.SignTypedDataAsync(Typed)).ToString());

        await Assert.ThrowsAsync<SignatureException>(() => new RemoteSigner(rpc, Anvil.Account).SignTypedDataAsync(Typed));
    }

    private static async Task<SignatureException> RefusedAsync(byte[] raw)
    {
        var rpc = Substitute.For<IJsonRpcClient>();
        rpc.SendAsync<JsonElement>(default!, default).ReturnsForAnyArgs(JsonSerializer.SerializeToElement(new { raw = Hex.Encode(raw) }));
        return await Assert.ThrowsAsync<SignatureException>(() => new RemoteSigner(rpc, Anvil.Account).SignTransactionAsync(Any(3)));
    }

    private static Eip1559Transaction Any(ulong nonce) => new()
    {
        ChainId = 31337,
        Nonce = nonce,
        MaxPriorityFeePerGas = 1_000_000_000,
        MaxFeePerGas = 20_000_000_000,
        Gas = 100_000,
        To = Address.Zero,
        Value = 1,
        Data = [1, 2, 3],
        AccessList = [new AccessListItem(Address.Zero, [Bytes32.Zero])],
    };
}
