using System.Threading.Channels;
using Federation.Application.Ports;
using Federation.Application.Reconciling;
using Federation.Application.Settling;
using Federation.Application.Watching;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Chain;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Application.Tests.Settling;

public sealed class OutboxAndSettlerTests : IDisposable
{
    private static readonly LeaseId Id = Some.LeaseId(1);
    private static readonly ActivateIntent Activate = new(Id, Some.Terms);
    private static readonly CloseIntent Close = new(Id, Some.Terms, CloseReason.NotActivated);
    private static readonly PostResultIntent Post = new(Id, Some.Terms, Some.JobOutcome);
    private readonly FakeClock clock = new();
    private readonly IntentOutbox outbox;

    public OutboxAndSettlerTests() => outbox = new IntentOutbox(clock);

    public void Dispose() => outbox.Dispose();

    [Fact]
    public void Put_ReplacesWhatWasWanted()
    {
        outbox.Put(Id, [Activate], 1);
        outbox.Put(Id, [Close], 1);
        Assert.Equal([Close], outbox.Due(10));
    }

    [Fact]
    public void Due_MostUrgentFirst_AndBounded()
    {
        outbox.Put(Some.LeaseId(2), [new CloseIntent(Some.LeaseId(2), Some.Terms, CloseReason.Term)], 1);
        outbox.Put(Id, [Activate], 1);
        Assert.Equal([Activate], outbox.Due(1));
    }

    [Fact]
    public void Mined_IsNotWantedAgain_UntilAViewHasReachedItsBlock()
    {
        outbox.Put(Id, [Activate], 1);
        outbox.Mined(Activate, 5, "0xt5");
        Assert.Empty(outbox.Due(10));
        outbox.Put(Id, [Activate], 4);
        Assert.Empty(outbox.Due(10));
        outbox.Put(Id, [Activate], 5);
        Assert.Single(outbox.Due(10));
    }

    [Fact]
    public async Task SignatureThatFailed_IsGoneBeforeTheNextAttempt_AndItsReceiptTold()
    {
        var (transactions, told) = (new RefusingTransactions(), new List<Receipt>());
        outbox.SignatureRefused += told.Add;
        var settle = new SettleIntent(Id, Some.Terms, new Receipt(Id, 3, 1_800_000_000, UsageVector.Zero, 0, Receipt.NoEvidence, IsFinal: false)) { TenantSignature = "0xaa" };
        outbox.Put(Id, [settle], 1);
        await new Settler(outbox, transactions, NullLogger<Settler>.Instance).PassAsync(default);
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal([settle with { TenantSignature = "" }], outbox.Due(10));
        Assert.Equal([settle.Receipt], told);
    }

    private sealed class RefusingTransactions : ILeaseTransactions
    {
        public int MostTogether(ChainIntent first) => 1;

        public Task<IReadOnlyList<IntentOutcome>> SubmitAsync(IReadOnlyList<ChainIntent> intents, CancellationToken cancellation) =>
            Task.FromResult<IReadOnlyList<IntentOutcome>>([new IntentOutcome(intents[0], "0xt", 5, "The contract skipped it: SignatureInvalid") { IsSignatureRefused = true }]);
    }

    [Fact]
    public void Failed_WaitsLongerEachTime_AtMostTwoMinutes()
    {
        outbox.Put(Id, [Activate], 1);
        foreach (var seconds in new[] { 1, 2, 4, 8, 16, 32, 64, 120, 120, 120 })
        {
            outbox.Failed(Activate, "StateWrong");
            clock.Advance(TimeSpan.FromSeconds(seconds - 1));
            Assert.Empty(outbox.Due(10));
            clock.Advance(TimeSpan.FromSeconds(1));
            Assert.Single(outbox.Due(10));
        }
    }

    [Fact]
    public void LastFailure_EndsWithTheWish()
    {
        outbox.Put(Id, [Activate], 1);
        outbox.Failed(Activate, "NotOperator");
        outbox.Put(Id, [Activate], 2);
        Assert.Equal("NotOperator", outbox.LastFailure(Id));
        outbox.Put(Id, [Close], 3);
        Assert.Null(outbox.LastFailure(Id));
    }

