using Federation.Application.Ports;
using Federation.Chain.Accounts;
using Federation.Chain.Bindings.TestToken;
using Federation.Chain.Sending;
using Federation.Chain.Signing;
using Federation.Chain.Tests.Support;
using Federation.Ethereum;
using Federation.Ethereum.Client;
using Federation.Ethereum.Signing;
using Federation.Ethereum.Transactions;
using Federation.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Chain.Tests.Sending;

/// <summary>What leaves is in the journal, in its term, and a later one goes on with it.</summary>
public sealed class JournalTests
{
    private static readonly string[] Purpose = ["settle 0x01 1"];
    private readonly InMemoryJournal journal = new();

    [Fact]
    public async Task EachTransaction_IsWrittenOnce_BeforeItLeaves_AndNothingElseIs()
    {
        await using var market = await Market.OpenAsync();
        using var sender = Begin(market);
        var written = new List<string>();
        sender.At = (step, _) =>
        {
            if (step == SendStep.Journaled) written.Add(Assert.Single(journal.Entries, e => e.MinedBlock == 0).Versions[^1].Hash);
        };
        var first = await SendAsync(market, sender);
        var second = await SendAsync(market, sender);
        Assert.Equal([$"{first.Hash}", $"{second.Hash}"], written);
        Assert.Equal(2, journal.Writes);
        Assert.Equal(first.Receipt!.BlockNumber, journal.Entries[0].MinedBlock);
        await sender.LookBackAsync(default);
        Assert.Equal(2, journal.Writes);
    }

