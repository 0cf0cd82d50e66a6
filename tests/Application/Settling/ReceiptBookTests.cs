using Federation.Application.Ports;
using Federation.Application.Settling;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Testing.Builders;

namespace Federation.Application.Tests.Settling;

/// <summary>A receipt that a tenant was shown stays what it is for as long as its settlement waits for others, and no longer.</summary>
public sealed class ReceiptBookTests
{
    private const long Now = 1_800_000_000;

    private static readonly LeaseId Id = Some.LeaseId(1);

    private static readonly Receipt First = new(Id, 3, Now, UsageVector.Zero with { CpuMilliSeconds = 7 }, 0, Receipt.NoEvidence, IsFinal: false);

    private static readonly Receipt Later = First with { Through = Now + 60, Usage = UsageVector.Zero with { CpuMilliSeconds = 9 } };

    private readonly ReceiptBook book = new(Some.Policy with { SettlePatienceMs = 100_000 });

    [Fact]
    public void ReceiptOfNow_IsFound_UntilThereIsNone()
    {
        Assert.Null(book.Find(Id));
        Look(First);
        Assert.Equal(First, book.Find(Id));
        Look(Later);
        Assert.Equal(Later, book.Find(Id));
        Look(null);
        Assert.Null(book.Find(Id));
    }

    [Fact]
    public void Signature_GoesWithTheSettlementOfThatReceipt_AlsoWhenItCameBefore()
    {
        Look(First);
        Show(First);
        Assert.True(book.Countersign(First, "0xaa"));
        Assert.Equal((First, "0xaa"), Settled(First, SettleUrgency.Waiting));
        Assert.Equal((First, "0xaa"), Settled(First, SettleUrgency.Due));
        // A key that is taken back would have it skipped, and what is due by then must not be.
        Assert.Equal((First, ""), Settled(First, SettleUrgency.Bound));
    }

    [Fact]
    public void LastReceipt_CarriesNoSignature()
    {
        var last = First with { IsFinal = true };
        Look(last);
        Show(last);
        Assert.True(book.Countersign(last, "0xaa"));
        Assert.Equal((last, ""), Settled(last, SettleUrgency.Waiting));
    }

    // As many signatures of the same as a key likes, and each a look at the lease.
    [Fact]
    public void SecondSignature_IsNoNews()
    {
        var told = 0;
        book.Countersigned += _ => told++;
        Look(First);
        Show(First);
        Assert.True(book.Countersign(First, "0xaa") && book.Countersign(First, "0xbb"));
        Assert.Equal((1, (First, "0xaa")), (told, Settled(First, SettleUrgency.Due)));
    }

    [Fact]
    public void ReceiptThatWaits_StaysWhatTheTenantWasShown_ThoughAWindowClosesMeanwhile()
    {
        Settled(First, SettleUrgency.Waiting);
        Show(First);
        Assert.Equal((First, ""), Settled(Later, SettleUrgency.Waiting, Now + 60));
        Assert.Equal(First, book.Find(Id));
        Assert.True(book.Countersign(First, "0xaa"));
        // What was signed is what is sent, once its time has come.
        Assert.Equal((First, "0xaa"), Settled(Later, SettleUrgency.Waiting, Now + 90));
        Assert.Equal((First, "0xaa"), Settled(Later, SettleUrgency.Due, Now + 150));
        Assert.Equal((Later, ""), Settled(Later, SettleUrgency.Due, Now + 201));
    }

    [Theory]
    [InlineData(SettleUrgency.Due)]
    [InlineData(SettleUrgency.Bound)]
    public void NobodyWaitsForATenantThatDoesNotSign(SettleUrgency urgency)
    {
        Settled(First, SettleUrgency.Waiting);
        Show(First);
        Assert.Equal((Later, ""), Settled(Later, urgency, Now + 60));
        Assert.False(book.Countersign(First, "0xaa"));
    }

    [Fact]
    public void SettlementThatMayNotWait_SaysAllThatThereIs_SignedOrNot()
    {
        Settled(First, SettleUrgency.Waiting);
        Show(First);
        book.Countersign(First, "0xaa");
        Assert.Equal((Later, ""), Settled(Later, SettleUrgency.Bound, Now + 60));
    }

