using System.Numerics;
using System.Text.Json;
using Federation.Ethereum.Abi;
using Federation.Ethereum.Client;
using Federation.Ethereum.JsonRpc;
using Federation.Ethereum.Signing;
using Federation.Ethereum.Tests.Bindings.Generated.Market;
using Federation.Ethereum.Tests.JsonRpc;
using Federation.Ethereum.Tests.Tools;
using Federation.Ethereum.Transactions;

namespace Federation.Ethereum.Tests.Client;

public sealed class EthereumClientTests(AnvilFixture fixture) : IClassFixture<AnvilFixture>
{
    private EthereumClient Client => fixture.Anvil.Client;

    [Fact]
    public async Task SendRawTransaction_SignedLocally_IsMinedAsSigned()
    {
        using var sender = LocalSigner.Generate();
        await fixture.Anvil.SendAsync<object?>("anvil_setBalance", sender.Address, BigInteger.Pow(10, 19));
        var receiver = new RandomValues(1).Address();
        var signed = await sender.SignTransactionAsync(await TransferAsync(sender.Address, receiver, 12345));

        Assert.Equal(signed.Hash, await Client.SendRawTransactionAsync(signed));

        var receipt = await fixture.Anvil.MinedAsync(signed.Hash);
        Assert.True(receipt.Succeeded);
        Assert.Equal(21_000ul, receipt.GasUsed);
        Assert.Equal(12345, await Client.GetBalanceAsync(receiver));
        Assert.Equal(1ul, await Client.GetTransactionCountAsync(sender.Address, BlockParameter.Pending));
        var seen = await Client.GetTransactionByHashAsync(signed.Hash);
        Assert.Equal((sender.Address, receiver, (BigInteger)12345), (seen!.From, seen.To!.Value, seen.Value));
    }

    [Fact]
    public async Task GetBlock_TagsNumberAndHash_AgreeWithEachOther()
    {
        var latest = await Client.GetBlockAsync(BlockParameter.Latest);

        Assert.Equal(latest!.Hash, (await Client.GetBlockAsync(BlockParameter.AtNumber(latest.Number)))!.Hash);
        Assert.Equal(latest.Number, (await Client.GetBlockAsync(BlockParameter.AtHash(latest.Hash)))!.Number);
        Assert.NotNull(await Client.GetBlockAsync(BlockParameter.Safe));
        Assert.NotNull(await Client.GetBlockAsync(BlockParameter.Finalized));
        Assert.Null(await Client.GetBlockAsync(BlockParameter.AtNumber(1_000_000)));
        Assert.Null(await Client.GetBlockByHashAsync(Bytes32.Zero));
        Assert.Null(await Client.GetTransactionReceiptAsync(Bytes32.Zero));
        Assert.Equal(31337ul, await Client.GetChainIdAsync());
    }

    [Fact]
    public async Task GetLogs_ByRangeTopicAndBlockHash_FindsTheEvent()
    {
        var random = new RandomValues(2);
        var (from, to) = (random.Address(), random.Address());
        var topics = TransferEventDTO.Event.EncodeTopics(from, to).Select(t => t!.Value).ToArray();
        var data = EchoContract.Log(topics, AbiEncoder.Encode(AbiType.Parse("uint256"), 99));
        var hash = await fixture.Anvil.SendAsync<Bytes32>("eth_sendTransaction", new { from = Anvil.Account, to = fixture.Echo, data });
        var receipt = await fixture.Anvil.MinedAsync(hash);

        var byRange = await Client.GetLogsAsync(LogFilter.ForEvent<TransferEventDTO>(fixture.Echo, null, to) with
        {
            FromBlock = BlockParameter.Earliest,
            ToBlock = BlockParameter.Latest,
        });
        var byHash = await Client.GetLogsAsync(new LogFilter { BlockHash = receipt.BlockHash });
        var other = await Client.GetLogsAsync(LogFilter.ForEvent<TransferEventDTO>(fixture.Echo, to) with { FromBlock = BlockParameter.Earliest });

        var found = Assert.Single(byRange.DecodeAllEvents<TransferEventDTO>());
        Assert.Equal(new TransferEventDTO(from, to, 99), found.Event);
        Assert.Equal((hash, receipt.BlockNumber), (found.Log.TransactionHash, found.Log.BlockNumber));
        Assert.Equal(found.Event, Assert.Single(byHash.DecodeAllEvents<TransferEventDTO>()).Event);
        Assert.Equal(found.Event, Assert.Single(receipt.Logs.DecodeAllEvents<TransferEventDTO>()).Event);
        Assert.Empty(other);
    }

