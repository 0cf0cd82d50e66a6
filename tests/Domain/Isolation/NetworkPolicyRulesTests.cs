using Federation.Domain.Isolation;
using Federation.Domain.Leases;

namespace Federation.Domain.Tests.Isolation;

public sealed class NetworkPolicyRulesTests
{
    private static readonly LeaseCondition Enforced = NetworkPolicyRules.Judge(new ProbeSight(true, false, false));
    private static readonly LeaseCondition Open = NetworkPolicyRules.Judge(new ProbeSight(true, true, true));
    private static readonly LeaseCondition Failed = NetworkPolicyRules.Failed("no node has room.");

    [Theory]
    [InlineData(true, false, false, ConditionStatus.True, "Enforced", "")]
    [InlineData(true, true, true, ConditionStatus.False, "NotEnforced", "an egress and an ingress policy")]
    [InlineData(true, true, false, ConditionStatus.False, "NotEnforced", "an egress policy")]
    [InlineData(true, false, true, ConditionStatus.False, "NotEnforced", "an ingress policy")]
    [InlineData(false, false, false, ConditionStatus.Unknown, "ProbeFailed", "is down")]
    [InlineData(false, true, true, ConditionStatus.Unknown, "ProbeFailed", "is down")]
    public void OnlySilenceOnANetworkThatCarries_IsEnforcement(bool open, bool egress, bool ingress, ConditionStatus status, string reason, string says)
    {
        var condition = NetworkPolicyRules.Judge(new ProbeSight(open, egress, ingress));
        Assert.Equal((NetworkPolicyRules.Type, status, reason), (condition.Type, condition.Status, condition.Reason));
        Assert.Contains(says, condition.Message, StringComparison.Ordinal);
        if (status != ConditionStatus.True) Assert.Contains("spec.isolation.unenforcedNetworkPolicy", condition.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnAnswerStands_UntilThereIsAnotherOne()
    {
        Assert.Equal(NetworkPolicyRules.NotProbedYet, NetworkPolicyRules.Standing(null, null));
        Assert.Equal(Failed, NetworkPolicyRules.Standing(null, Failed));
        Assert.Equal(Failed, NetworkPolicyRules.Standing(NetworkPolicyRules.NotProbedYet, Failed));
        Assert.Equal(Enforced, NetworkPolicyRules.Standing(Enforced, null));
        Assert.Equal(Enforced, NetworkPolicyRules.Standing(Enforced, Failed));
        Assert.Equal(Open, NetworkPolicyRules.Standing(Enforced, Open));
        Assert.Equal(Enforced, NetworkPolicyRules.Standing(Open, Enforced));
        Assert.Equal(Open, NetworkPolicyRules.Standing(Open, Failed));
    }

    [Fact]
    public void NobodyAsksAnyMore_TheOldAnswerIsNone() =>
        Assert.Equal(NetworkPolicyRules.NotConfigured, NetworkPolicyRules.Standing(Enforced, NetworkPolicyRules.NotConfigured));

    [Fact]
    public void LeasesAreRefused_UnlessEnforcementIsShown_OrTheyAreAllowed()
    {
        Assert.False(NetworkPolicyRules.Refuses(Enforced, UnenforcedNetworkPolicy.Refuse));
        foreach (var standing in new[] { null, Open, Failed, NetworkPolicyRules.NotConfigured, NetworkPolicyRules.NotProbedYet })
        {
            Assert.True(NetworkPolicyRules.Refuses(standing, UnenforcedNetworkPolicy.Refuse));
            Assert.False(NetworkPolicyRules.Refuses(standing, UnenforcedNetworkPolicy.Allow));
        }
    }
}
