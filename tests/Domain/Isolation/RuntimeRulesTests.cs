using Federation.Domain.Isolation;
using Federation.Domain.Leases;

namespace Federation.Domain.Tests.Isolation;

public sealed class RuntimeRulesTests
{
    [Fact]
    public void WhereNothingIsWrong_NothingIsSaid() => Assert.Null(RuntimeRules.Judge(new Dictionary<string, RuntimeProblem>()));

    [Fact]
    public void EachProblem_IsNamed()
    {
        var problems = new Dictionary<string, RuntimeProblem> { ["kata"] = RuntimeRules.NoClass("kata"), [""] = RuntimeRules.NoUserNamespaces("", "the server is old") };
        var condition = RuntimeRules.Judge(problems)!;
        Assert.Equal((RuntimeRules.Type, ConditionStatus.False, RuntimeRules.RuntimeClassMissing), (condition.Type, condition.Status, condition.Reason));
        Assert.Contains("no RuntimeClass kata", condition.Message, StringComparison.Ordinal);
        Assert.Contains("the default runtime cannot have any: the server is old.", condition.Message, StringComparison.Ordinal);
    }
}