    // A reader of the chain that lags, or a status that could not be written: the look in between wanted nothing.
    [Fact]
    public void Activation_MinedAfterALookThatWantedNothing_IsKnown()
    {
        outbox.Put(Id, [Activate], 1);
        outbox.Put(Id, [], 1);
        outbox.Mined(Activate, 5, "0xt5");
        Assert.True(outbox.IsActivationMined(Id));
        outbox.Put(Id, [], 5);
        Assert.False(outbox.IsActivationMined(Id));
    }

    [Fact]
    public void News_OfWhatNobodyWantsAnyMore_IsNotKept()
    {
        outbox.Put(Id, [Close], 1);
        outbox.Failed(Activate, "NotOperator");
        Assert.Null(outbox.LastFailure(Id));
        outbox.Put(Id, [Activate, Post], 1);
        outbox.Forget(Id);
        outbox.Mined(Activate, 5, "0xt5");
        outbox.Refused(Post, "ReplicaIsPart");
        Assert.False(outbox.IsActivationMined(Id));
        Assert.Equal(new PostTrace(null, null, false), outbox.PostOf(Id));
    }

    [Fact]
    public void Forget_LeavesNothing()
    {
        outbox.Put(Id, [Activate], 1);
        outbox.Failed(Activate, "x");
        outbox.Forget(Id);
        Assert.Empty(outbox.Due(10));
        Assert.Null(outbox.LastFailure(Id));
    }

    // A close that waited for a lower fee, and meanwhile the tenant topped up under another leader.
    [Fact]
    public void NewTerm_WantsNothingThatAnOldOneWanted()
    {
        outbox.Put(Id, [Close], 1);
        outbox.Failed(Close, "the base fee is above the cap");
        outbox.BeginTerm();
        clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Empty(outbox.Due(10));
        Assert.Null(outbox.LastFailure(Id));
    }

    [Fact]
    public async Task Pass_SendsWhatIsDue_Once()
    {
        var chain = NewChain();
        outbox.Put(Id, [Activate], 1);
        await NewSettler(chain).PassAsync(default);
        await NewSettler(chain).PassAsync(default);
        Assert.Equal(LeaseState.Active, chain.Find(Id)!.Lease.State);
        Assert.Null(outbox.LastFailure(Id));
    }

    // Each takes a block: an activation that is wanted meanwhile waits for the one that is under way, and for no other.
    [Fact]
    public async Task Pass_LooksAgainAfterEachTransaction_SoThatTheUrgentIsNext()
    {
        var chain = NewChain();
        var ended = Enumerable.Range(10, 60).Select(Some.LeaseId).ToArray();
        foreach (var lease in ended)
        {
            chain.Match(lease, Some.Terms, Some.Deposit);
            chain.TryTransact(lease, LeaseContract.Activate);
            outbox.Put(lease, [new PostResultIntent(lease, Some.Terms, Some.JobOutcome)], 1);
        }

        var mined = new List<LeaseId>();
        outbox.IntentMined += mined.Add;
        outbox.IntentMined += _ =>
        {
            if (mined.Count == 1) outbox.Put(Id, [Activate], 1);
        };
        await NewSettler(chain).PassAsync(default);
        Assert.Equal((Id, 61), (mined[1], mined.Count));
        Assert.Empty(outbox.Due(100));
    }

    [Fact]
    public async Task Wait_IsForNews_AndForTimeOnlyWhileSomethingIsWanted()
    {
        var (soon, stop) = (TimeSpan.FromMilliseconds(1), TestContext.Current.CancellationToken);
        var idle = outbox.WaitAsync(soon, stop);
        await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, stop);
        Assert.False(idle.IsCompleted);
        outbox.Put(Id, [Activate], 1);
        await idle;

