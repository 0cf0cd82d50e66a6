using Federation.Domain.Isolation;
using Federation.Domain.Leases;

namespace Federation.Domain.Tests.Isolation;

public sealed class NetworkPolicyRulesTests
{
    private static readonly LeaseCondition Enforced = NetworkPolicyRules.Judge(ProbeSight.Isolated);
    private static readonly LeaseCondition Open = NetworkPolicyRules.Judge(new ProbeSight(true, true, true, true, true, true));
    private static readonly LeaseCondition Failed = NetworkPolicyRules.Failed("no node has room.");

    [Theory]
    [InlineData("100001", ConditionStatus.True, "Enforced", "")]
    [InlineData("111111", ConditionStatus.False, "NotEnforced", "an egress policy and an ingress policy and a rule by ipBlock with an exception and a rule by namespaceSelector")]
    [InlineData("110001", ConditionStatus.False, "NotEnforced", "through an egress policy:")]
    [InlineData("101001", ConditionStatus.False, "NotEnforced", "through an ingress policy:")]
    [InlineData("100101", ConditionStatus.False, "NotEnforced", "through a rule by ipBlock with an exception:")]
    [InlineData("100011", ConditionStatus.False, "NotEnforced", "through a rule by namespaceSelector for other namespaces:")]
    [InlineData("100010", ConditionStatus.False, "NotEnforced", "through a rule by namespaceSelector for other namespaces:")]
    [InlineData("100000", ConditionStatus.False, "SelectorNotUnderstood", "namespaceSelector let nothing through")]
    [InlineData("000000", ConditionStatus.Unknown, "ProbeFailed", "is down")]
    [InlineData("011111", ConditionStatus.Unknown, "ProbeFailed", "is down")]
    public void OnlySilenceOnANetworkThatCarries_IsEnforcement(string reached, ConditionStatus status, string reason, string says)
    {
        bool[] r = [.. reached.Select(digit => digit == '1')];
        var condition = NetworkPolicyRules.Judge(new ProbeSight(r[0], r[1], r[2], r[3], r[4], r[5]));
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
