using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Requesting;
using Federation.Testing.Builders;

namespace Federation.Domain.Tests.Requesting;

public sealed class RenewalRulesTests
{
    private static readonly RequestWish Wish = new(false, 1, Some.Terms.SpecHash, Some.Terms.Resources, 604_800, new Ceiling(Some.Prices, 0, 0, 0), PlacementRules.None, 1_000_000);
    private static readonly LeaseTerms Week = Some.Terms with { DurationSeconds = 604_800 };
    private static readonly ChainLease Lease = new(LeaseState.Active, CloseReason.None, 1, 0, 0, 1_000, 1_000, 605_800);

    // The samples' own pair: a week, at a datacenter that lets for a week.
    [Fact]
    public void TermThatIsAsLongAsTheDatacenterSells_IsMadeLongerByWhatIsOverOfIt()
    {
        var now = 1_000 + 604_800 - 86_000;
        var term = RenewalRules.OneTermFromNow(Week, Lease, Wish, now)!.Value;
        Assert.InRange(term + 1_000 - now, 604_700, 604_800);
        Assert.True(term > Week.DurationSeconds);
        // A datacenter whose clock is half a minute behind takes it too.
        Assert.True(term - (now - 30 - 1_000) <= 604_800);
    }

    [Theory]
    [InlineData(1_000, null)]
    [InlineData(1_000 + 60_000, null)]
    [InlineData(1_000 + 60_540, 665_280u)]
    [InlineData(1_000 + (366 * 86_400), (uint)(366 * 86_400))]
    public void LittleThatWouldBeAdded_IsNotAskedFor_AndNoTermIsLongerThanTheContractAllows(long now, uint? term) =>
        Assert.Equal(term, RenewalRules.OneTermFromNow(Week, Lease, Wish, now));
}
