using Federation.Domain.Leases;
using Federation.Domain.Results;
using Federation.Domain.Settlement;
using Federation.Testing.Builders;

namespace Federation.Domain.Tests.Leases;

public sealed class ResultPostingTests
{
    private static readonly ResultOutcome Outcome = new("0xd1", 0);
    private static readonly PostedResult Delivered = new("0xd1", 0, true, true);

    private static ALease Called => ALease.Active().Running().WithTerms(t => t with { Callback = true });

    [Fact]
    public void JobsEnded_AndNothingOnChain_IsPosted()
    {
        var intent = Assert.IsType<PostResultIntent>(Assert.Single(Intents(Called.WithResult(Outcome, ResultPost.None))));
        Assert.Equal(Outcome, intent.Outcome);
    }

    [Fact]
    public void JobsGoOn_NothingIsPosted()
    {
        var waiting = Called.WithResult(null, ResultPost.None);
        Assert.Empty(Intents(waiting));
        Assert.Equal((ConditionStatus.Unknown, "WaitingForJobs"), Condition(waiting));
    }

    // Sending on doubt would cost gas at every look while a node is away.
    [Fact]
    public void ChainNotRead_NothingIsPosted() => Assert.Empty(Intents(Called.WithResult(Outcome, null)));

    [Fact]
    public void NobodyAsked_NothingIsPosted_AndNothingIsSaidOfIt()
    {
        var lease = ALease.Active().Running().WithResult(Outcome, ResultPost.None);
        Assert.Empty(Intents(lease));
        Assert.DoesNotContain(lease.Decide().Status.Conditions, c => c.Type == "Posted");
    }

    [Fact]
    public void WorkloadAsks_IsPosted_IfTheLeaseIsForIt()
    {
        var asked = ALease.Active().Running().AskingForPost().WithResult(Outcome, ResultPost.None);
        Assert.Single(Intents(asked));
        Assert.Empty(Intents(asked.WithTerms(t => t with { SpecHash = "0xother" })));
    }

    [Fact]
    public void OnChain_IsNotPostedAgain_AndIsSaidWithItsTransaction()
    {
        var posted = Called.WithResult(Outcome, new ResultPost("0xt1", Delivered, false, null));
        Assert.Empty(Intents(posted));
        Assert.Equal((ConditionStatus.True, "Delivered"), Condition(posted));
        Assert.Contains("0xt1", Message(posted), StringComparison.Ordinal);
    }

    [Fact]
    public void FailedDelivery_SaysWhoMayTryAgain()
    {
        var failed = Called.WithResult(Outcome, new ResultPost("0xt1", Delivered with { IsDelivered = false }, false, null));
        Assert.Equal((ConditionStatus.True, "DeliveryFailed"), Condition(failed));
        Assert.Contains("deliver()", Message(failed), StringComparison.Ordinal);
    }

    [Fact]
    public void TenantThatIsNotCalled_HasARecord() =>
        Assert.Equal((ConditionStatus.True, "Recorded"), Condition(Called.WithResult(Outcome, new ResultPost(null, Delivered with { CallsTenant = false, IsDelivered = false }, true, null))));

    [Fact]
    public void ReplicaOfAJob_IsLeftAlone_AndSaysSo()
    {
        var replica = Called.WithResult(Outcome, ResultPost.None with { Refusal = "ReplicaIsPart(job=0x1)" });
        Assert.Empty(Intents(replica));
        Assert.Equal((ConditionStatus.False, "Refused"), Condition(replica));
        Assert.Contains("ReplicaIsPart(job=0x1)", Message(replica), StringComparison.Ordinal);
    }

    [Fact]
    public void FailedTransaction_IsTriedAgain_AndDoesNotTouchSettled()
    {
        var failed = Called.WithResult(Outcome, ResultPost.None, "GasTooLow");
        Assert.Single(Intents(failed));
        Assert.Equal((ConditionStatus.False, "TransactionFailed"), Condition(failed));
        Assert.Equal(ConditionStatus.True, failed.Decide().Status.Conditions.Single(c => c.Type == "Settled").Status);
    }

    [Fact]
    public void MinedAndNotConfirmed_IsLookedAtSoon()
    {
        long Wait(ResultPost post) => Called.WithResult(Outcome, post) is var lease ? lease.Decide().NextLookMs - lease.Seen().NowMs : 0;
        Assert.True(Wait(ResultPost.None with { Transaction = "0xt1" }) < Wait(new ResultPost("0xt1", Delivered, false, null)));
    }

    [Fact]
    public void Closing_IsPosted_BeforeTheFinalReceipt()
    {
        var intents = ALease.Closing().WithTerms(t => t with { Callback = true }).Measured(120, 5).WithStatus(s => s with { UsageIsFinal = true }).After(120)
            .WithResult(Outcome, ResultPost.None).Decide().Intents.OrderBy(i => i.Priority).ToArray();
        Assert.IsType<PostResultIntent>(intents[0]);
        Assert.True(Assert.IsType<SettleIntent>(intents[1]).Receipt.IsFinal);
    }

    [Fact]
    public void Closed_IsTooLate_AndSaysSo()
    {
        var closed = ALease.Closed().WithTerms(t => t with { Callback = true }).WithResult(Outcome, ResultPost.None);
        Assert.Empty(Intents(closed));
        Assert.Equal((ConditionStatus.False, "LeaseClosed"), Condition(closed));
    }

    [Fact]
    public void WhatIsKnownOfThePost_Stands_WhileTheChainIsNotRead()
    {
        var known = new ResultPost("0xt1", Delivered, true, null);
        Assert.Equal(known, Called.WithStatus(s => s with { Post = known }).WithResult(Outcome, null).Decide().Status.Post);
        // A reorg took it away.
        Assert.Null(Called.WithStatus(s => s with { Post = known }).WithResult(Outcome, ResultPost.None).Decide().Status.Post);
    }

    private static IEnumerable<LeaseIntent> Intents(ALease lease) => lease.Decide().Intents.Where(i => i is PostResultIntent);

    private static (ConditionStatus, string) Condition(ALease lease) =>
        lease.Decide().Status.Conditions.Single(c => c.Type == "Posted") is var condition ? (condition.Status, condition.Reason) : default;

    private static string Message(ALease lease) => lease.Decide().Status.Conditions.Single(c => c.Type == "Posted").Message;
}
