using Federation.Host.Options;
using Federation.Host.Tests.Support;

namespace Federation.Host.Tests.Options;

public sealed class OptionsCheckTests
{
    private static readonly Dictionary<string, Action<OperatorOptions>> Mistakes = new()
    {
        ["Federation:Datacenter"] = o => o.Datacenter = "",
        ["Federation:Kubeconfig"] = o => o.Kubeconfig = "/nowhere/kubeconfig",
        ["Federation:Listen"] = o => o.Listen = "tcp://127.0.0.1:80",
        ["Federation:Prometheus:Url"] = o => o.Prometheus.Url = null,
        ["Federation:Chain:RpcUrl"] = o => o.Chain.RpcUrl = new Uri("/relative", UriKind.Relative),
        ["Federation:Chain:ChainId"] = o => o.Chain.ChainId = 0,
        ["Federation:Chain:Provider"] = o => o.Chain.Provider = "0x00",
        ["Federation:Times:Epoch"] = o => o.Times.Epoch = TimeSpan.FromMilliseconds(999),
        ["Federation:Times:SettleEvery"] = o => o.Times.SettleEvery = o.Times.Epoch - TimeSpan.FromTicks(1),
        ["Federation:Times:Poll"] = o => o.Times.Poll = TimeSpan.FromMilliseconds(99),
        ["Federation:Times:ScrapeDelay"] = o => o.Times.ScrapeDelay = TimeSpan.Zero,
        ["Federation:Times:ScrapeDelay and MaxGap"] = o => o.Times.MaxGap = TimeSpan.Zero,
        ["Federation:Times:Retention"] = o => o.Times.Retention = TimeSpan.FromTicks(-1),
        ["Federation:Times:Coverage"] = o => o.Times.Coverage = 0,
        ["Federation:Times:Coverage must"] = o => o.Times.Coverage = 1.01,
    };

    public static TheoryData<string> Names => new(Mistakes.Keys);

    [Fact]
    public void Good_HasNoFault() => Assert.Empty(OptionsCheck.Faults(ValidOptions.Make()));

    [Theory]
    [MemberData(nameof(Names))]
    public void OneMistake_IsOneFault_ThatNamesIt(string name)
    {
        var options = ValidOptions.Make();
        Mistakes[name](options);

        Assert.StartsWith(name, Assert.Single(OptionsCheck.Faults(options)), StringComparison.Ordinal);
    }

    [Fact]
    public void NotANumber_IsNoCoverage()
    {
        var options = ValidOptions.Make();
        options.Times.Coverage = double.NaN;

        Assert.Single(OptionsCheck.Faults(options));
    }

    [Fact]
    public void Everything_IsToldAtOnce()
    {
        var faults = OptionsCheck.Faults(new OperatorOptions());

        Assert.Contains(faults, f => f.StartsWith("Federation:Datacenter", StringComparison.Ordinal));
        Assert.Contains(faults, f => f.StartsWith("Federation:Prometheus:Url", StringComparison.Ordinal));
        Assert.Contains(faults, f => f.StartsWith("Federation:Chain:RpcUrl", StringComparison.Ordinal));
        Assert.All(faults, f => Assert.StartsWith("Federation:", f, StringComparison.Ordinal));
    }
}
