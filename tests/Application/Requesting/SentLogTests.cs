using Federation.Application.Ports;
using Federation.Application.Requesting;
using Federation.Domain.Leases;
using Federation.Domain.Requesting;
using Federation.Testing.Builders;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Application.Tests.Requesting;

public sealed class SentLogTests
{
    private const string Request = "default/web";

    // A pass sends some, and is written or not; the process may be another one after it.
    [Fact]
    public void WhateverIsWrittenAndWhoeverDies_TheNewestAreTold_EachOnce_AndThenNothingChanges() => Prop.ForAll(
        Gen.Choose(0, 6).Two().ListOf().ToArbitrary(),
        passes =>
        {
            var journal = new Journal();
            var log = new SentLog(journal);
            var record = RequestRecord.New;
            foreach (var (count, what) in passes)
            {
                Begin(log, record);
                for (var i = 0; i < count; i++) log.Sent(Request, journal.Add());
                if (what % 2 == 1) record = record with { Transactions = log.With(Request, record.Transactions) };
                if (what > 3) log = new SentLog(journal);
            }

            record = Told(log, record);
            var again = Told(log, record);
            var hashes = record.Transactions.Select(t => t.Hash).ToArray();
            return hashes.Order().SequenceEqual(journal.All.TakeLast(SentTransaction.Most).Select(t => t.Hash).Order())
                && ReferenceEquals(again.Transactions, record.Transactions);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task JournalThatCannotBeRead_IsAskedAgain()
    {
        var journal = new Journal { IsUnread = true };
        var sent = journal.Add();
        var log = new SentLog(journal);
        await log.BeginAsync(Request, RequestRecord.New, default);
        Assert.Empty(log.With(Request, []));
        journal.IsUnread = false;
        await log.BeginAsync(Request, RequestRecord.New, default);
        Assert.Equal([sent], log.With(Request, []));
    }

    // What became of one that was told before its end.
    [Fact]
    public async Task LastWordOfATransaction_ReplacesTheOneBefore()
    {
        var journal = new Journal();
        var log = new SentLog(journal);
        var record = RequestRecord.New with { Transactions = [journal.Add() with { Error = "it may still be." }] };
        await log.BeginAsync(Request, record, default);
        log.Sent(Request, journal.All[0]);
        Assert.Equal([journal.All[0]], log.With(Request, record.Transactions));
    }

    private static RequestRecord Told(SentLog log, RequestRecord record)
    {
        Begin(log, record);
        return record with { Transactions = log.With(Request, record.Transactions) };
    }

    // The journal answers at once.
    private static void Begin(SentLog log, RequestRecord record) => Assert.True(log.BeginAsync(Request, record, default).IsCompletedSuccessfully);

    /// <summary>Of the sender: its own newest ones, and what it was sent for is asked by nobody here.</summary>
    private sealed class Journal : ISentTransactions
    {
        public List<SentTransaction> All { get; } = [];

        public bool IsUnread { get; set; }

        public SentTransaction Add()
        {
            All.Add(new SentTransaction(Some.LeaseId(1), PurchaseAction.TopUp, $"0x{All.Count:x64}", null));
            return All[^1];
        }

        public Task<IReadOnlyList<SentTransaction>?> RecallAsync(IReadOnlyCollection<LeaseId> leases, CancellationToken cancellation) =>
            Task.FromResult<IReadOnlyList<SentTransaction>?>(IsUnread ? null : [.. All.TakeLast(SentTransaction.Most)]);
    }
}