    [Fact]
    public async Task GetLogs_OfUnknownBlockHash_IsAnErrorNotNothing() =>
        await Assert.ThrowsAsync<RpcResponseException>(() => Client.GetLogsAsync(new LogFilter { BlockHash = Bytes32.Zero }));

    [Fact]
    public async Task Call_ReturnsAndReverts_AreTyped()
    {
        var returned = await Client.CallAsync(new CallInput { To = fixture.Echo, Data = EchoContract.Return([1, 2, 3]) });
        Assert.Equal([1, 2, 3], returned);

        var data = EscrowTooLowError.Error.Encode(5, 9);
        var fault = await Assert.ThrowsAsync<RpcResponseException>(() =>
            Client.CallAsync(new CallInput { To = fixture.Echo, Data = EchoContract.Revert(data) }));
        Assert.Equal(data, fault.RevertData);
        Assert.Equal("EscrowTooLow(available=5, required=9)", fault.Revert(MarketContract.Errors)!.Text);
        fault = await Assert.ThrowsAsync<RpcResponseException>(() =>
            Client.EstimateGasAsync(new CallInput { To = fixture.Echo, Data = EchoContract.Revert(ErrorAbi.Error.Encode("no")) }));
        Assert.Equal("no", fault.Revert()!.Text);
    }