    [Fact]
    public async Task JournalAway_NothingLeaves_AndThePlaceIsNotLost()
    {
        await using var market = await Market.OpenAsync();
        using var sender = Begin(market);
        var account = new SenderAccount(market.Anvil.Client, new WatchedSigner(market.Operator.Signer, TimeProvider.System), Market.Sending, sender: sender);
        journal.IsAway = true;
        var nonce = await NonceAsync(market);
        var outcome = await SendAsync(market, sender);
        Assert.Null(outcome.Hash);
        Assert.Contains("the journal does not hold", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(nonce, await market.Anvil.Client.GetTransactionCountAsync(Me(market), BlockParameter.Pending));
        // It can be read, and that is no news: nothing is promised before it is written.
        for (var look = 0; look < 2; look++) await Assert.ThrowsAsync<ClusterException>(() => sender.LookBackAsync(default));
        Assert.NotNull((await account.ReadAsync(default)).JournalProblem);
        journal.IsAway = false;
        await sender.LookBackAsync(default);
        Assert.Null((await account.ReadAsync(default)).JournalProblem);
        Assert.Null((await SendAsync(market, sender)).Error);
        Assert.Equal(nonce + 1, await NonceAsync(market));
    }

    // Stopped between reading its nonce and sending; a later term began meanwhile.
    [Theory]
    [InlineData("NonceRead")]
    [InlineData("Signed")]
    public async Task LaterTermBegan_NothingLeaves(string step)
    {
        await using var market = await Market.OpenAsync();
        using var sender = Begin(market);
        sender.At = (seen, _) =>
        {
            if ($"{seen}" == step) journal.Open();
        };
        Assert.Contains("this is term 1", (await SendAsync(market, sender)).Error, StringComparison.Ordinal);
        Assert.Equal(await NonceAsync(market), await market.Anvil.Client.GetTransactionCountAsync(Me(market), BlockParameter.Pending));
    }

    [Fact]
    public async Task NextTerm_GoesOnWithWhatThePoolHolds_RaisesItsFee_AndTellsItsOutcomeOnce()
    {
        await using var market = await Market.OpenAsync();
        await market.Anvil.AskAsync("evm_setAutomine", false);
        var fee = await LeaveAsync(market);
        using var next = Begin(market, bumpAfter: 200);
        var bumped = new TaskCompletionSource();
        next.At = (step, _) =>
        {
            if (step == SendStep.Bumped) bumped.TrySetResult();
        };
        await next.LookBackAsync(default);
        await bumped.Task;
        Assert.True(journal.Entries[^1].Versions[^1].MaxFee > fee);
        await market.Anvil.MineAsync();
        var found = await next.TakeAdoptedAsync(["close 0x01", .. Purpose], default);
        Assert.Equal(Purpose[0], Assert.Single(found!.Value.Purposes));
        Assert.True((await found.Value.Outcome).Receipt!.Succeeded);
        Assert.Null(await next.TakeAdoptedAsync(Purpose, default));
    }

    [Fact]
    public async Task NextTerm_OfWhatIsMined_IsToldAtOnce()
    {
        await using var market = await Market.OpenAsync();
        await market.Anvil.AskAsync("evm_setAutomine", false);
        await LeaveAsync(market);
        await market.Anvil.MineAsync();
        using var next = Begin(market);
        var found = await next.TakeAdoptedAsync(Purpose, default);
        Assert.True((await found!.Value.Outcome).Receipt!.Succeeded);
    }

    [Fact]
    public async Task NextTerm_OfWhatAStrangersNonceTook_KnowsNothing_AndSendsAnew()
    {
        await using var market = await Market.OpenAsync();
        await market.Anvil.AskAsync("evm_setAutomine", false);
        var nonce = await NonceAsync(market);
        await LeaveAsync(market);
        var foreign = new Eip1559Transaction
        {
            ChainId = Market.ChainId, Nonce = nonce, Gas = 21_000, To = market.Tenant.Address, MaxFeePerGas = 90_000_000_000, MaxPriorityFeePerGas = 50_000_000_000,
        };
        await market.Anvil.Client.SendRawTransactionAsync(await market.Operator.Signer.SignTransactionAsync(foreign));
        await market.Anvil.MineAsync();
        await market.Anvil.AskAsync("evm_setAutomine", true);
        using var next = Begin(market);
        Assert.Null(await next.TakeAdoptedAsync(Purpose, default));
        Assert.Null((await SendAsync(market, next)).Error);
        Assert.Equal(nonce + 2, await NonceAsync(market));
    }

    // A slow leader raised the fee of what this one waits for, after this one had read: what is mined is the same transaction.
    [Fact]
    public async Task FeeThatAnotherRaisedMeanwhile_ItsVersionIsWaitedForToo()
    {
        await using var market = await Market.OpenAsync();
        await market.Anvil.AskAsync("evm_setAutomine", false);
        using var sender = Begin(market);
        await sender.LookBackAsync(default);
        var sending = SendAsync(market, sender);
        await WrittenAsync(1, sending);
        while (await market.Anvil.Client.GetTransactionCountAsync(Me(market), BlockParameter.Pending) == await NonceAsync(market)) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        var mine = journal.Entries[^1];
        var raised = await market.Operator.Signer.SignTransactionAsync(new Eip1559Transaction
        {
            ChainId = Market.ChainId, Nonce = mine.Nonce, Gas = mine.Gas, To = market.Token, Data = mine.Data, MaxFeePerGas = 90_000_000_000, MaxPriorityFeePerGas = 50_000_000_000,
        });
        await market.Anvil.Client.SendRawTransactionAsync(raised);
        journal.Put([mine with { Versions = [.. mine.Versions, new JournalVersion(raised.Hash.ToString(), 90_000_000_000, 50_000_000_000)] }]);
        Assert.NotNull((await SendAsync(market, sender)).Error);
        await sender.LookBackAsync(default);
        await market.Anvil.MineAsync();
        Assert.Equal(raised.Hash, (await sending).Receipt?.TransactionHash);
    }

    // Its leader was slow: it wrote after this term had read, and before this term wrote.
    [Fact]
    public async Task EntryThatAnotherWroteMeanwhile_IsGoneOnWith_BeforeAnythingIsWritten()
    {
        await using var market = await Market.OpenAsync();
        await market.Anvil.AskAsync("evm_setAutomine", false);
        using var sender = Begin(market);
        await sender.LookBackAsync(default);
        var other = new InMemoryJournal();
        await LeaveAsync(market, other);
        journal.Put(other.Entries);
        var left = Assert.Single(other.Entries);
        Assert.Contains("not written", (await sender.SendAsync(market.Token, Mint(market), default, ["close 0x02"])).Error, StringComparison.Ordinal);
        Assert.Equal(left.Versions[^1].Hash, Assert.Single(journal.Entries).Versions[^1].Hash);

        var sending = sender.SendAsync(market.Token, Mint(market), default, ["close 0x02"]);
        await WrittenAsync(2, sending);
        Assert.Equal([left.Nonce, left.Nonce + 1], journal.Entries.Select(e => e.Nonce));
        Assert.Equal(left.Versions[^1].Hash, journal.Entries[0].Versions[^1].Hash);
        // It is sent once it is written.
        while (await market.Anvil.Client.GetTransactionCountAsync(Me(market), BlockParameter.Pending) < left.Nonce + 2 && !sending.IsCompleted) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        await market.Anvil.MineAsync();
        Assert.Null((await sending).Error);
        Assert.True((await (await sender.TakeAdoptedAsync(Purpose, default))!.Value.Outcome).Receipt!.Succeeded);
        Assert.Null(await sender.TakeAdoptedAsync(Purpose, default));
    }

    // What waits is not taken up a second time when the journal is read again.
    [Fact]
    public async Task ReadAgain_WhatIsKnownIsLeftAsItIs()
    {
        await using var market = await Market.OpenAsync();
        await market.Anvil.AskAsync("evm_setAutomine", false);
        using var sender = Begin(market);
        var sending = SendAsync(market, sender);
        await WrittenAsync(1, sending);
        journal.Put(journal.Entries);
        Assert.Contains("not written", (await sender.SendAsync(market.Token, Mint(market), default, ["close 0x02"])).Error, StringComparison.Ordinal);
        Assert.Null(await sender.TakeAdoptedAsync(Purpose, default));
        await market.WaitForPendingAsync();
        await market.Anvil.MineAsync();
        Assert.Null((await sending).Error);
    }

    // Another key's nonces say nothing of this one's, and its transactions may still be mined: it may be the key again.
    [Fact]
    public async Task EntriesOfAnotherKey_AreNotTakenForOwn_AndStayUntilTheirNonceIsUsedForGood()
    {
        await using var market = await Market.OpenAsync();
        await market.Anvil.AskAsync("evm_setAutomine", false);
        await LeaveAsync(market, journal, market.Provider.Signer);
        var left = Assert.Single(journal.Entries);
        Assert.Equal($"{market.Provider.Writer.Address}", left.Sender);
        var (nonce, final) = (await NonceAsync(market), 0UL);
        using var mine = Begin(market, finalized: () => final);
        Assert.Null(await mine.TakeAdoptedAsync(Purpose, default));
        var sending = SendAsync(market, mine);
        await WrittenAsync(2, sending);
        Assert.Equal((left.Versions[0].Hash, left.Sender), (journal.Entries[0].Versions[0].Hash, journal.Entries[0].Sender));
        Assert.Equal((nonce, $"{Me(market)}"), (journal.Entries[1].Nonce, journal.Entries[1].Sender));

        using (var before = Begin(market, signer: market.Provider.Signer))
            Assert.NotNull(await before.TakeAdoptedAsync(Purpose, default));
        await market.Anvil.AskAsync("evm_setAutomine", true);
        await market.Anvil.MineAsync();
        Assert.Null((await sending).Error);
        using var later = Begin(market, finalized: () => final);
        await later.LookBackAsync(default);
        Assert.Null((await SendAsync(market, later)).Error);
        Assert.Contains(journal.Entries, e => e.Sender == left.Sender);
        final = await market.Anvil.Client.GetBlockNumberAsync();
        await later.LookBackAsync(default);
        Assert.Null((await SendAsync(market, later)).Error);
        Assert.DoesNotContain(journal.Entries, e => e.Sender == left.Sender);
    }

    [Fact]
    public async Task JournalThatCannotBeRead_IsSaid_AsLongAsItCannot()
    {
        await using var market = await Market.OpenAsync();
        using var sender = Begin(market);
        var account = new SenderAccount(market.Anvil.Client, new WatchedSigner(market.Operator.Signer, TimeProvider.System), Market.Sending, sender: sender);
        journal.IsUnreadable = true;
        await Assert.ThrowsAsync<ClusterException>(() => sender.LookBackAsync(default));
        Assert.Equal("It is no journal.", (await account.ReadAsync(default)).JournalProblem);
        journal.IsUnreadable = false;
        await sender.LookBackAsync(default);
        Assert.Null((await account.ReadAsync(default)).JournalProblem);
        // Spoilt later, it is found by the next write.
        journal.Put([]);
        journal.IsUnreadable = true;
        Assert.NotNull((await SendAsync(market, sender)).Error);
        await Assert.ThrowsAsync<ClusterException>(() => sender.LookBackAsync(default));
        Assert.NotNull((await account.ReadAsync(default)).JournalProblem);
    }

    [Fact]
    public async Task Reorged_IsForgotten_AndItsNonceIsTheNextOnes()
    {
        await using var market = await Market.OpenAsync();
        using var sender = Begin(market);
        var nonce = await NonceAsync(market);
        await SendAsync(market, sender);
        await market.Anvil.AskAsync("anvil_reorg", 1, Array.Empty<object>());
        await sender.LookBackAsync(default);
        Assert.Null((await SendAsync(market, sender)).Error);
        Assert.Equal(nonce + 1, await NonceAsync(market));
        Assert.Equal(nonce, Assert.Single(journal.Entries).Nonce);
    }

    // The process ends while its transaction waits for a block.
    private async Task<System.Numerics.BigInteger> LeaveAsync(Market market, InMemoryJournal? to = null, ISigner? key = null)
    {
        using var sender = Begin(market, to: to, signer: key);
        using var life = new CancellationTokenSource();
        sender.At = (step, _) =>
        {
            if (step == SendStep.FirstPoll) life.Cancel();
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sender.SendAsync(market.Token, Mint(market), life.Token, Purpose));
        return (to ?? journal).Entries[^1].Versions[^1].MaxFee;
    }

    private async Task WrittenAsync(int entries, Task sending)
    {
        while (journal.Entries.Count < entries && !sending.IsCompleted) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
    }

    private TransactionSender Begin(Market market, int bumpAfter = 30_000, InMemoryJournal? to = null, ISigner? signer = null, Func<ulong>? finalized = null)
    {
        var options = Market.Sending with { BumpAfter = TimeSpan.FromMilliseconds(bumpAfter), BumpAfterBlocks = 100 };
        var sender = new TransactionSender(market.Anvil.Client, Market.ChainId, signer ?? market.Operator.Signer, options, TimeProvider.System, NullLogger<TransactionSender>.Instance);
        sender.BeginTerm(new SendingTerm((to ?? journal).Open(), finalized ?? (() => 0)), default);
        return sender;
    }

    private static Task<SendOutcome> SendAsync(Market market, TransactionSender sender) => sender.SendAsync(market.Token, Mint(market), default, Purpose);

    private static MintFunction Mint(Market market) => new() { To = Me(market), Amount = 1 };

    private static Address Me(Market market) => market.Operator.Writer.Address;

    private static Task<ulong> NonceAsync(Market market) => market.Anvil.Client.GetTransactionCountAsync(Me(market));
}
