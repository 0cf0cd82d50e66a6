using Federation.Cluster.Mapping;
using Federation.Domain.Leases;

namespace Federation.Cluster.Tests.Mapping;

public sealed class TransitionsTests
{
    [Theory]
    [InlineData("Ready", null, ConditionStatus.True, true)]
    [InlineData("Ready", ConditionStatus.False, ConditionStatus.True, true)]
    [InlineData("Ready", ConditionStatus.True, ConditionStatus.True, false)]
    [InlineData("Ready", null, ConditionStatus.False, false)] // Not yet ready is no news.
    [InlineData("Ready", ConditionStatus.True, ConditionStatus.False, true)]
    [InlineData("Scheduled", ConditionStatus.False, ConditionStatus.True, false)]
    [InlineData("Metered", ConditionStatus.True, ConditionStatus.False, true)]
    [InlineData("Verified", null, ConditionStatus.False, true)]
    [InlineData("Verified", ConditionStatus.False, ConditionStatus.False, false)]
    public void Event_ForWhatPeopleMustHear(string type, ConditionStatus? before, ConditionStatus after, bool told)
    {
        LeaseCondition[] old = before is { } status ? [new(type, status, "Same", "")] : [];

        Assert.Equal(told, Transitions.Between(old, [new LeaseCondition(type, after, "Same", "")]).Any());
    }

    [Fact]
    public void RefusalForAnotherReason_IsToldAgain() => Assert.Single(Transitions.Between(
        [new("Verified", ConditionStatus.False, "HashMismatch", "")], [new("Verified", ConditionStatus.False, "WorkloadInvalid", "")]));

    [Fact]
    public void Suspension_IsTold_ThoughTheLeaseWasNotReady_AndOnce()
    {
        var suspended = new LeaseCondition("Ready", ConditionStatus.False, "Suspended", "");
        Assert.Single(Transitions.Between([suspended with { Reason = "CrashLoopBackOff" }], [suspended]));
        Assert.Empty(Transitions.Between([suspended], [suspended with { Message = "more" }]));
    }
}