    [Fact]
    public async Task Call_TypedWhereNoContractIs_SaysSo()
    {
        var fault = await Assert.ThrowsAsync<AbiException>(() =>
            Client.CallAsync(Address.Zero, new QuoteFunction { Selector = new byte[4], FunctionValue = true }));
        Assert.Contains("is there a contract", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fees_AreReadable()
    {
        var history = await Client.GetFeeHistoryAsync(2, BlockParameter.Latest, [10, 50]);

        Assert.Equal(history.GasUsedRatio.Count + 1, history.BaseFeePerGas.Count);
        Assert.All(history.Reward!, r => Assert.Equal(2, r.Count));
        Assert.True(await Client.GetGasPriceAsync() > 0);
        Assert.True(await Client.GetMaxPriorityFeePerGasAsync() >= 0);
    }

    [Fact]
    public async Task SendBatch_MixedResults_StandInOrder()
    {
        var requests = Enumerable.Range(0, 250).Select(i => i % 50 == 7
            ? new RpcRequest("eth_call", new CallInput { To = fixture.Echo, Data = EchoContract.Revert([(byte)i]) }, BlockParameter.Latest)
            : new RpcRequest("eth_call", new CallInput { To = fixture.Echo, Data = EchoContract.Return([(byte)i]) }, BlockParameter.Latest));

        var results = await Client.Rpc.SendBatchAsync([.. requests]);

        Assert.Equal(250, results.Count);
        for (var i = 0; i < results.Count; i++)
            Assert.Equal([(byte)i], i % 50 == 7 ? results[i].Error!.RevertData! : results[i].Get<byte[]>());
    }

    [Fact]
    public async Task Send_UnknownMethodAndBadNonce_MapToTheNodesError()
    {
        var unknown = await Assert.ThrowsAsync<RpcResponseException>(() => Client.Rpc.SendAsync<string>(new RpcRequest("eth_nothing")));
        Assert.Equal(-32601, unknown.Code);
        Assert.False(unknown.IsRevert);

        using var poor = LocalSigner.Generate();
        var signed = await poor.SignTransactionAsync(await TransferAsync(poor.Address, Address.Zero, 1));
        var refused = await Assert.ThrowsAsync<RpcResponseException>(() => Client.SendRawTransactionAsync(signed));
        Assert.Contains("nsufficient funds", refused.RpcMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ContractSignature_AccountAndContract_AreBothChecked()
    {
        using var signer = LocalSigner.Generate();
        var wallet = new RandomValues(5).Address();
        // Answers every call with the magic value of ERC-1271.
        await fixture.Anvil.SendAsync<object?>("anvil_setCode", wallet, Convert.FromHexString("631626ba7e60e01b60005260206000f3"));
        var digest = Keccak256.Hash("x");
        var signature = signer.SignDigest(digest).ToArray();

        Assert.True(await ContractSignature.IsValidAsync(Client, signer.Address, digest, signature));
        Assert.False(await ContractSignature.IsValidAsync(Client, signer.Address, Bytes32.Zero, signature));
        Assert.False(await ContractSignature.IsValidAsync(Client, signer.Address, digest, [1, 2]));
        Assert.True(await ContractSignature.IsValidAsync(Client, wallet, digest, []));
        Assert.False(await ContractSignature.IsValidAsync(Client, fixture.Echo, digest, signature));
    }

    // A contract that never comes to an end approves nothing, whatever the node calls it.
    [Fact]
    public async Task ContractSignature_ThatUsesUpItsGas_IsNoApproval()
    {
        var wallet = new RandomValues(6).Address();
        await fixture.Anvil.SendAsync<object?>("anvil_setCode", wallet, Convert.FromHexString("5b600056"));
        Assert.False(await ContractSignature.IsValidAsync(Client, wallet, Keccak256.Hash("x"), []));
        await fixture.Anvil.SendAsync<object?>("anvil_setCode", wallet, Convert.FromHexString("fe"));
        Assert.False(await ContractSignature.IsValidAsync(Client, wallet, Keccak256.Hash("x"), []));
    }

    [Theory]
    [InlineData(-32000, "out of gas", true)] // go-ethereum
    [InlineData(-32003, "out of gas", true)] // nethermind
    [InlineData(-32000, "invalid opcode: INVALID", true)]
    [InlineData(-32000, "invalid jump destination", true)]
    [InlineData(-32015, "VM execution error.", true)] // older nethermind
    [InlineData(-32000, "header not found", false)]
    [InlineData(-32005, "rate limit exceeded", false)]
    public async Task ContractSignature_NodesWords_TellTheContractsFaultFromTheirOwn(int code, string message, bool isContracts)
    {
        var node = new FakeNode(FakeNode.Result("\"0x00\""), request =>
        {
            using var asked = JsonDocument.Parse(request);
            return FakeNode.Body($$$"""{"jsonrpc":"2.0","id":{{{asked.RootElement.GetProperty("id").GetRawText()}}},"error":{"code":{{{code}}},"message":"{{{message}}}"}}""")(request);
        });
        using var rpc = new JsonRpcClient(new Uri("http://node.invalid"), new JsonRpcOptions { MaxRetries = 0 }, handler: node);
        var asked = ContractSignature.IsValidAsync(new EthereumClient(rpc), Address.Zero, Bytes32.Zero, []);
        if (isContracts) Assert.False(await asked);
        else await Assert.ThrowsAnyAsync<Exception>(() => asked);
    }

    private async Task<Eip1559Transaction> TransferAsync(Address from, Address to, BigInteger value) => new()
    {
        ChainId = await Client.GetChainIdAsync(),
        Nonce = await Client.GetTransactionCountAsync(from),
        MaxPriorityFeePerGas = 1_000_000_000,
        MaxFeePerGas = 10_000_000_000,
        Gas = 21_000,
        To = to,
        Value = value,
    };
}