    [Fact]
    public void FinalReceipt_TakesTheOthersPlace()
    {
        Settled(First, SettleUrgency.Waiting);
        Show(First);
        book.Countersign(First, "0xaa");
        var last = Later with { IsFinal = true };
        Assert.Equal((last, ""), Settled(last, SettleUrgency.Waiting, Now + 60));
    }

    [Fact]
    public void TenantThatWasShownNothing_ChangesNothing()
    {
        Settled(First, SettleUrgency.Waiting);
        Assert.Equal((Later, ""), Settled(Later, SettleUrgency.Waiting, Now + 60));
    }

    // A settlement or an amendment came first.
    [Fact]
    public void NextNumber_IsAnotherReceipt()
    {
        Settled(First, SettleUrgency.Waiting);
        Show(First);
        book.Countersign(First, "0xaa");
        Assert.Equal((First with { Seq = 4 }, ""), Settled(First with { Seq = 4 }, SettleUrgency.Waiting, Now + 60));
    }

    // While nothing is wanted on chain the newest is the one to sign.
    [Fact]
    public void ReceiptThatIsNotWantedYet_GivesWayToANewerOne()
    {
        Look(First);
        Show(First);
        Look(Later);
        Assert.Equal(Later, book.Find(Id));
        Assert.False(book.Countersign(First, "0xaa"));
        Assert.Equal((Later, ""), Settled(Later, SettleUrgency.Waiting));
    }

    // The contract skipped it, or it reverted: whatever the tenant signs then, the settlement goes without, and with the next number it may sign again.
    [Fact]
    public void SignatureThatFailed_IsNotSentAgain_NorIsAnotherOneOfThatSettlement()
    {
        var told = 0;
        Settled(First, SettleUrgency.Waiting);
        Show(First);
        Assert.True(book.Countersign(First, "0xaa"));
        book.Countersigned += _ => told++;
        book.Refuse(First);
        Assert.True(book.IsRefused(First));
        Assert.Equal((First, ""), Settled(First, SettleUrgency.Due));
        book.Countersign(First, "0xaa");
        Assert.Equal((First, ""), Settled(First, SettleUrgency.Due));
        Assert.Equal((Later, ""), Settled(Later, SettleUrgency.Due));
        Show(Later);
        book.Countersign(Later, "0xcc");
        Assert.Equal((0, (Later, "")), (told, Settled(Later, SettleUrgency.Due)));
        var next = Later with { Seq = 4 };
        Settled(next, SettleUrgency.Waiting);
        Show(next);
        Assert.True(book.Countersign(next, "0xdd"));
        Assert.Equal((1, (next, "0xdd")), (told, Settled(next, SettleUrgency.Due)));
    }

    // Of a settlement before: what failed then says nothing of this one.
    [Fact]
    public void SignatureOfAnotherNumber_IsLeft()
    {
        Look(First);
        Show(First);
        book.Countersign(First, "0xaa");
        book.Refuse(First with { Seq = 2 });
        Assert.False(book.IsRefused(First));
        Assert.Equal((First, "0xaa"), Settled(First, SettleUrgency.Due));
    }

    [Fact]
    public void OtherIntents_AreLeftAsTheyAre()
    {
        var close = new CloseIntent(Id, Some.Terms, CloseReason.Term);
        var agreed = book.Agree(Id, First, [close, new SettleIntent(Id, Some.Terms, First)], Now);
        Assert.Same(close, agreed[0]);
        Assert.Equal([close], book.Agree(Id, null, [close], Now));
    }

    private void Show(Receipt receipt) => Assert.True(book.Show(new SignedReceipt(receipt, 1, "0x", "0x", "0x")));

    private void Look(Receipt? next) => Assert.Empty(book.Agree(Id, next, [], Now));

    private (Receipt, string) Settled(Receipt fresh, SettleUrgency urgency, long now = Now)
    {
        var agreed = Assert.IsType<SettleIntent>(Assert.Single(book.Agree(Id, fresh, [new SettleIntent(Id, Some.Terms, fresh) { Urgency = urgency }], now)));
        return (agreed.Receipt, agreed.TenantSignature);
    }
}