        // It is due again without anybody saying so.
        outbox.Failed(Activate, "the node is away");
        await outbox.WaitAsync(soon, stop);
        outbox.Mined(Activate, 5, "0xt");
        idle = outbox.WaitAsync(soon, stop);
        await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, stop);
        Assert.False(idle.IsCompleted);

        // A reorg took it away.
        outbox.Put(Id, [Activate], 5);
        await idle;
    }

    // The block that one waits for is the block that the other shall be in.
    [Fact]
    public async Task Run_WhatBecomesUrgent_IsSentBesideWhatWaits_AndOfALeaseOneAtATime()
    {
        var sent = new SlowTransactions();
        using var stop = new CancellationTokenSource();
        var running = new Settler(outbox, sent, NullLogger<Settler>.Instance).RunAsync(TimeSpan.FromMinutes(1), stop.Token);
        outbox.Put(Id, [Activate], 1);
        await sent.UntilAsync(1);
        outbox.Put(Id, [Activate, Post], 1);
        outbox.Put(Some.LeaseId(2), [new ActivateIntent(Some.LeaseId(2), Some.Terms)], 1);
        await sent.UntilAsync(2);
        Assert.Equal([Id, Some.LeaseId(2)], sent.Calls.Select(c => Assert.Single(c).Id));

        sent.Answer(0);
        await sent.UntilAsync(3);
        Assert.Equal([Post], sent.Calls[2]);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task Run_Settlements_LeaveAPlaceToWhatStartsOrEndsALease()
    {
        var sent = new SlowTransactions();
        using var stop = new CancellationTokenSource();
        var running = new Settler(outbox, sent, NullLogger<Settler>.Instance).RunAsync(TimeSpan.FromMinutes(1), stop.Token);
        for (var i = 1; i <= 5; i++)
        {
            outbox.Put(Some.LeaseId(10 + i), [new CollectIntent(Some.LeaseId(10 + i), Some.Terms)], 1);
            if (i <= 3) await sent.UntilAsync(i);
        }

        outbox.Put(Id, [Activate], 1);
        await sent.UntilAsync(4);
        Assert.Equal([Activate], sent.Calls[3]);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task Pass_RefusedByTheContract_IsSaidAndTriedAgain()
    {
        var chain = NewChain();
        outbox.Put(Id, [Close], 1);
        await NewSettler(chain).PassAsync(default);
        Assert.Equal("NotParty", outbox.LastFailure(Id));
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Single(outbox.Due(10));
    }

    [Fact]
    public async Task Pass_ChainDown_LosesNoIntent()
    {
        var chain = NewChain();
        chain.IsDown = true;
        outbox.Put(Id, [Activate], 1);
        await NewSettler(chain).PassAsync(default);
        Assert.NotNull(outbox.LastFailure(Id));
        chain.IsDown = false;
        clock.Advance(TimeSpan.FromSeconds(2));
        await NewSettler(chain).PassAsync(default);
        Assert.Equal(LeaseState.Active, chain.Find(Id)!.Lease.State);
    }

    // What waits has not failed: it goes at once when the fence opens.
    [Fact]
    public async Task Pass_ChainNotBelieved_OrNotLeading_SendsNothing()
    {
        var (chain, health) = (NewChain(), new OperatorHealth(clock));
        var fence = new SendFence(health);
        var settler = new Settler(outbox, chain, NullLogger<Settler>.Instance, fence: fence);
        outbox.Put(Id, [Activate], 1);
        foreach (var (leads, believed) in new[] { (false, true), (true, false) })
        {
            fence.BeginTerm(() => leads);
            if (believed) health.ChainSeen(new ChainPicture(new LedgerHead(1, 1, clock.NowSeconds, "0x1", 1, "0x1"), new Dictionary<LeaseId, LeaseView>(), []));
            else health.ChainFailed("It is of another chain.");
            await settler.PassAsync(default);
            Assert.Equal(LeaseState.Reserved, chain.Find(Id)!.Lease.State);
            Assert.NotNull(fence.Refusal);
        }

        Assert.Null(outbox.LastFailure(Id));
        health.ChainSeen(new ChainPicture(new LedgerHead(1, 1, clock.NowSeconds, "0x1", 1, "0x1"), new Dictionary<LeaseId, LeaseView>(), []));
        await settler.PassAsync(default);
        Assert.Equal(LeaseState.Active, chain.Find(Id)!.Lease.State);
    }

    [Fact]
    public async Task TwoLeaders_PostOneResult_AndBothKnowThatItIsThere()
    {
        var chain = NewChain();
        chain.TryTransact(Id, LeaseContract.Activate);
        using var other = new IntentOutbox(clock);
        foreach (var each in new[] { outbox, other })
        {
            each.Put(Id, [Post], 1);
            await NewSettler(chain, each).PassAsync(default);
            Assert.Empty(each.Due(10));
        }

        Assert.Equal([Some.JobOutcome], chain.Find(Id)!.Results);
        Assert.NotNull(outbox.PostOf(Id).Transaction);
        Assert.Equal(new PostTrace(null, null, false), other.PostOf(Id));
    }

    [Fact]
    public async Task PostOfAReplica_IsRefusedForGood_AndHoldsUpNothingElse()
    {
        var (chain, woken) = (NewChain(), new List<LeaseId>());
        chain.TryTransact(Id, (l, time) => LeaseContract.Activate(l, time) with { IsReplica = true });
        outbox.IntentRefused += woken.Add;
        outbox.Put(Id, [Post, new CollectIntent(Id, Some.Terms)], 1);
        await NewSettler(chain).PassAsync(default);
        clock.Advance(TimeSpan.FromDays(1));
        Assert.IsType<CollectIntent>(Assert.Single(outbox.Due(10)));
        Assert.Equal(new PostTrace(null, "ReplicaIsPart", true), outbox.PostOf(Id));
        Assert.Equal("NothingPending", outbox.LastFailure(Id));
        Assert.Equal([Id], woken);
    }

    [Fact]
    public void FailedPost_IsNoFailureOfSettling()
    {
        outbox.Put(Id, [Post], 1);
        outbox.Failed(Post, "GasTooLow");
        Assert.Null(outbox.LastFailure(Id));
        Assert.Equal(new PostTrace(null, "GasTooLow", false), outbox.PostOf(Id));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([Post], outbox.Due(10));
    }

    private Settler NewSettler(InMemoryChain chain, IntentOutbox? box = null) => new(box ?? outbox, chain, NullLogger<Settler>.Instance);

    private InMemoryChain NewChain()
    {
        var chain = new InMemoryChain(clock, new PortGate());
        chain.Match(Id, Some.Terms, Some.Deposit);
        return chain;
    }

    /// <summary>A chain whose blocks come when the test says so.</summary>
    private sealed class SlowTransactions : ILeaseTransactions
    {
        private readonly Lock guard = new();
        private readonly List<(IReadOnlyList<ChainIntent> Intents, TaskCompletionSource<IReadOnlyList<IntentOutcome>> Answer)> calls = [];
        private readonly Channel<bool> called = Channel.CreateUnbounded<bool>();

        public IReadOnlyList<IReadOnlyList<ChainIntent>> Calls
        {
            get
            {
                lock (guard) return [.. calls.Select(c => c.Intents)];
            }
        }

        public int MostTogether(ChainIntent first) => first is ActivateIntent or CollectIntent ? 50 : 1;

        public Task<IReadOnlyList<IntentOutcome>> SubmitAsync(IReadOnlyList<ChainIntent> intents, CancellationToken cancellation)
        {
            var answer = new TaskCompletionSource<IReadOnlyList<IntentOutcome>>(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (guard) calls.Add((intents, answer));
            called.Writer.TryWrite(true);
            return answer.Task.WaitAsync(cancellation);
        }

        public async Task UntilAsync(int count)
        {
            while (Calls.Count < count) await called.Reader.ReadAsync(TestContext.Current.CancellationToken);
        }

        public void Answer(int call) => calls[call].Answer.SetResult([.. calls[call].Intents.Select(i => new IntentOutcome(i, "0xt1", 1, null))]);
    }
}
